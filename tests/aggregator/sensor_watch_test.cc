#include "sensor_watch.h"

#include <gtest/gtest.h>

#include "join_scenario.h"

namespace zonelag::aggregator {
namespace {

Event beat(std::int64_t second, std::uint64_t dropped = 0, std::uint64_t queue_dropped = 0, std::uint64_t boot = 1) {
  decoder::Status status;
  status.dropped = dropped;
  status.version = "1.2";
  status.counters = {{"capture_packets", 9}, {"queue_dropped", queue_dropped}};
  Event event = aggregator::event(kVienna1, second * 1000, status);
  event.boot_id = boot;
  event.sequence = static_cast<std::uint64_t>(second) + 1;
  return event;
}

std::vector<BlindTime> blind(SensorWatch& watch) {
  Changes changes;
  watch.take(changes);
  return changes.blind_times;
}

TEST(SensorWatch, TellsOfEachSensorOnceABatch) {
  SensorWatch watch;
  watch.consume(beat(0));
  watch.consume(beat(10, 7, 3));
  Changes changes;
  watch.take(changes);
  ASSERT_EQ(changes.sensors.size(), 1U);
  EXPECT_EQ(changes.sensors[0].last_seen, at(10'000));
  EXPECT_EQ(changes.sensors[0].last_sequence, 11U);
  EXPECT_EQ(changes.sensors[0].dropped, 4U);  // packets: events that were lost are not
  EXPECT_EQ(changes.sensors[0].version, "1.2");
}

TEST(SensorWatch, LossesMakeTheTimeSinceTheLastBeatBlind) {
  SensorWatch watch;
  for (const Event& event : {beat(0, 5), beat(10, 5), beat(20, 12, 3)}) watch.consume(event);
  const auto times = blind(watch);
  ASSERT_EQ(times.size(), 2U);
  EXPECT_EQ(times[0].kind, Blindness::dropped_packets);
  EXPECT_EQ(times[0].lost, 4U);
  EXPECT_EQ(times[0].from, at(10'000));
  EXPECT_EQ(times[0].until, at(20'000));
  EXPECT_EQ(times[1].kind, Blindness::lost_events);
  EXPECT_EQ(times[1].lost, 3U);
}

TEST(SensorWatch, SilenceIsMoreThanThreeBeats) {
  SensorWatch watch;
  for (const Event& event : {beat(0), beat(10), beat(40)}) watch.consume(event);
  EXPECT_TRUE(blind(watch).empty());
  watch.consume(beat(71));
  const auto times = blind(watch);
  ASSERT_EQ(times.size(), 1U);
  EXPECT_EQ(times[0].kind, Blindness::silent);
  EXPECT_EQ(times[0].from, at(40'000));
  EXPECT_EQ(times[0].until, at(71'000));
}

TEST(SensorWatch, ANewRunCountsFromNothing) {
  SensorWatch watch;
  for (const Event& event : {beat(0, 50), beat(10, 50), beat(20, 2, 0, 2)}) watch.consume(event);
  const auto times = blind(watch);
  ASSERT_EQ(times.size(), 1U);
  EXPECT_EQ(times[0].lost, 2U);
}

TEST(SensorWatch, RepeatsAndLateBeatsTellNothing) {
  SensorWatch watch;
  for (const Event& event : {beat(10, 1), beat(20, 2), beat(10, 1), beat(20, 2), beat(15, 9)}) watch.consume(event);
  EXPECT_EQ(blind(watch).size(), 1U);
}

// Another goes on with what is written, as if there had been one alone.
TEST(SensorWatch, GoesOnWithWhatIsWritten) {
  SensorWatch first;
  for (const Event& event : {beat(0), beat(10), beat(20, 9, 5)}) first.consume(event);
  Changes written;
  first.take(written);
  SensorWatch second;
  second.restore(written.sensors);
  for (const Event& event : {beat(20, 9, 5), beat(60, 12, 6)}) second.consume(event);
  const auto times = blind(second);
  ASSERT_EQ(times.size(), 3U);
  EXPECT_EQ(times[0].kind, Blindness::silent);
  EXPECT_EQ(times[1].kind, Blindness::dropped_packets);
  EXPECT_EQ(times[1].lost, 2U);
  EXPECT_EQ(times[2].kind, Blindness::lost_events);
  EXPECT_EQ(times[2].lost, 1U);
  for (const BlindTime& time : times) EXPECT_EQ(time.from, at(20'000));
}

TEST(SensorWatch, WhatItKnowsIsNotReplaced) {
  SensorWatch watch;
  watch.consume(beat(0));
  Changes written;
  watch.take(written);
  watch.consume(beat(10));
  watch.restore(written.sensors);
  watch.consume(beat(20, 3));
  EXPECT_EQ(blind(watch).at(0).from, at(10'000));
}

TEST(SensorWatch, WhatWasNotWrittenIsToldAgain) {
  SensorWatch watch;
  watch.consume(beat(0));
  Changes written;
  watch.take(written);
  watch.consume(beat(10, 4));
  watch.forget();
  EXPECT_TRUE(blind(watch).empty());
  watch.restore(written.sensors);
  watch.consume(beat(10, 4));
  EXPECT_EQ(blind(watch).size(), 1U);
}

TEST(SensorWatch, BeatsThatAnotherProcessSawAreNoSilence) {
  SensorWatch watch;
  for (const Event& event : {beat(0), beat(10), beat(20)}) watch.consume(event);
  blind(watch);
  watch.forget();
  for (const Event& event : {beat(90), beat(100), beat(110, 3)}) watch.consume(event);
  const auto times = blind(watch);
  ASSERT_EQ(times.size(), 1U);
  EXPECT_EQ(times[0].kind, Blindness::dropped_packets);
  EXPECT_EQ(times[0].from, at(100'000));
}

}  // namespace
}  // namespace zonelag::aggregator
