#include "metrics_check.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace zonelag::service {

std::pair<int, std::string> promtool(const std::string& arguments, const std::string& input) {
  char path[] = "/tmp/zonelag-metrics-XXXXXX";
  const int file = ::mkstemp(path);
  if (file < 0 || ::write(file, input.data(), input.size()) < 0) return {-1, "no temporary file"};
  ::close(file);
  FILE* pipe = ::popen(("promtool " + arguments + " < " + path + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return {-1, "no pipe"};
  std::string output;
  std::array<char, 4096> buffer{};
  for (std::size_t count = 0; (count = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    output.append(buffer.data(), count);
  }
  const int status = ::pclose(pipe);
  std::filesystem::remove(path);
  if (output.find("not found") != std::string::npos) output += "install Debian's package prometheus";
  return {status, output};
}

void expect_good_metrics(const std::string& text) {
  const auto [status, output] = promtool("check metrics", text);
  EXPECT_EQ(status, 0) << output;
  EXPECT_EQ(output, "");
}

void expect_described(const std::string& text, MetricDescriptions described) {
  std::map<std::string, std::string> types;
  for (const MetricDescription& metric : described) {
    EXPECT_TRUE(types.emplace(metric.name, metric.type).second) << metric.name << " twice";
  }
  std::istringstream lines(text);
  std::set<std::string> seen;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("# TYPE ")) continue;
    std::istringstream words(line.substr(7));
    std::string name;
    std::string type;
    words >> name >> type;
    ASSERT_TRUE(types.contains(name)) << name;
    EXPECT_EQ(types[name], type) << name;
    seen.insert(name);
  }
  EXPECT_EQ(seen.size(), types.size());
}

void expect_alerts_to_know(std::string_view prefix, MetricDescriptions described) {
  constexpr std::string_view kBucket = "_bucket";
  std::set<std::string> names;
  for (const MetricDescription& metric : described) names.insert(metric.name);
  std::ifstream file(ZONELAG_SOURCE_DIR "/docs/alerts.yml");
  std::size_t found = 0;
  for (std::string line; std::getline(file, line);) {
    for (auto at = line.find(prefix); at != std::string::npos; at = line.find(prefix, at + 1)) {
      const auto end = line.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", at);
      std::string name = line.substr(at, end - at);
      if (name.ends_with("_seconds_bucket")) name.resize(name.size() - kBucket.size());
      EXPECT_TRUE(names.contains(name)) << name;
      ++found;
    }
  }
  EXPECT_GE(found, 5U);
}

std::string document_row(const MetricDescription& metric) {
  return fmt::format("| `{}` | {} | {} | {} |", metric.name, metric.type, fmt::join(metric.labels, ", "), metric.help);
}

}  // namespace zonelag::service
