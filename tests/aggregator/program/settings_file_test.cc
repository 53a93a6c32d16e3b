#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "settings.h"

namespace zonelag::aggregator {
namespace {

using testing::HasSubstr;

struct Read {
  AggregatorConfig config;
  service::Origins origins;
  std::string error;
};

Read read(std::string_view text) {
  Read result;
  if (const auto parsed = parse_config(text, "aggregator.toml", result.config, result.origins); !parsed) {
    result.error = parsed.error();
  }
  return result;
}

TEST(SettingsFile, OneDatabaseIsASection) {
  const Read result = read("[kafka]\nbrokers = [\"a:1\"]\n[database]\nconnection = \"host=db\"\n");
  EXPECT_EQ(result.error, "");
  ASSERT_EQ(environments_of(result.config).size(), 1);
  EXPECT_EQ(environments_of(result.config)[0].connection, "host=db");
  EXPECT_EQ(result.origins.at("database.connection"), "aggregator.toml:4");
}

TEST(SettingsFile, SeveralAreTablesAndTheOtherSectionsStay) {
  const Read result = read(
      "[[database]]\n"
      "name = \"prod\"\n"
      "connection = \"host=a\"\n"
      "\n"
      "  [[ database ]]  # the other one\r\n"
      "name = \"test\"\n"
      "lags_topic = \"off\"\n"
      "legacy_lags = true\n"
      "[kafka]\n"
      "brokers = [\"a:1\"]");
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(result.config.kafka.brokers, std::vector<std::string>{"a:1"});
  EXPECT_EQ(result.origins.at("kafka.brokers"), "aggregator.toml:10");
  const auto environments = environments_of(result.config);
  ASSERT_EQ(environments.size(), 2);
  EXPECT_EQ(environments[0].connection, "host=a");
  EXPECT_FALSE(environments[0].legacy_lags);
  EXPECT_EQ(environments[1].name, "test");
  EXPECT_EQ(environments[1].lags_topic, "");
  EXPECT_EQ(environments[1].slas_topic, "zonelag.slas");
  EXPECT_TRUE(environments[1].legacy_lags);
  EXPECT_EQ(group_of(environments[0]), "zonelag-aggregator");
  EXPECT_EQ(group_of(environments[1]), "zonelag-aggregator-test");
}

TEST(SettingsFile, ErrorsHaveTheLineOfTheFile) {
  EXPECT_THAT(read("[[database]]\nname = \"a\"\n[[database]]\nname = \"b\"\nkeep_rows = 5\n").error,
              HasSubstr("aggregator.toml:5: database.keep_rows: must be a duration in quotes"));
  EXPECT_THAT(read("[[database]]\nname = \"a\"\nnane = \"b\"\n").error,
              HasSubstr("aggregator.toml:3: unknown key 'database.nane'"));
  EXPECT_EQ(read("\n[[database]]\nconnection = \"host=a\"\n").error,
            "aggregator.toml:2: [[database]]: name is missing");
  EXPECT_THAT(read("[[database]]\nname = \"a\"\n[kafka]\nbroker = [\"a:1\"]\n").error,
              HasSubstr("aggregator.toml:4: unknown key 'kafka.broker'"));
  EXPECT_THAT(read("[[database]]\nname = \n").error, HasSubstr("aggregator.toml:2:"));
}

TEST(SettingsFile, ASectionBesideTablesIsAnError) {
  EXPECT_EQ(read("[database]\nconnection = \"host=a\"\n[[database]]\nname = \"b\"\n").error,
            "aggregator.toml:2: database.connection is given beside [[database]]: put it into each of these");
}

TEST(SettingsFile, WhatIsPrintedReadsBackTheSame) {
  const Read one = read("[database]\nconnection = \"host=a\"\n[versions]\nbgp_zone = \"off\"\n");
  const Read many = read(
      "[[database]]\nname = \"prod\"\n[[database]]\nname = \"test\"\nslas_topic = \"off\"\n[log]\nlevel = \"debug\"\n");
  for (const Read* each : {&one, &many}) {
    const std::string printed = print_config(each->config);
    const Read again = read(printed);
    EXPECT_EQ(again.error, "") << printed;
    EXPECT_EQ(print_config(again.config), printed);
  }
  EXPECT_EQ(read(print_config(many.config)).config.databases.at(1).slas_topic, "");
  EXPECT_EQ(read(print_config(one.config)).config.bgp_zone, "");
}

TEST(Settings, KeysAreDifferent) {
  std::set<std::string_view> keys;
  for (const auto& setting : settings()) EXPECT_TRUE(keys.insert(setting.key).second) << setting.key;
  for (const auto& setting : environment_settings()) EXPECT_TRUE(keys.contains(setting.key)) << setting.key;
}

// docs/aggregator.toml is what --print-config prints of the defaults. With ZONELAG_WRITE_DOCS set it is written.
TEST(Settings, TheDocumentHasThemAll) {
  const std::string path = ZONELAG_SOURCE_DIR "/docs/aggregator.toml";
  if (std::getenv("ZONELAG_WRITE_DOCS") != nullptr) std::ofstream(path) << print_config(AggregatorConfig{});
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_EQ(text, print_config(AggregatorConfig{}));
}

}  // namespace
}  // namespace zonelag::aggregator
