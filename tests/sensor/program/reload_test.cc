#include "service/reload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "service/settings_toml.h"
#include "settings_samples.h"

namespace zonelag::sensor {
namespace {

using service::compare_for_reload;
using service::Origins;
using service::reloaded;
using service::ReloadResult;
using testing::ElementsAre;
using testing::IsEmpty;

// What the manual promises of SIGHUP.
const std::set<std::string_view> kReloadable{
    "sensor.heartbeat", "capture.addresses",  "capture.servers", "signals.notify", "signals.transfer",
    "signals.served",   "signals.stamps",     "spool.max_size",  "spool.max_age",  "spool.sync",
    "spool.memory",     "spool.segment_size", "log.format",      "log.level"};

SensorConfig sampled(const Sample& sample) {
  SensorConfig config;
  Origins origins;
  EXPECT_TRUE(parse_settings(settings(), file_of(sample.key, sample.toml), "s.toml", config, origins));
  return config;
}

TEST(Reload, NothingChanged) {
  const ReloadResult result = compare_for_reload(settings(), SensorConfig{}, SensorConfig{});
  EXPECT_THAT(result.now, IsEmpty());
  EXPECT_THAT(result.restart, IsEmpty());
}

TEST(Reload, EachSettingNowOrAtTheNextStart) {
  for (const Sample& sample : samples()) {
    SCOPED_TRACE(sample.key);
    const SensorConfig wanted = sampled(sample);
    const ReloadResult result = compare_for_reload(settings(), SensorConfig{}, wanted);
    const bool now = kReloadable.contains(sample.key);
    EXPECT_THAT(now ? result.now : result.restart, ElementsAre(sample.key));
    EXPECT_THAT(now ? result.restart : result.now, IsEmpty());
    EXPECT_EQ(sample.kept(reloaded(settings(), SensorConfig{}, wanted)), now);
    EXPECT_FALSE(sample.kept(reloaded(settings(), wanted, SensorConfig{})) && now);
  }
}

TEST(Reload, WhatNeedsARestartStaysAsItIs) {
  SensorConfig running;
  running.id = "a";
  SensorConfig wanted;
  wanted.id = "b";
  wanted.log_level = "debug";
  const SensorConfig result = reloaded(settings(), running, wanted);
  EXPECT_EQ(result.id, "a");
  EXPECT_EQ(result.log_level, "debug");
}

}  // namespace
}  // namespace zonelag::sensor
