#include "aggregator/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(ParseDuration, ReadsNumbersWithUnits) {
  const std::pair<const char*, Duration> cases[] = {{"60m", 60min},
                                                    {"2h", 2h},
                                                    {"1h30m", 90min},
                                                    {"500ms", 500ms},
                                                    {"90s", 90s},
                                                    {"1.5s", 1500ms},
                                                    {"1d", 24h},
                                                    {"0s", 0s},
                                                    {"7us", 7us},
                                                    {"3ns", 3ns},
                                                    {"0.5h", 30min},
                                                    {"1h0.5m", 1h + 30s},
                                                    {"1.500000000s", 1500ms},
                                                    {"0.000000001s", 1ns},
                                                    {"1m1s1ms1us1ns", 1min + 1s + 1ms + 1us + 1ns},
                                                    {"9223372036854775807ns", Duration::max()},
                                                    {"106751d", 106751 * 24h}};
  for (const auto& [text, duration] : cases) {
    const auto parsed = parse_duration(text);
    ASSERT_TRUE(parsed) << text << ": " << parsed.error();
    EXPECT_EQ(*parsed, duration) << text;
  }
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (const char* text : {"",        "60",
                           "m",       "60 m",
                           " 60m",    "60m ",
                           "-60m",    "+60m",
                           "1.m",     ".5s",
                           "1..5s",   "30m1h",
                           "1m1m",    "1.5h30m",
                           "60M",     "60min",
                           "1h30",    "1e3s",
                           "0x1s",    "1,5s",
                           "inf",     "0.0000000001s",
                           "0.1ns",   "9223372036854775808ns",
                           "106752d", "99999999999999999999s",
                           "1s\n"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(ParseDuration, NamesTheCulprit) {
  EXPECT_THAT(parse_duration("60").error(), HasSubstr("'60' is no duration (a unit is missing)"));
  EXPECT_THAT(parse_duration("5min").error(), HasSubstr("unknown unit 'min'"));
}

TEST(FormatDuration, IsReadBackExactly) {
  const std::pair<Duration, const char*> cases[] = {{60min, "1h"},    {90min, "1h30m"},   {1500ms, "1s500ms"},
                                                    {0s, "0s"},       {1ns, "1ns"},       {49h, "49h"},
                                                    {500ms, "500ms"}, {1h + 1us, "1h1us"}};
  for (const auto& [duration, text] : cases) EXPECT_EQ(format_duration(duration), text);
  EXPECT_EQ(parse_duration(format_duration(Duration::max())), Duration::max());
}

TEST(FindPolicy, TakesTheInventorysBeforeTheReadyMade) {
  const Policy own{.name = "icann", .limit = 5min, .deadline = 10min};
  EXPECT_EQ(find_policy("icann", {own})->limit, 5min);
  const auto ready = find_policy("icann", {});
  ASSERT_TRUE(ready);
  EXPECT_EQ(ready->limit, 60min);
  EXPECT_EQ(ready->percentile, 95);
  EXPECT_EQ(ready->lag, LagKind::incoming_lag);
}

TEST(FindPolicy, ReadsTheInlineForm) {
  const auto policy = find_policy("customer_lag:p99.5<=90s:2h", {});
  ASSERT_TRUE(policy) << policy.error();
  EXPECT_EQ(policy->lag, LagKind::customer_lag);
  EXPECT_EQ(policy->percentile, 99.5);
  EXPECT_EQ(policy->limit, 90s);
  EXPECT_EQ(policy->deadline, 2h);
  EXPECT_EQ(policy->name, "customer_lag:p99.5<=90s:2h");
  EXPECT_EQ(find_policy("distribution_lag:p100<=60m", {})->deadline, 60min);
}

TEST(FindPolicy, SaysWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"golden", "no SLA policy 'golden'; there are: contract, icann, or LAG:p"},
      {"", "no SLA policy ''"},
      {"lag:p95<=60m", "the lag is none of customer_lag, incoming_lag, distribution_lag"},
      {"incoming_lag<=60m", "no ':' after the lag"},
      {"incoming_lag:95<=60m", "the percentile is not like p95"},
      {"incoming_lag:p<=60m", "the percentile is not like p95"},
      {"incoming_lag:pnan<=60m", "percentile"},
      {"incoming_lag:p0<=60m", "percentile 0 is not above 0 and at most 100"},
      {"incoming_lag:p100.1<=60m", "percentile 100.1 is not above 0"},
      {"incoming_lag:p95<=", "a number is missing"},
      {"incoming_lag:p95<=60", "a unit is missing"},
      {"incoming_lag:p95<=0s", "limit is not above 0"},
      {"incoming_lag:p95<=60m:", "a number is missing"},
      {"incoming_lag:p95<=60m:59m", "deadline 59m is shorter than limit 1h"},
      {"incoming_lag:p95<=60m:2h:3h", "is no duration"},
  };
  const Policy own{.name = "contract", .limit = 60min, .deadline = 60min};
  for (const auto& [text, what] : cases) {
    const auto policy = find_policy(text, {own});
    ASSERT_FALSE(policy) << text;
    EXPECT_THAT(policy.error(), HasSubstr(what));
    EXPECT_EQ(policy.error().find('\n'), std::string::npos);
  }
}

TEST(ReadyMadePolicies, AreSound) {
  for (const Policy& policy : ready_made_policies()) EXPECT_EQ(defect_of(policy), std::nullopt) << policy.name;
}

}  // namespace
}  // namespace zonelag::aggregator
