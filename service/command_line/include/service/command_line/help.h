// The text of --help: usage, what the command does, its options in two columns, wrapped at 80 characters.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <utility>

namespace zonelag::service {

class HelpFormatter final : public CLI::FormatterBase {
 public:
  // `usage`: of the program without a command, behind "Usage: NAME".
  explicit HelpFormatter(std::string usage) : usage_(std::move(usage)) {}
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;

 private:
  std::string usage_of(const CLI::App& app) const;

  std::string usage_;
};

}  // namespace zonelag::service
