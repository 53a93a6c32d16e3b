#include "service/command_line/usage.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace zonelag::service {
namespace {

// Levenshtein's distance.
std::size_t distance(std::string_view one, std::string_view other) {
  std::vector<std::size_t> row(other.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < one.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < other.size(); ++j) {
      const std::size_t replaced = diagonal + (one[i] == other[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

[[noreturn]] void reject_option(const CLI::App& app, std::string_view argument) {
  const std::string_view name = argument.substr(0, argument.find('='));
  throw UsageError(fmt::format("unknown option '{}'{}", name, did_you_mean(name, option_names(app))));
}

// `app` could make nothing of `argument`.
[[noreturn]] void reject(const CLI::App& app, const std::string& argument) {
  if (argument.starts_with('-')) reject_option(app, argument);
  std::vector<std::string> commands;
  for (const CLI::App* command : app.get_subcommands({})) commands.push_back(command->get_name());
  if (commands.empty()) throw UsageError(fmt::format("unexpected argument '{}'", argument));
  throw UsageError(fmt::format("unknown command '{}'{}", argument, did_you_mean(argument, commands)));
}

// `app` and the sub-commands that were given, the innermost first.
std::vector<const CLI::App*> given_path(const CLI::App& app) {
  std::vector<const CLI::App*> path(1, &app);
  while (!path.front()->get_subcommands().empty()) path.insert(path.begin(), path.front()->get_subcommands().front());
  return path;
}

}  // namespace

std::string did_you_mean(std::string_view word, std::span<const std::string> choices) {
  constexpr std::size_t kMostAsked = 64;  // a longer word is no slip of the finger
  if (word.size() > kMostAsked) return {};
  for (const std::string& choice : choices) {
    if (word.size() > 3 && choice.starts_with(word)) return fmt::format(" (did you mean '{}'?)", choice);
  }
  const auto near = std::ranges::min_element(choices, {}, [&](const auto& choice) { return distance(word, choice); });
  if (near == choices.end() || distance(word, *near) > 2) return {};
  return fmt::format(" (did you mean '{}'?)", *near);
}

void reject_unknown(const CLI::App& app) {
  const auto path = given_path(app);
  for (auto place = path.rbegin(); place != path.rend(); ++place) {
    const std::vector<std::string> left = (*place)->remaining();
    if (!left.empty()) reject(**place, left.front());
  }
}

std::string words_of(const CLI::App& app, std::string_view what) {
  // "--inventory: 1 required FILE missing", "quiet was given a disallowed flag override"
  std::string name(what.substr(0, what.find_first_of(": ")));
  if (!name.starts_with('-')) name.insert(0, "--");
  for (const CLI::App* place : given_path(app)) {
    const CLI::Option* option = place->get_option_no_throw(name);
    if (option == nullptr) continue;
    if (option->get_type_name().empty()) return fmt::format("{} takes no value", name);
    return fmt::format("{} needs a value: {}", name, option->get_type_name());
  }
  return std::string(what);
}

std::string where_to_look(const CLI::App& app) {
  std::string command;
  for (const CLI::App* place : given_path(app)) command.insert(0, place->get_name() + " ");
  return fmt::format("Try '{}--help'.", command);
}

}  // namespace zonelag::service
