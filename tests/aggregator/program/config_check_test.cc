#include "config_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace zonelag::aggregator {
namespace {

AggregatorConfig good() {
  AggregatorConfig config;
  config.kafka.brokers = {"localhost:9092"};
  return config;
}

std::vector<std::string> errors_of(const AggregatorConfig& config) {
  std::vector<std::string> texts;
  for (const auto& problem : check_config(config).errors) {
    texts.push_back(std::string(problem.key) + ": " + problem.what);
  }
  return texts;
}

TEST(ConfigCheck, TheDefaultsWantBrokersOnly) {
  EXPECT_THAT(errors_of(good()), testing::IsEmpty());
  EXPECT_TRUE(check_config(good()).warnings.empty());
  EXPECT_THAT(errors_of(AggregatorConfig{}), testing::ElementsAre("kafka.brokers: none is given"));
}

struct Wrong {
  const char* what;  // begins the one error
  std::function<void(AggregatorConfig&)> make;
};

TEST(ConfigCheck, NamesTheSetting) {
  const std::vector<Wrong> all{
      {"database.name: 'a b' is no name", [](auto& config) { config.database.name = "a b"; }},
      {"database.name: '' is no name", [](auto& config) { config.database.name = ""; }},
      {"database.connection: is empty", [](auto& config) { config.database.connection = ""; }},
      {"database.connection: is neither a URI nor", [](auto& config) { config.database.connection = "host=a foo=b"; }},
      {"database.topic: ", [](auto& config) { config.database.topic = "a b"; }},
      {"database.lags_topic: 'zonelag.events' is the topic of the events",
       [](auto& config) { config.database.lags_topic = "zonelag.events"; }},
      {"events.dead_topic: is the topic of the events", [](auto& config) { config.dead_topic = "zonelag.events"; }},
      {"versions.settled: 11h is more than versions.horizon (10h)",
       [](auto& config) { config.settled = std::chrono::hours(11); }},
      {"versions.bgp_zone: 'a..b' is no domain name", [](auto& config) { config.bgp_zone = "a..b"; }},
      {"results.registry: is missing", [](auto& config) { config.result_format = ResultFormat::confluent; }},
      {"results.registry: is given, but", [](auto& config) { config.registry = "http://localhost"; }},
      {"results.registry_password_file: is missing", [](auto& config) { config.registry_user = "me"; }},
  };
  for (const Wrong& wrong : all) {
    AggregatorConfig config = good();
    wrong.make(config);
    EXPECT_THAT(errors_of(config), testing::ElementsAre(testing::StartsWith(wrong.what))) << wrong.what;
  }
}

TEST(ConfigCheck, EnvironmentsShareNothingThatOnlyOneCanHave) {
  AggregatorConfig config = good();
  EnvironmentConfig test;
  test.name = "test";
  config.databases = {EnvironmentConfig{}, test};
  EXPECT_THAT(errors_of(config),
              testing::ElementsAre("database.connection: 'postgresql:///zonelag' is given for 'prod' and for 'test'",
                                   "database.lags_topic: 'zonelag.lags' is given for 'prod' and for 'test'",
                                   "database.slas_topic: 'zonelag.slas' is given for 'prod' and for 'test'"));
  config.databases[1].connection = "postgresql:///test";
  config.databases[1].lags_topic = config.databases[1].slas_topic = "";
  EXPECT_THAT(errors_of(config), testing::IsEmpty());
  config.databases[1].group = "zonelag-aggregator";
  EXPECT_THAT(errors_of(config), testing::ElementsAre(testing::StartsWith("database.group: 'zonelag-aggregator'")));
}

TEST(ConfigCheck, WarnsOfWhatOthersCanSee) {
  AggregatorConfig config = good();
  config.metrics_listen = "0.0.0.0:9154";
  config.database.connection = "host=db password=secret";
  const auto warnings = check_config(config).warnings;
  ASSERT_EQ(warnings.size(), 2);
  EXPECT_EQ(warnings[0].key, "database.connection");
  EXPECT_THAT(warnings[0].what, testing::Not(testing::HasSubstr("secret")));
  EXPECT_EQ(warnings[1].key, "metrics.listen");
}

TEST(ConfigCheck, WarnsOfAPasswordInAUriAndOfRetentionThatCantBe) {
  AggregatorConfig config = good();
  config.database.connection = "postgresql://zonelag:secret@db.example/zonelag";
  config.database.keep_versions = std::chrono::days(30);
  const auto warnings = check_config(config).warnings;
  ASSERT_EQ(warnings.size(), 2);
  EXPECT_EQ(warnings[0].key, "database.connection");
  EXPECT_THAT(warnings[0].what, testing::Not(testing::HasSubstr("secret")));
  EXPECT_EQ(warnings[1].key, "database.keep_versions");
  EXPECT_EQ(warnings[1].what, "is less than database.keep_rows (90d), which goes for both");
}

TEST(ConfigCheck, TheUserMustBeThere) {
  AggregatorConfig config = good();
  config.user = "nobody";
  EXPECT_THAT(check_files(config), testing::IsEmpty());
  config.user = "no-such-user";
  const auto problems = check_files(config);
  ASSERT_EQ(problems.size(), 1);
  EXPECT_EQ(problems[0].key, "privileges.user");
  EXPECT_EQ(problems[0].what, "user 'no-such-user': is not there; create it, or set another");
}

TEST(ConfigCheck, FilesMustBeThere) {
  AggregatorConfig config = good();
  config.database.password_file = "/nowhere/password";
  const auto problems = check_files(config);
  ASSERT_EQ(problems.size(), 1);
  EXPECT_EQ(problems[0].key, "database.password_file");
  EXPECT_EQ(problems[0].what, "/nowhere/password: No such file or directory");
}

}  // namespace
}  // namespace zonelag::aggregator
