#include "option_values.h"

namespace zonelag::cli {
namespace {

constexpr std::array<std::pair<std::string_view, Format>, 3> kFormats{
    {{"table", Format::table}, {"json", Format::json}, {"csv", Format::csv}}};
constexpr std::array<std::pair<std::string_view, Colour>, 3> kColours{
    {{"auto", Colour::automatic}, {"always", Colour::always}, {"never", Colour::never}}};

}  // namespace

CLI::Option* value(CLI::App& command, const std::string& names, const std::string& type,
                   const std::function<void(const std::string&)>& take, const std::string& description) {
  const std::string name = names.substr(names.find("--"), names.find(',', names.find("--")) - names.find("--"));
  const auto use = [name, take](const std::vector<std::string>& given) {
    if (given.size() > 1) throw service::UsageError(fmt::format("{} is given more than once", name));
    if (given.front().empty()) throw service::UsageError(fmt::format("{} is given an empty value", name));
    take(given.front());
  };
  return command.add_option_function<std::vector<std::string>>(names, use, description)
      ->allow_extra_args(false)
      ->type_name(type);
}

CLI::Option* value(CLI::App& command, const std::string& names, const std::string& type, std::string& into,
                   const std::string& description) {
  return value(command, names, type, [&into](const std::string& text) { into = text; }, description);
}

CLI::Option* flag(CLI::App& command, const std::string& names, bool& into, const std::string& description) {
  return command.add_flag(names, into, description)->disable_flag_override();
}

std::uint32_t serial_value(const std::string& text) {
  const auto found = number<std::uint32_t>(text);
  if (!found) throw service::UsageError(fmt::format("--serial: '{}' is no serial (0 to 4294967295)", text));
  return *found;
}

Format format_value(const std::string& text) { return one_of(kFormats, "--format", text); }
Colour colour_value(const std::string& text) { return one_of(kColours, "--color", text); }

}  // namespace zonelag::cli
