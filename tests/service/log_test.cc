#include "service/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "child.h"

namespace zonelag::service {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

// 2026-11-27T20:47:33.123Z and a bit.
constexpr decoder::Timestamp kTime{std::chrono::nanoseconds(1'795'812'453'123'456'789)};

struct Written {
  std::vector<std::string> lines;
  std::chrono::steady_clock::time_point steady{std::chrono::hours(1)};

  LogOutput output(LogRate rate = {}) {
    return {.write = [this](std::string_view line) { lines.emplace_back(line); },
            .now = [] { return kTime; },
            .steady = [this] { return steady; },
            .rate = rate};
  }
};

TEST(Log, TextByteForByte) {
  Written written;
  Log log(LogFormat::text, LogLevel::debug, written.output());
  log.error("capture failed");
  log.warning("packets dropped",
              {{"worker", 1}, {"count", std::uint64_t{18'446'744'073'709'551'615U}}, {"share", 0.25}});
  log.info("zone", {{"name", "a b.example."}, {"server", "192.0.2.1:53"}, {"first", true}, {"empty", ""}});
  log.debug("negative", {{"leap", -1}});
  EXPECT_THAT(written.lines,
              ElementsAre("2026-11-27T20:47:33.123Z error capture failed\n",
                          "2026-11-27T20:47:33.123Z warning packets dropped worker=1 count=18446744073709551615 "
                          "share=0.25\n",
                          "2026-11-27T20:47:33.123Z info zone name=\"a b.example.\" server=192.0.2.1:53 first=true "
                          "empty=\"\"\n",
                          "2026-11-27T20:47:33.123Z debug negative leap=-1\n"));
}

TEST(Log, JsonByteForByte) {
  Written written;
  Log log(LogFormat::json, LogLevel::info, written.output());
  log.warning("packets dropped", {{"worker", 1}, {"share", 0.25}, {"known", false}, {"zone", "a\"b\\c.\n"}});
  log.info("bytes", {{"text", "\xff\xc2\x9b\x1b[2J"}});
  EXPECT_THAT(written.lines,
              ElementsAre("{\"time\":\"2026-11-27T20:47:33.123Z\",\"level\":\"warning\",\"message\":\"packets "
                          "dropped\",\"worker\":1,\"share\":0.25,\"known\":false,\"zone\":\"a\\\"b\\\\c.\\n\"}\n",
                          "{\"time\":\"2026-11-27T20:47:33.123Z\",\"level\":\"info\",\"message\":\"bytes\","
                          "\"text\":\"\\ufffd\\u009b\\u001b[2J\"}\n"));
}

TEST(Log, JournalAndColour) {
  Written written;
  auto output = written.output();
  output.journal = true;
  Log(LogFormat::text, LogLevel::debug, output).error("a");
  Log(LogFormat::text, LogLevel::debug, output).warning("b");
  Log(LogFormat::text, LogLevel::debug, output).info("c");
  Log(LogFormat::text, LogLevel::debug, output).debug("d");
  output.journal = false;
  output.colour = true;
  Log(LogFormat::text, LogLevel::debug, output).error("e", {{"n", 1}});
  EXPECT_THAT(written.lines, ElementsAre("<3>error a\n", "<4>warning b\n", "<6>info c\n", "<7>debug d\n",
                                         "2026-11-27T20:47:33.123Z \x1b[31merror\x1b[0m e n=1\n"));
}

TEST(Log, WhatComesFromOutsideIsEscaped) {
  Written written;
  Log log(LogFormat::text, LogLevel::info, written.output());
  log.write(LogLevel::info, "kind", "broker says\n<0>\x1b[31mred\x7f\xe9");
  log.info("zone", {{"name", "a=\"\\\r\n.example."}});
  EXPECT_THAT(written.lines,
              ElementsAre("2026-11-27T20:47:33.123Z info broker says\\x0a<0>\\x1b[31mred\\x7f\\xe9\n",
                          "2026-11-27T20:47:33.123Z info zone name=\"a=\\\"\\\\\\x0d\\x0a.example.\"\n"));
}

TEST(Log, LevelAndFormatChangeWhileItRuns) {
  Written written;
  Log log(LogFormat::text, LogLevel::warning, written.output());
  log.info("not yet");
  log.set(LogFormat::json, LogLevel::info);
  log.info("now");
  log.debug("never");
  EXPECT_THAT(written.lines,
              ElementsAre("{\"time\":\"2026-11-27T20:47:33.123Z\",\"level\":\"info\",\"message\":\"now\"}\n"));
}

TEST(Log, TheSameAgainAndAgainIsCounted) {
  Written written;
  Log log(LogFormat::text, LogLevel::info, written.output({.lines = 2, .window = seconds(60)}));
  for (int index = 0; index < 5; ++index) log.warning("many", {{"index", index}});
  log.warning("other");
  EXPECT_EQ(written.lines.size(), 3U);
  EXPECT_EQ(log.suppressed(), 3U);
  written.steady += std::chrono::milliseconds(59'999);
  log.warning("many");
  log.tick();
  EXPECT_EQ(written.lines.size(), 3U) << "the window has not ended";
  written.lines.clear();
  written.steady += std::chrono::milliseconds(1);
  log.tick();
  log.tick();
  EXPECT_THAT(written.lines, ElementsAre("2026-11-27T20:47:33.123Z warning many: 4 more like this suppressed\n"));
  written.lines.clear();
  log.warning("many", {{"index", 9}});
  EXPECT_THAT(written.lines, ElementsAre("2026-11-27T20:47:33.123Z warning many index=9\n"));
}

TEST(Log, ANewWindowBeginsAfterWhatWasSuppressed) {
  Written written;
  Log log(LogFormat::text, LogLevel::info, written.output({.lines = 1, .window = seconds(60)}));
  log.error("many");
  log.error("many");
  written.steady += seconds(60);
  log.error("many");
  EXPECT_THAT(written.lines, ElementsAre("2026-11-27T20:47:33.123Z error many\n",
                                         "2026-11-27T20:47:33.123Z error many: 1 more like this suppressed\n",
                                         "2026-11-27T20:47:33.123Z error many\n"));
}

TEST(Log, TheEndSaysWhatWasSuppressed) {
  Written written;
  {
    Log log(LogFormat::text, LogLevel::info, written.output({.lines = 1, .window = seconds(60)}));
    log.info("many");
    log.info("many");
  }
  ASSERT_EQ(written.lines.size(), 2U);
  EXPECT_EQ(written.lines[1], "2026-11-27T20:47:33.123Z info many: 1 more like this suppressed\n");
}

TEST(Log, DebugIsNotLimitedAndManyKindsDoNotGrowIt) {
  Written written;
  Log log(LogFormat::text, LogLevel::debug, written.output({.lines = 1, .window = seconds(60)}));
  for (int index = 0; index < 100; ++index) log.debug("detail");
  EXPECT_EQ(written.lines.size(), 100U);
  written.lines.clear();
  for (int index = 0; index < 1000; ++index) log.write(LogLevel::info, std::to_string(index), "kinds");
  EXPECT_EQ(written.lines.size(), 257U);
}

TEST(Log, KafkaLinesShareTheirLevelsLimit) {
  Written written;
  Log log(LogFormat::text, LogLevel::info, written.output({.lines = 1, .window = seconds(60)}));
  const LogLine line = log.kafka_line();
  line(LogLevel::error, "broker 1 down");
  line(LogLevel::error, "broker 2 down");
  line(LogLevel::warning, "slow");
  EXPECT_THAT(written.lines,
              ElementsAre("2026-11-27T20:47:33.123Z error broker 1 down\n", "2026-11-27T20:47:33.123Z warning slow\n"));
}

TEST(Log, ThreadsWriteWholeLines) {
  Written written;
  {
    Log log(LogFormat::text, LogLevel::info, written.output({.lines = 100'000, .window = seconds(60)}));
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&log] {
        for (int index = 0; index < 500; ++index) log.info("line", {{"index", index}});
      });
    }
  }
  EXPECT_EQ(written.lines.size(), 2000U);
  for (const auto& line : written.lines) EXPECT_EQ(line.find("2026"), 0U);
}

TEST(Log, GoesToStandardError) {
  EXPECT_EQ(in_child([]() -> std::string {
              int ends[2];
              if (::pipe(ends) != 0 || ::dup2(ends[1], STDERR_FILENO) < 0) return "pipe";
              LogOutput output = standard_error();
              if (output.journal || output.colour) return "a pipe is neither journal nor terminal";
              output.now = [] { return kTime; };
              Log(LogFormat::text, LogLevel::info, output).info("here");
              char text[256];
              const ssize_t count = ::read(ends[0], text, sizeof(text));
              return std::string(text, static_cast<std::size_t>(count));
            }),
            "2026-11-27T20:47:33.123Z info here\n");
}

TEST(Log, LevelsHaveNames) {
  EXPECT_EQ(parse_log_level("warning"), LogLevel::warning);
  EXPECT_EQ(parse_log_level("Warning"), std::nullopt);
  EXPECT_EQ(parse_log_level(""), std::nullopt);
}

}  // namespace
}  // namespace zonelag::service
