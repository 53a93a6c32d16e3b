#include "manual_text.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>

namespace zonelag::service {
namespace {

constexpr std::string_view kBegin = ".\\\" settings: begin\n";
constexpr std::string_view kEnd = ".\\\" settings: end\n";

// Whether a line in bold has the option.
bool tells_of(const std::string& manual, const std::string& option) {
  std::istringstream lines(manual);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(".B") && line.find(roff(option)) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '-')
      out += "\\-";
    else if (c == '\\')
      out += "\\e";
    else
      out += c;
  }
  return out;
}

std::string settings_in_roff(const SettingsTable& table) {
  std::string out;
  for (const Section& section : table.sections()) {
    out += fmt::format(".SS {} ([{}])\n", section.title, section.name);
    for (const SettingInfo* setting : table.infos()) {
      if (setting->section() != section.name) continue;
      std::string help = roff(setting->help);
      help.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(help.front())));
      out += fmt::format(".TP\n.BI {} \" {}\"\n{}.\n", roff(option_of(*setting)), roff(setting->type), help);
      out += fmt::format("Default: {}.\n{}", roff(shown(table.defaults(*setting))),
                         setting->reloadable ? "SIGHUP changes it.\n" : "");
    }
  }
  return out;
}

ManualPage::ManualPage(std::string_view program) : path_(fmt::format("{}/docs/{}.8", ZONELAG_SOURCE_DIR, program)) {}

std::string ManualPage::text() const {
  std::ifstream file(path_, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void ManualPage::expect_settings(const SettingsTable& table) const {
  std::string manual = text();
  const std::size_t begin = manual.find(kBegin);
  const std::size_t end = manual.find(kEnd);
  ASSERT_TRUE(begin != std::string::npos && end != std::string::npos);
  const std::size_t first = begin + kBegin.size();
  if (std::getenv("ZONELAG_WRITE_DOCS") != nullptr) {
    manual.replace(first, end - first, settings_in_roff(table));
    std::ofstream(path_) << manual;
  }
  manual = text();
  EXPECT_EQ(manual.substr(first, manual.find(kEnd) - first), settings_in_roff(table));
}

void ManualPage::expect_options(const CLI::App& app) const {
  const std::string manual = text();
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) EXPECT_TRUE(tells_of(manual, "--" + name)) << name;
  }
}

void ManualPage::expect_exit_codes(const CLI::App& app, std::span<const char* const> codes) const {
  const std::string manual = text();
  const std::size_t section = manual.find(".SH \"EXIT STATUS\"");
  ASSERT_NE(section, std::string::npos);
  for (const char* code : codes) {
    EXPECT_THAT(manual.substr(section), testing::HasSubstr(fmt::format("\n.B {}\n", code)));
    EXPECT_THAT(app.get_footer(), testing::ContainsRegex(fmt::format("[:;] {} ", code)));
  }
}

void ManualPage::expect_sound_roff() const {
  struct Close {
    void operator()(std::FILE* pipe) const { pclose(pipe); }
  };
  ASSERT_EQ(std::system("command -v groff >/dev/null"), 0) << "groff is not installed: apt-get install groff";
  const std::string command = fmt::format("groff -man -Tutf8 -ww -z '{}' 2>&1", path_);
  const std::unique_ptr<std::FILE, Close> pipe(popen(command.c_str(), "r"));
  ASSERT_TRUE(pipe);
  std::string said;
  for (int c = std::fgetc(pipe.get()); c != EOF; c = std::fgetc(pipe.get())) said.push_back(static_cast<char>(c));
  EXPECT_EQ(said, "");
}

}  // namespace zonelag::service
