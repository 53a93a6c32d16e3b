// What is wrong with a command line: one clear line that names the culprit, and where to look.
#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace zonelag::service {

class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throws UsageError for the first argument that `app`, after it has parsed, could make nothing of.
void reject_unknown(const CLI::App& app);

// The words of a parse error of CLI11 that can still happen: an option without its value.
std::string words_of(const CLI::App& app, std::string_view what);

// "Try 'zonelag replay --help'.", of the sub-command that was given.
std::string where_to_look(const CLI::App& app);

// " (did you mean 'format'?)", or nothing where no choice is near.
std::string did_you_mean(std::string_view word, std::span<const std::string> choices);

}  // namespace zonelag::service
