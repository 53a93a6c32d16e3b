#include "service/command_line/help.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace zonelag::service {
namespace {

constexpr std::size_t kWidth = 80;
constexpr const char* kOwnGroup = "Options";  // CLI11's name for that of --help and --version
constexpr std::size_t kLeastCommandColumn = 12;
constexpr std::size_t kTextColumn = 30;  // where what an option does begins

// `text` at `column`, words wrapped; its first line goes behind `lead`, which is put on a line of its own where it is
// too long. A line feed in `text` is kept, with the spaces after it.
std::string wrapped(std::string lead, std::string_view text, std::size_t column) {
  const std::string margin(column, ' ');
  std::string result;
  if (lead.size() + 2 > column && column > 0) {
    result = lead + "\n";
    lead.clear();
  }
  std::string line = lead + std::string(column - lead.size(), ' ');
  bool begun = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
    const std::string_view word = text.substr(0, end);
    const char behind = end < text.size() ? text[end] : ' ';
    text.remove_prefix(std::min(end + 1, text.size()));
    if (begun && line.size() + 1 + word.size() > kWidth) {
      result += line + "\n";
      line = margin;
      begun = false;
    }
    if (begun) line += ' ';
    line += word;
    begun = true;
    if (behind != '\n') continue;
    result += line + "\n";
    line = margin;
    begun = false;
  }
  return result + line + "\n";
}

// "  -f, --format FORMAT"; a long name without a short one stands below the other long names.
std::string lead_of(const CLI::Option& option) {
  std::string names;
  for (const std::string& name : option.get_snames()) names += (names.empty() ? "-" : ", -") + name;
  if (names.empty()) names = "    ";
  for (const std::string& name : option.get_lnames()) names += (names.ends_with(' ') ? "--" : ", --") + name;
  const std::string type = option.get_type_name().empty() ? "" : " " + option.get_type_name();  // a flag has none
  return "  " + names + type;
}

std::string options_of(const CLI::App& app, const std::string& group, const std::string& title) {
  std::string lines;
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional() && option->get_group() == group)
      lines += wrapped(lead_of(*option), option->get_description(), kTextColumn);
  }
  return lines.empty() ? lines : "\n" + title + ":\n" + lines;
}

}  // namespace

std::string HelpFormatter::usage_of(const CLI::App& app) const {
  std::string path = app.get_name();
  for (const CLI::App* parent = app.get_parent(); parent != nullptr; parent = parent->get_parent())
    path.insert(0, parent->get_name() + " ");
  if (app.get_parent() == nullptr) return "Usage: " + path + " " + usage_ + "\n";
  const bool group = !app.get_subcommands({}).empty();
  if (group && app.get_options().size() == 1) return "Usage: " + path + " COMMAND [OPTION]...\n";  // --help alone
  std::string text = "Usage: " + path + " [OPTION]...";
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional()) continue;
    text += " " + option->get_type_name() + (option->get_expected_max() > 1 ? "..." : "");
  }
  if (group) text += "\n       " + path + " COMMAND [OPTION]...";
  return text + "\n";
}

std::string HelpFormatter::make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const {
  std::string text = usage_of(*app) + "\n" + wrapped("", app->get_description(), 0);
  const auto commands = app->get_subcommands({});
  if (!commands.empty()) text += "\nCommands:\n";
  std::size_t column = kLeastCommandColumn;
  for (const CLI::App* command : commands) column = std::max(column, command->get_name().size() + 4);
  for (const CLI::App* command : commands)
    text += wrapped("  " + command->get_name(), command->get_description(), column);
  for (const CLI::Option* option : app->get_options()) {
    if (!option->get_positional()) continue;
    const std::string name = option->get_type_name();
    text += "\n" + wrapped(name, option->get_description(), name.size() + 2);
  }
  for (const std::string& group : app->get_groups()) {
    if (group != kOwnGroup) text += options_of(*app, group, group);
  }
  text += options_of(*app, kOwnGroup, app->get_parent() == nullptr ? "Options" : "Other");
  if (!app->get_footer().empty()) text += "\n" + wrapped("", app->get_footer(), 0);
  return text;
}

}  // namespace zonelag::service
