// Options with values, as all sub-commands declare them.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <charconv>
#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "format.h"
#include "service/command_line/usage.h"

namespace zonelag::cli {

// An option with a value, given at most once; `take` throws UsageError on what it can't use.
CLI::Option* value(CLI::App& command, const std::string& names, const std::string& type,
                   const std::function<void(const std::string&)>& take, const std::string& description);
CLI::Option* value(CLI::App& command, const std::string& names, const std::string& type, std::string& into,
                   const std::string& description);
CLI::Option* flag(CLI::App& command, const std::string& names, bool& into, const std::string& description);

template <typename Choice, std::size_t kCount>
Choice one_of(const std::array<std::pair<std::string_view, Choice>, kCount>& choices, std::string_view option,
              const std::string& text) {
  std::vector<std::string> names;
  for (const auto& [name, choice] : choices) {
    if (text == name) return choice;
    names.emplace_back(name);
  }
  throw service::UsageError(fmt::format("{}: '{}' is none of {}{}", option, text, fmt::join(names, ", "),
                                        service::did_you_mean(text, names)));
}

template <std::unsigned_integral Number>
std::optional<Number> number(const std::string& text) {
  Number result = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return result;
}

std::uint32_t serial_value(const std::string& text);  // --serial
Format format_value(const std::string& text);         // --format
Colour colour_value(const std::string& text);         // --color

}  // namespace zonelag::cli
