#include "options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>

#include "service/command_line/usage.h"

namespace zonelag::aggregator {
namespace {

struct Line {
  CommandLine line;
  std::string error;
};

Line parsed(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "zonelag-aggregator");
  Line result;
  CLI::App app("", "zonelag-aggregator");
  declare(app, result.line);
  try {
    parse(app, static_cast<int>(arguments.size()), arguments.data(), result.line);
  } catch (const service::UsageError& error) {
    result.error = error.what();
  }
  return result;
}

TEST(Options, GoOverTheFile) {
  char path[] = "/tmp/zonelag-options-XXXXXX";
  ::close(::mkstemp(path));
  std::ofstream(path) << "[kafka]\nbrokers = [\"a:1\"]\n[database]\ntopic = \"x\"\nlegacy_lags = true\n";
  const Line result = parsed({"--config", path, "--database-topic", "y", "--once"});
  const auto loaded = load(result.line);
  std::remove(path);
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(loaded->config.database.topic, "y");
  EXPECT_TRUE(loaded->config.database.legacy_lags);
  EXPECT_TRUE(loaded->config.once);
  EXPECT_EQ(loaded->origins.at("database.topic"), "--database-topic");
}

TEST(Options, CannotMeanOneOfSeveralDatabases) {
  char path[] = "/tmp/zonelag-options-XXXXXX";
  ::close(::mkstemp(path));
  std::ofstream(path) << "[[database]]\nname = \"a\"\n";
  const auto loaded = load(parsed({"--config", path, "--database-topic", "y"}).line);
  std::remove(path);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error(), "--database-topic: the file has [[database]] tables: give it there");
}

TEST(Options, ThatContradictEachOther) {
  EXPECT_EQ(parsed({"--connect"}).error, "--connect is given without --check");
  EXPECT_EQ(parsed({"--once", "--check"}).error, "--once and --check are both given");
  EXPECT_EQ(parsed({"--print-config", "--check"}).error, "--print-config and another command are both given");
  EXPECT_EQ(parsed({"--check", "--connect"}).error, "");
}

}  // namespace
}  // namespace zonelag::aggregator
