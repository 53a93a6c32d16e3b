// The text of --help: usage, what the command does, its options in two columns, wrapped at 80 characters.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace zonelag::cli {

class HelpFormatter final : public CLI::FormatterBase {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
};

}  // namespace zonelag::cli
