// The machinery over a table that is no program's: its own config, every kind of value.
#include "service/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <array>
#include <filesystem>
#include <fstream>

#include "manual_text.h"
#include "service/command_line/usage.h"
#include "service/common_settings.h"
#include "service/options.h"
#include "service/reload.h"
#include "service/settings_toml.h"

namespace zonelag::service {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

enum class Mode : std::uint8_t { slow, fast };

struct Database {
  std::string host = "localhost";
  std::uint16_t port = 5432;
};

struct Config {
  Database database;
  seconds horizon{36'000};
  std::uint64_t memory = 1U << 20;
  bool enabled = true;
  Mode mode = Mode::slow;
  std::vector<std::string> topics{"a", "b"};
  std::string log_level = "info";
};

constexpr std::array<Section, 3> kSections{{{"database", "Database"}, {"join", "Join"}, {"log", "Log"}}};
constexpr std::array<std::string_view, 2> kModes{"slow", "fast"};

const Settings<Config>& settings() {
  const auto database = field(&Config::database);
  const auto any = [](std::string_view value) { return Parsed<std::string>(value); };
  static const Settings<Config> kSettings(
      {.name = "zonelag-test", .example = "database.host"}, kSections,
      {text("database.host", "HOST", "where it is", database.then(&Database::host)),
       number("database.port", "of that host", field(&Config::database, &Database::port), {1, 65'535}),
       reloadable(duration("join.horizon", "how long a version stays", field(&Config::horizon),
                           {seconds(1), seconds(100'000)})),
       size("join.memory", "at most", field(&Config::memory), {1024, 1U << 30}),
       boolean("join.enabled", "whether at all", field(&Config::enabled)),
       choice("join.mode", "MODE", "slow or fast", field(&Config::mode), kModes),
       list("join.topics", "TOPIC", "to read", field(&Config::topics), any, kAsItIs),
       log_level(field(&Config::log_level))});
  return kSettings;
}

constexpr std::string_view kAll = R"([database]
host = "db"
port = 1
[join]
horizon = "5s"
memory = "2KiB"
enabled = false
mode = "fast"
topics = ["x"]
[log]
level = "debug"
)";

void expect_all(const Config& config) {
  EXPECT_EQ(config.database.host, "db");
  EXPECT_EQ(config.database.port, 1);
  EXPECT_EQ(config.horizon, seconds(5));
  EXPECT_EQ(config.memory, 2048U);
  EXPECT_FALSE(config.enabled);
  EXPECT_EQ(config.mode, Mode::fast);
  EXPECT_THAT(config.topics, ElementsAre("x"));
  EXPECT_EQ(config.log_level, "debug");
}

std::string said_of(std::string_view text) {
  Config config;
  Origins origins;
  const auto read = parse_settings(settings(), text, "t.toml", config, origins);
  return read ? std::string() : read.error();
}

SettingsLine line_of(const std::vector<std::string>& arguments) {
  SettingsLine line;
  CLI::App app("Tests.", "zonelag-test");
  declare_program(app, "[OPTION]...", "zonelag-test 1");
  declare_config(app, line);
  declare_settings(app, settings(), line);
  std::vector<const char*> argv{"zonelag-test"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  parse_line(app, static_cast<int>(argv.size()), argv.data());
  return line;
}

std::string usage_error_of(const std::vector<std::string>& arguments) {
  try {
    line_of(arguments);
  } catch (const UsageError& error) {
    return error.what();
  }
  return {};
}

TEST(Settings, EveryKindIsReadAndWritten) {
  Config config;
  Origins origins;
  ASSERT_EQ(said_of(kAll), "");
  ASSERT_TRUE(parse_settings(settings(), kAll, "t.toml", config, origins));
  expect_all(config);
  EXPECT_EQ(origins.size(), 8U);
  EXPECT_EQ(origins["join.mode"], "t.toml:8");
  Config again;
  ASSERT_TRUE(parse_settings(settings(), to_toml(settings(), config), "again.toml", again, origins));
  expect_all(again);
}

TEST(Settings, TheFileSaysWhoseItIs) {
  EXPECT_THAT(
      to_toml(settings(), Config{}),
      testing::StartsWith(
          "# Configuration of zonelag-test. Every setting is also an option: database.host is --database-host,\n"
          "# and what is given there goes over what is given here. See zonelag-test(8).\n\n[database]\n\n"
          "# HOST: where it is.\nhost = \"localhost\"\n"));
}

TEST(Settings, ErrorsHaveTheirLine) {
  EXPECT_EQ(said_of("[database]\n\nport = 0"), "t.toml:3: database.port: '0' is no number from 1 to 65535");
  EXPECT_EQ(said_of("[join]\nport = 1"), "t.toml:2: unknown key 'join.port' (did you mean 'database.port'?)");
  EXPECT_EQ(said_of("[kafka]"), "t.toml:1: unknown section 'kafka' (there are: database, join, log)");
}

TEST(Settings, EveryKindIsAnOption) {
  const auto loaded =
      load(settings(), line_of({"--database-host=db", "--database-port=1", "--join-horizon=5s", "--join-memory=2KiB",
                                "--join-enabled=false", "--join-mode=fast", "--join-topics=x", "--log-level=debug"}));
  ASSERT_TRUE(loaded) << loaded.error();
  expect_all(loaded->config);
  EXPECT_EQ(loaded->origins.at("database.host"), "--database-host");
}

TEST(Settings, WrongOptions) {
  EXPECT_EQ(usage_error_of({"--join-mode=fsat"}), "--join-mode: 'fsat' is none of slow, fast (did you mean 'fast'?)");
  EXPECT_EQ(usage_error_of({"--join-mod=fast"}), "unknown option '--join-mod' (did you mean '--join-mode'?)");
  EXPECT_EQ(usage_error_of({"--join-mode=slow", "--join-mode=fast"}), "--join-mode is given more than once");
  EXPECT_EQ(usage_error_of({"--join-topics=a,,b"}), "--join-topics is given an empty value");
}

TEST(Settings, TheLineGoesOverTheFile) {
  std::string path = std::filesystem::temp_directory_path() / "zonelag-settings-XXXXXX";
  ASSERT_GE(::mkstemp(path.data()), 0);
  std::ofstream(path) << "[database]\nhost = \"file\"\nport = 7\n";
  const auto loaded = load(settings(), line_of({"--database-host=line", "--config", path}));
  std::filesystem::remove(path);
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(loaded->config.database.host, "line");
  EXPECT_EQ(loaded->config.database.port, 7);
  EXPECT_EQ(loaded->origins.at("database.port"), path + ":3");
}

TEST(Settings, OnlyWhatIsReloadableChanges) {
  Config wanted;
  wanted.horizon = seconds(7);
  wanted.database.host = "other";
  const ReloadResult changes = compare_for_reload(settings(), Config{}, wanted);
  EXPECT_THAT(changes.now, ElementsAre("join.horizon"));
  EXPECT_THAT(changes.restart, ElementsAre("database.host"));
  const Config result = reloaded(settings(), Config{}, wanted);
  EXPECT_EQ(result.horizon, seconds(7));
  EXPECT_EQ(result.database.host, "localhost");
}

TEST(Settings, HelpAndManualTellOfThem) {
  EXPECT_THAT(settings_help(settings(), "", ""), HasSubstr("--database-host is host in the section [database]. "));
  EXPECT_THAT(settings_help(settings(), "", ""), HasSubstr("with commas between them. DURATION is a number"));
  EXPECT_THAT(settings_in_roff(settings()),
              HasSubstr(".SS Join ([join])\n.TP\n.BI \\-\\-join\\-horizon \" DURATION\"\nHow long a version stays.\n"
                        "Default: 10h.\nSIGHUP changes it.\n"));
}

}  // namespace
}  // namespace zonelag::service
