// The file: sections as every program has them, and [[database]], an array of tables, which only this one has. Each of
// these is read by itself as if it were the file's only section, at the lines where it is.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "settings.h"

namespace zonelag::aggregator {
namespace {

std::string_view trimmed(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(" \t");
  return begin == std::string_view::npos ? std::string_view() : line.substr(begin);
}

bool begins_database(std::string_view line) {
  std::string word;
  for (const char c : line.substr(0, line.find('#'))) {
    if (std::string_view(" \t\r\n").find(c) == std::string_view::npos) word += c;
  }
  return word == "[[database]]";
}

struct Parts {
  std::string rest;                    // lines of [[database]] tables are empty
  std::vector<std::string> databases;  // each at its own lines
};

// A table goes on until the next line that begins with a bracket. (So would a value that goes over several lines and
// has one at the beginning of a line: no setting has such values.)
Parts split(std::string_view text) {
  Parts parts;
  std::string* into = &parts.rest;
  std::size_t lines = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    std::string line(text.substr(0, end));
    text.remove_prefix(end);
    if (begins_database(trimmed(line))) {
      into = &parts.databases.emplace_back(lines, '\n');
      line = "[database]\n";
    } else if (trimmed(line).starts_with("[")) {
      into = &parts.rest;
    }
    *into += line;
    if (into != &parts.rest) parts.rest += '\n';
    ++lines;
  }
  return parts;
}

}  // namespace

service::Parsed<void> parse_config(std::string_view text, std::string_view file_name, AggregatorConfig& config,
                                   service::Origins& origins) {
  const Parts parts = split(text);
  if (auto read = service::parse_settings(settings(), parts.rest, file_name, config, origins); !read) return read;
  const auto is_database = [](const auto& origin) { return origin.first.starts_with("database."); };
  const auto given = std::ranges::find_if(origins, is_database);
  if (!parts.databases.empty() && given != origins.end()) {
    return std::unexpected(
        fmt::format("{}: {} is given beside [[database]]: put it into each of these", given->second, given->first));
  }
  for (const std::string& part : parts.databases) {
    EnvironmentConfig database = config.database;
    service::Origins own;
    if (auto read = service::parse_settings(environment_settings(), part, file_name, database, own); !read) return read;
    if (!own.contains("database.name")) {
      const std::size_t line = part.find_first_not_of('\n') + 1;
      return std::unexpected(fmt::format("{}:{}: [[database]]: name is missing", file_name, line));
    }
    config.databases.push_back(std::move(database));
  }
  return {};
}

std::string print_config(const AggregatorConfig& config) {
  std::string text = service::to_toml(settings(), config);
  if (config.databases.empty()) return text;
  constexpr std::string_view kHeader = "\n[database]\n";
  const std::size_t begin = text.find(kHeader);
  const std::size_t end = text.find("\n[", begin + kHeader.size());
  std::string sections;
  for (const EnvironmentConfig& database : config.databases) {
    std::string one = service::to_toml(environment_settings(), database);
    one.erase(0, one.find(kHeader) + kHeader.size());
    sections += "\n[[database]]\n" + one;
  }
  return text.replace(begin, end - begin, sections);
}

}  // namespace zonelag::aggregator
