#include "options.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>

#include "service/command_line/usage.h"
#include "settings_samples.h"

namespace zonelag::sensor {
namespace {

using service::option_of;
using service::Origins;
using Arguments = std::vector<std::string>;

struct Outcome {
  CommandLine line;
  std::string said;   // of wrong usage
  std::string where;  // to look
  std::string help;
};

Outcome run(const Arguments& arguments) {
  Outcome result;
  CLI::App app("Watches.", "zonelag-sensor");
  std::vector<const char*> argv{"zonelag-sensor"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  declare(app, result.line);
  try {
    parse(app, static_cast<int>(argv.size()), argv.data(), result.line);
  } catch (const CLI::CallForVersion&) {
    result.help = program_version();
  } catch (const CLI::Success&) {
    result.help = app.help();
  } catch (const service::UsageError& error) {
    result.said = error.what();
    result.where = service::where_to_look(app);
  }
  return result;
}

Arguments arguments_of(const Sample& sample, bool with_equals) {
  Arguments arguments;
  const std::string option = option_of(*settings().find(sample.key));
  for (const std::string& value : sample.option) {
    if (with_equals)
      arguments.push_back(option + "=" + value);
    else
      arguments.insert(arguments.end(), {option, value});
  }
  return arguments;
}

class OptionsFile : public testing::Test {
 protected:
  OptionsFile() {
    std::string pattern = std::filesystem::temp_directory_path() / "zonelag-options-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~OptionsFile() override { std::filesystem::remove_all(folder_); }
  std::string file(std::string_view text) const {
    const std::string path = folder_ / "s.toml";
    std::ofstream(path) << text;
    return path;
  }

 private:
  std::filesystem::path folder_;
};

TEST(Options, EverySettingIsAnOption) {
  for (const Sample& sample : samples()) {
    SCOPED_TRACE(sample.key);
    const Outcome result = run(arguments_of(sample, true));
    ASSERT_EQ(result.said, "");
    const auto loaded = load(result.line);
    ASSERT_TRUE(loaded) << loaded.error();
    EXPECT_TRUE(sample.kept(loaded->config));
    EXPECT_EQ(loaded->origins, (Origins{{std::string(sample.key), option_of(*settings().find(sample.key))}}));
    if (sample.key == "dpdk.eal") continue;  // its values begin with a hyphen
    EXPECT_EQ(run(arguments_of(sample, false)).said, "");
  }
}

TEST(Options, WrongCommandLines) {
  const std::string broker = "is no broker: HOST:PORT, as in kafka1.example:9092 or [2001:db8::1]:9092";
  const std::vector<std::pair<Arguments, std::string>> wrong{
      {{"--nonsense"}, "unknown option '--nonsense'"},
      {{"-x"}, "unknown option '-x'"},
      {{"--kafka-broker=a"}, "unknown option '--kafka-broker' (did you mean '--kafka-brokers'?)"},
      {{"doctr"}, "unknown command 'doctr' (did you mean 'doctor'?)"},
      {{"eth0"}, "unknown command 'eth0'"},
      {{"--kafka-topic"}, "--kafka-topic needs a value: TOPIC"},
      {{"--kafka-topic", ""}, "--kafka-topic is given an empty value"},
      {{"--kafka-topic="}, "--kafka-topic needs a value: TOPIC"},
      {{"--kafka-topic", "a", "--kafka-topic", "a"}, "--kafka-topic is given more than once"},
      {{"--config", "a", "-c", "a"}, "--config is given more than once"},
      {{"--config"}, "--config needs a value: FILE"},
      {{"--kafka-brokers", "a,,b"}, "--kafka-brokers is given an empty value"},
      {{"--kafka-brokers", "a:1,b:0"}, "--kafka-brokers: 'b:0' " + broker},
      {{"--capture-workers", "65"}, "--capture-workers: '65' is no number from 1 to 64"},
      {{"--capture-mirror"}, "--capture-mirror needs a value: true|false"},
      {{"--capture-mirror", "yes"}, "--capture-mirror: 'yes' is neither true nor false"},
      {{"--log-level", "inof"}, "--log-level: 'inof' is none of error, warning, info, debug (did you mean 'info'?)"},
      {{"--kafka-properties", "a"}, "--kafka-properties: 'a' is not of the form NAME=VALUE"},
      {{"--kafka-properties", "=a"}, "--kafka-properties: a property without a name; the form is NAME=VALUE"},
      {{"--kafka-properties", "a=b", "--kafka-properties", "a=c"}, "--kafka-properties: 'a' is given more than once"},
      {{"--create-topics=false"}, "--create-topics takes no value"},
      {{"--create-topics", "--kafka-create-topics", "false"},
       "--create-topics and --kafka-create-topics are both given"},
      {{"--check", "--print-config"}, "--print-config and another command are both given"},
      {{"doctor", "--check"}, "doctor and another command are both given"},
      {{"--read"}, "--read needs a value: FILE..."},
      {{"--read", ""}, "--read is given an empty value"},
      {{"--format", "json"}, "unknown option '--format'"},
  };
  for (const auto& [arguments, said] : wrong) {
    const Outcome result = run(arguments);
    EXPECT_EQ(result.said, said) << fmt::format("{}", fmt::join(arguments, " "));
    EXPECT_THAT(result.where, testing::AnyOf("Try 'zonelag-sensor --help'.", "Try 'zonelag-sensor doctor --help'."));
  }
}

TEST(Options, Commands) {
  EXPECT_EQ(run({}).line.command, Command::run);
  EXPECT_EQ(run({"--check"}).line.command, Command::check);
  EXPECT_EQ(run({"--print-config"}).line.command, Command::print_config);
  const Outcome doctor = run({"doctor", "--format", "json", "--config", "a.toml", "--kafka-topic", "t"});
  EXPECT_EQ(doctor.said, "");
  EXPECT_EQ(doctor.line.command, Command::doctor);
  EXPECT_EQ(doctor.line.format, ReportFormat::json);
  EXPECT_EQ(doctor.line.config, "a.toml");
  EXPECT_EQ(doctor.line.given.size(), 1U);
  EXPECT_EQ(run({"doctor", "--format", "xml"}).said, "--format: 'xml' is none of text, json");
  EXPECT_EQ(run({"doctor", "--nonsense"}).said, "unknown option '--nonsense'");
}

TEST(Options, ReadTakesSeveralFiles) {
  const Outcome result = run({"--read", "a.pcap", "b.pcap", "--kafka-topic", "t", "--read", "c.pcap"});
  EXPECT_EQ(result.said, "");
  EXPECT_EQ(result.line.read, (Arguments{"a.pcap", "b.pcap", "c.pcap"}));
}

TEST(Options, CreateTopicsIsAShortForm) {
  const auto loaded = load(run({"--create-topics"}).line);
  ASSERT_TRUE(loaded);
  EXPECT_TRUE(loaded->config.kafka.create_topic);
  EXPECT_EQ(loaded->origins, (Origins{{"kafka.create_topics", "--create-topics"}}));
}

TEST(Options, OwnServersOnlyUnlessMoreAreNamed) { EXPECT_FALSE(load(run({}).line)->config.signals.all_servers); }

TEST(Options, WhatFollowsFromTheCapture) {
  const auto loaded = load(run({"--capture-workers=3", "--capture-ports=53,5353", "--capture-filter=not arp"}).line);
  ASSERT_TRUE(loaded);
  const std::vector<std::uint16_t> ports{53, 5353};
  EXPECT_EQ(loaded->config.dpdk.queues, 3U);
  EXPECT_EQ(loaded->config.dpdk.ports, ports);
  EXPECT_EQ(loaded->config.dpdk.filter, "not arp");
  EXPECT_EQ(loaded->config.limits.frame.ports, ports);
}

TEST_F(OptionsFile, CommandLineGoesOverFile) {
  const std::string path = file("[kafka]\ntopic = \"file\"\nclient_id = \"file\"\nbrokers = [\"a\", \"b\"]\n");
  const auto loaded = load(run({"--kafka-topic=line", "--kafka-brokers=c", "--config", path}).line);
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(loaded->config.kafka.topic, "line");
  EXPECT_EQ(loaded->config.kafka.client_id, "file");
  EXPECT_EQ(loaded->config.kafka.brokers, Arguments{"c"});
  EXPECT_EQ(loaded->origins, (Origins{{"kafka.brokers", "--kafka-brokers"},
                                      {"kafka.client_id", path + ":3"},
                                      {"kafka.topic", "--kafka-topic"}}));
}

TEST_F(OptionsFile, FileIsReadAgainAtEachLoad) {
  const Outcome result = run({"--kafka-topic=line", "--config", file("[log]\nlevel = \"debug\"\n")});
  EXPECT_EQ(load(result.line)->config.log_level, "debug");
  const std::string path = file("[log]\nlevel = \"error\"\n");
  EXPECT_EQ(load(result.line)->config.log_level, "error");
  EXPECT_EQ(load(result.line)->config.kafka.topic, "line");
  file("[log]\nlvel = \"error\"\n");
  EXPECT_EQ(load(result.line).error(), path + ":2: unknown key 'log.lvel' (did you mean 'level'?)");
}

TEST(Options, HelpTellsOfEverySettingInItsGroup) {
  const std::string help = run({"--help"}).help;
  EXPECT_THAT(help, testing::StartsWith("Usage: zonelag-sensor [doctor] [OPTION]...\n"));
  std::size_t at = 0;
  for (const service::Section& section : settings().sections()) {
    at = help.find(fmt::format("\n{}:\n", section.title), at);
    ASSERT_NE(at, std::string::npos) << section.title;
    for (const Setting& setting : settings()) {
      if (setting.section() != section.name) continue;
      const std::size_t found = help.find(fmt::format("\n      {} {}", option_of(setting), setting.type), at);
      ASSERT_NE(found, std::string::npos) << setting.key;
      at = found;
    }
  }
  std::size_t begin = 0;
  for (std::size_t end = help.find('\n'); end != std::string::npos; end = help.find('\n', begin)) {
    EXPECT_LE(end - begin, 80U) << help.substr(begin, end - begin);
    begin = end + 1;
  }
  EXPECT_THAT(run({"doctor", "--help"}).help, testing::StartsWith("Usage: zonelag-sensor doctor [OPTION]...\n"));
  EXPECT_THAT(run({"--version"}).help, testing::MatchesRegex("zonelag-sensor [0-9.]+"));
}

}  // namespace
}  // namespace zonelag::sensor
