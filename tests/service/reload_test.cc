// What SIGHUP asks for, whatever the config is: here an int.
#include "service/reload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "service/log.h"

namespace zonelag::service {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Parsed<Loaded<int>> loaded() { return Loaded<int>{.config = 7, .origins = {{"a.b", "file:3"}}}; }

TEST(Reread, AGoodConfigurationIsGiven) {
  const auto warns = [](int) { return ConfigCheck{.errors = {}, .warnings = {{"a.b", "is odd"}}}; };
  EXPECT_EQ(reread(loaded(), warns), 7);
}

TEST(Reread, ElseTheFirstThingThatIsWrong) {
  const auto two = [](int value) {
    return ConfigCheck{.errors = {{"a.b", std::to_string(value) + " is too much"}, {"c.d", "is missing"}}};
  };
  EXPECT_EQ(reread(loaded(), two), std::unexpected(std::string("file:3: a.b: 7 is too much")));
  const Parsed<Loaded<int>> unread = std::unexpected(std::string("file: not there"));
  EXPECT_EQ(reread(unread, two), std::unexpected(std::string("file: not there")));
}

std::vector<std::string> told(const ReloadResult& changes) {
  std::vector<std::string> lines;
  Log log(LogFormat::text, LogLevel::info, {.write = [&](std::string_view line) { lines.emplace_back(line); }});
  tell(changes, log);
  return lines;
}

TEST(Reload, TellsWhatChanged) {
  EXPECT_THAT(told({}), ElementsAre(HasSubstr("info reloaded changed=nothing\n")));
  EXPECT_THAT(told({.now = {"a.b", "c.d"}, .restart = {}}), ElementsAre(HasSubstr("info reloaded changed=a.b,c.d\n")));
}

TEST(Reload, TellsWhatWaitsForARestart) {
  EXPECT_THAT(told({.now = {}, .restart = {"e.f", "g.h"}}),
              ElementsAre(HasSubstr("info reloaded changed=nothing\n"),
                          HasSubstr("warning reload: needs a restart to take effect settings=e.f,g.h\n")));
}

}  // namespace
}  // namespace zonelag::service
