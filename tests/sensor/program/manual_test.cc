// docs/zonelag-sensor.8 tells of every option, in the words of --help, and its roff is sound.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>

#include "manual_text.h"
#include "options.h"

namespace zonelag::sensor {
namespace {

using service::roff;
using service::settings_in_roff;

constexpr const char* kManual = ZONELAG_SOURCE_DIR "/docs/zonelag-sensor.8";
constexpr std::string_view kBegin = ".\\\" settings: begin\n";
constexpr std::string_view kEnd = ".\\\" settings: end\n";

std::string manual() {
  std::ifstream file(kManual, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Between the marks; written where ZONELAG_WRITE_DOCS is set.
TEST(Manual, TellsOfEverySetting) {
  std::string text = manual();
  const std::size_t begin = text.find(kBegin);
  const std::size_t end = text.find(kEnd);
  ASSERT_TRUE(begin != std::string::npos && end != std::string::npos);
  const std::size_t first = begin + kBegin.size();
  if (std::getenv("ZONELAG_WRITE_DOCS") != nullptr) {
    text.replace(first, end - first, settings_in_roff(settings()));
    std::ofstream(kManual) << text;
  }
  text = manual();
  EXPECT_EQ(text.substr(first, text.find(kEnd) - first), settings_in_roff(settings()));
}

// Whether a line in bold has the option.
bool tells_of(const std::string& manual, const std::string& option) {
  std::istringstream lines(manual);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(".B") && line.find(roff(option)) != std::string::npos) return true;
  }
  return false;
}

TEST(Manual, TellsOfEveryOtherOption) {
  CLI::App app("", "zonelag-sensor");
  CommandLine line;
  declare(app, line);
  const std::string text = manual();
  std::vector<const CLI::App*> places(1, app.get_subcommand("doctor"));
  places.push_back(&app);
  for (const CLI::App* place : places) {
    for (const CLI::Option* option : place->get_options()) {
      for (const std::string& name : option->get_lnames()) EXPECT_TRUE(tells_of(text, "--" + name)) << name;
    }
  }
}

TEST(Manual, TellsTheExitCodesOfHelp) {
  CLI::App app("", "zonelag-sensor");
  CommandLine line;
  declare(app, line);
  const std::string status = manual().substr(manual().find(".SH \"EXIT STATUS\""));
  for (const char* code : {"0", "1", "2", "75"}) {
    EXPECT_THAT(status, testing::HasSubstr(fmt::format("\n.B {}\n", code)));
    EXPECT_THAT(app.get_footer(), testing::ContainsRegex(fmt::format("[:;] {} ", code)));
  }
}

TEST(Manual, Roff) {
  struct Close {
    void operator()(std::FILE* pipe) const { pclose(pipe); }
  };
  ASSERT_EQ(std::system("command -v groff >/dev/null"), 0) << "groff is not installed: apt-get install groff";
  const std::string command = fmt::format("groff -man -Tutf8 -ww -z '{}' 2>&1", kManual);
  const std::unique_ptr<std::FILE, Close> pipe(popen(command.c_str(), "r"));
  ASSERT_TRUE(pipe);
  std::string said;
  for (int c = std::fgetc(pipe.get()); c != EOF; c = std::fgetc(pipe.get())) said.push_back(static_cast<char>(c));
  EXPECT_EQ(said, "");
}

}  // namespace
}  // namespace zonelag::sensor
