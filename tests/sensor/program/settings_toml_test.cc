#include "service/settings_toml.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "settings_samples.h"

namespace zonelag::sensor {
namespace {

using service::Origins;
using service::to_toml;
using testing::Contains;
using testing::Key;

// What is said of this file's text; "" when nothing is.
std::string said_of(std::string_view text) {
  SensorConfig config;
  Origins origins;
  const auto read = parse_settings(settings(), text, "s.toml", config, origins);
  return read ? std::string() : read.error();
}

std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Settings that differ.
std::vector<std::string_view> changes(const SensorConfig& one, const SensorConfig& other) {
  std::vector<std::string_view> keys;
  for (const Setting& setting : settings()) {
    if (setting.show(one) != setting.show(other)) keys.push_back(setting.key);
  }
  return keys;
}

TEST(SettingsToml, EverySettingHasASample) {
  std::vector<std::string_view> sampled;
  std::vector<std::string_view> told;
  for (const Sample& sample : samples()) sampled.push_back(sample.key);
  for (const Setting& setting : settings()) told.push_back(setting.key);
  EXPECT_EQ(told, sampled);
  EXPECT_EQ(std::set(told.begin(), told.end()).size(), told.size());
}

TEST(SettingsToml, EverySettingIsRead) {
  for (const Sample& sample : samples()) {
    SCOPED_TRACE(sample.key);
    EXPECT_FALSE(sample.kept(SensorConfig{}));
    SensorConfig config;
    Origins origins;
    const auto read = parse_settings(settings(), file_of(sample.key, sample.toml), "s.toml", config, origins);
    ASSERT_TRUE(read) << read.error();
    EXPECT_TRUE(sample.kept(config));
    EXPECT_THAT(changes(config, SensorConfig{}), testing::ElementsAre(sample.key));
    EXPECT_EQ(origins, (Origins{{std::string(sample.key), "s.toml:3"}}));
  }
}

TEST(SettingsToml, EverySettingIsWrittenSoThatItReadsBack) {
  SensorConfig all;
  Origins origins;
  for (const Sample& sample : samples()) {
    ASSERT_TRUE(parse_settings(settings(), file_of(sample.key, sample.toml), "s.toml", all, origins));
  }
  SensorConfig again;
  const auto read = parse_settings(settings(), to_toml(settings(), all), "again.toml", again, origins);
  ASSERT_TRUE(read) << read.error();
  for (const Sample& sample : samples()) EXPECT_TRUE(sample.kept(again)) << sample.key;
  EXPECT_EQ(to_toml(settings(), again), to_toml(settings(), all));
}

TEST(SettingsToml, TextsOfAnyKindAreWrittenSoThatTheyReadBack) {
  for (const std::string text : {"a\"b", "a\\b", "a'b", "a\nb", "a\tb", "\x01", "\x7f", "ü", "#", ""}) {
    SensorConfig config;
    config.live.filter = text;
    config.kafka.properties["a\"b.c"] = text;
    SensorConfig again;
    Origins origins;
    const auto read = parse_settings(settings(), to_toml(settings(), config), "s.toml", again, origins);
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(again.live.filter, text);
    EXPECT_EQ(again.kafka.properties, config.kafka.properties);
  }
}

TEST(SettingsToml, EveryWrongValueIsToldWithItsLine) {
  for (const Sample& sample : samples()) {
    EXPECT_EQ(said_of(file_of(sample.key, sample.wrong_toml)),
              fmt::format("s.toml:3: {}: {}", sample.key, sample.wrong_said));
  }
}

// Of each shape, a TOML value of every other type.
TEST(SettingsToml, WrongTypes) {
  const std::vector<std::pair<std::string_view, std::string_view>> wrong{
      {"log.level = true", "s.toml:1: log.level: must be a text in quotes"},
      {"log.level = [\"info\"]", "s.toml:1: log.level: must be a text in quotes"},
      {"log.level = 1979-05-27", "s.toml:1: log.level: must be a text in quotes"},
      {"log.level = \"a\\u0000b\"", "s.toml:1: log.level: a text with a zero byte is of no use"},
      {"kafka.linger = 20", "s.toml:1: kafka.linger: must be a duration in quotes, as in \"10s\""},
      {"spool.memory = 1.5", "s.toml:1: spool.memory: must be a size in quotes, as in \"64MiB\", or a number of bytes"},
      {"spool.memory = -1",
       "s.toml:1: spool.memory: '-1' is no size from 64KiB to 1GiB, in bytes, KiB, MiB, GiB or TiB"},
      {"capture.workers = \"2\"", "s.toml:1: capture.workers: must be a number without quotes"},
      {"capture.workers = 2.0", "s.toml:1: capture.workers: must be a number without quotes"},
      {"capture.workers = 0", "s.toml:1: capture.workers: '0' is no number from 1 to 64"},
      {"capture.workers = 65", "s.toml:1: capture.workers: '65' is no number from 1 to 64"},
      {"signals.served = 1", "s.toml:1: signals.served: must be true or false, without quotes"},
      {"kafka.brokers = [1]", "s.toml:1: kafka.brokers: must be a list of texts in quotes, as in [\"one\", \"two\"]"},
      {"capture.ports = 53", "s.toml:1: capture.ports: must be a list of numbers, as in [53, 5353]"},
      {"capture.ports = [\"53\"]", "s.toml:1: capture.ports: must be a list of numbers, as in [53, 5353]"},
      {"capture.ports = [0]", "s.toml:1: capture.ports: '0' is no number from 1 to 65535"},
      {"kafka.properties = 1",
       "s.toml:1: kafka.properties: must be a table of texts, numbers, true and false: [kafka.properties]"},
      {"[kafka.properties]\na = 1.5",
       "s.toml:2: kafka.properties: must be a table of texts, numbers, true and false: [kafka.properties]"},
      {"[kafka.properties]\nbatch.size = 5", "s.toml:2: kafka.properties: 'batch': a name with dots must be in quotes"},
      {"[kafka.properties]\n\"a=b\" = 5", "s.toml:2: kafka.properties: 'a=b' is no name of a property"},
      {"capture = 5", "s.toml:1: capture must be a section: [capture]"},
      {"[[kafka]]\ntopic = \"a\"", "s.toml:1: kafka must be a section: [kafka]"},
  };
  for (const auto& [text, said] : wrong) EXPECT_EQ(said_of(text), said) << text;
}

TEST(SettingsToml, ListsTellTheLineOfTheElement) {
  EXPECT_EQ(said_of("[kafka]\nbrokers = [\n  \"a:1\",\n  \"b:x\",\n]\n"),
            "s.toml:4: kafka.brokers: 'b:x' is no broker: HOST:PORT, as in kafka1.example:9092 or [2001:db8::1]:9092");
}

TEST(SettingsToml, UnknownKeysAndSections) {
  const std::vector<std::pair<std::string_view, std::string_view>> wrong{
      {"[kafka]\n\nbroker = []", "s.toml:3: unknown key 'kafka.broker' (did you mean 'brokers'?)"},
      {"[kafka]\nfoo = 1", "s.toml:2: unknown key 'kafka.foo'"},
      {"[sensor]\nworkers = 1", "s.toml:2: unknown key 'sensor.workers' (did you mean 'capture.workers'?)"},
      {"[kafak]\na = 1", "s.toml:1: unknown section 'kafak' (did you mean 'kafka'?)"},
      {"[x]",
       "s.toml:1: unknown section 'x' (there are: sensor, capture, signals, limits, kafka, spool, output, metrics, "
       "log, privileges, dpdk)"},
      {"kafka_topic = 1",
       "s.toml:1: unknown key 'kafka_topic' (there are: sensor, capture, signals, limits, kafka, spool, "
       "output, metrics, log, privileges, dpdk)"},
  };
  for (const auto& [text, said] : wrong) EXPECT_EQ(said_of(text), said) << text;
}

TEST(SettingsToml, BrokenTomlTellsTheLine) {
  EXPECT_THAT(said_of("[kafka]\ntopic = \n"), testing::StartsWith("s.toml:2: "));
  EXPECT_THAT(said_of("[kafka]\ntopic = \"a\"\ntopic = \"b\"\n"), testing::StartsWith("s.toml:3: "));
}

TEST(SettingsToml, SecretsDoNotBelongInTheFile) {
  for (const auto& [property, setting] :
       {std::pair("sasl.password", "sasl_password_file"), std::pair("ssl.key.password", "tls_key_password_file"),
        std::pair("ssl.key.pem", "tls_key"), std::pair("ssl.keystore.password", "tls_key")}) {
    EXPECT_EQ(
        said_of(fmt::format("[kafka.properties]\n\"{}\" = \"x\"", property)),
        fmt::format("s.toml:2: kafka.properties: '{}' is a secret and belongs in a file: kafka.{}", property, setting));
  }
}

TEST(SettingsToml, AnErrorLeavesTheConfigAsItWas) {
  SensorConfig config;
  Origins origins;
  EXPECT_FALSE(parse_settings(settings(), "[sensor]\nid = \"a\"\nnode = 5", "s.toml", config, origins));
  EXPECT_EQ(config.id, "");
  EXPECT_TRUE(origins.empty());
}

TEST(SettingsToml, FilesThatCannotBeRead) {
  SensorConfig config;
  Origins origins;
  EXPECT_EQ(read_settings(settings(), "/nonexistent/s.toml", config, origins).error(),
            "/nonexistent/s.toml: No such file or directory");
  EXPECT_EQ(read_settings(settings(), "/", config, origins).error(), "/: is a directory");
}

// docs/sensor.toml is what --print-config prints of the defaults. With ZONELAG_WRITE_DOCS set it is written.
TEST(SettingsToml, ExampleHasEverySettingAtItsDefault) {
  const std::string path = ZONELAG_SOURCE_DIR "/docs/sensor.toml";
  if (std::getenv("ZONELAG_WRITE_DOCS") != nullptr) std::ofstream(path) << to_toml(settings(), SensorConfig{});
  SensorConfig config;
  Origins origins;
  const auto read = read_settings(settings(), path, config, origins);
  ASSERT_TRUE(read) << read.error();
  EXPECT_TRUE(changes(config, SensorConfig{}).empty());
  for (const Setting& setting : settings()) EXPECT_THAT(origins, Contains(Key(std::string(setting.key))));
  EXPECT_EQ(file_text(path), to_toml(settings(), SensorConfig{}));
}

}  // namespace
}  // namespace zonelag::sensor
