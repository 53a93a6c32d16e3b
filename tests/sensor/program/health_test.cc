#include "health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "sample_figures.h"

namespace zonelag::sensor {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> reasons(const SensorFigures& figures) { return health_of(figures, kNow).reasons; }

TEST(Health, AWellSensorHasNoReasons) {
  const service::Health health = health_of(sample_figures(), kNow);
  EXPECT_TRUE(health.well());
  EXPECT_THAT(health.notes, ElementsAre("interface e\"t\\h\n1 is down or gone"));
}

TEST(Health, AWorkerThatStandsStill) {
  auto figures = sample_figures();
  figures.workers[1].progress = kNow - seconds(10);
  EXPECT_THAT(reasons(figures), IsEmpty());
  figures.workers[1].progress = kNow - std::chrono::milliseconds(10'001);
  EXPECT_THAT(reasons(figures), ElementsAre("capture worker 1 has made no progress for 10 s"));
  figures.workers[1].ended = true;
  EXPECT_THAT(reasons(figures), ElementsAre("capture worker 1 has ended: nothing more is captured by it"));
}

TEST(Health, AllInterfacesDown) {
  auto figures = sample_figures();
  figures.interfaces[1] = {.name = "eth1", .up = false};
  EXPECT_THAT(reasons(figures), IsEmpty());
  figures.interfaces[0].up = false;
  EXPECT_THAT(reasons(figures), ElementsAre("interface eth0 is down or gone", "interface eth1 is down or gone"));
  figures.interfaces.clear();
  EXPECT_THAT(reasons(figures), IsEmpty()) << "no list of interfaces: nothing is known";
}

TEST(Health, EventsWaitAndNoneIsDelivered) {
  auto figures = sample_figures();
  figures.recent.settled = kNow - seconds(60);
  EXPECT_THAT(reasons(figures), IsEmpty());
  figures.recent.settled = kNow - seconds(61);
  EXPECT_THAT(reasons(figures), ElementsAre("43 events wait, none was delivered for 61 s"));
  figures.producer.problem = "broker1:9092: connection refused";
  EXPECT_THAT(reasons(figures),
              ElementsAre("43 events wait, none was delivered for 61 s: broker1:9092: connection refused"));
  figures.spool.waiting_records = 0;
  EXPECT_THAT(reasons(figures), IsEmpty());
  figures.spool.waiting_records = 43;
  figures.kafka = false;
  EXPECT_THAT(reasons(figures), IsEmpty());
}

TEST(Health, TheSpoolDropsOrItsDiskIsFull) {
  auto figures = sample_figures();
  figures.recent.spool_dropped = kNow - seconds(60);
  EXPECT_THAT(reasons(figures), ElementsAre("the spool gives up events undelivered: 5 since the start"));
  figures.recent.spool_dropped = kNow - seconds(61);
  figures.spool.write_error = ENOSPC;
  EXPECT_THAT(reasons(figures), ElementsAre("the spool's disk takes no events: No space left on device"));
}

TEST(Health, TheClockIsANoteOnly) {
  auto figures = sample_figures();
  figures.interfaces.clear();
  figures.clock.sync = decoder::ClockSync::unknown;
  EXPECT_THAT(health_of(figures, kNow).notes, ElementsAre("the kernel does not say whether the clock is synchronised"));
  figures.clock.sync = decoder::ClockSync::unsynchronised;
  EXPECT_THAT(health_of(figures, kNow).notes,
              ElementsAre("the clock is not synchronised: lags measured here may be wrong"));
  EXPECT_TRUE(health_of(figures, kNow).well());
}

TEST(FigureHistory, KnowsWhenWhatLastChanged) {
  FigureHistory history;
  auto figures = sample_figures();  // drops from before count as new: the first look is soon after the start
  history.note(figures, kNow);
  EXPECT_EQ(figures.recent.settled, kNow);
  EXPECT_EQ(figures.recent.spool_dropped, kNow);
  history.note(figures, kNow + seconds(5));
  EXPECT_EQ(figures.recent.settled, kNow);
  EXPECT_EQ(figures.recent.spool_dropped, kNow);
  ++figures.producer.delivered;
  ++figures.spool.dropped_age;
  ++figures.queue.dropped;
  ++figures.workers[1].capture.dropped;
  history.note(figures, kNow + seconds(7));
  EXPECT_EQ(figures.recent.settled, kNow + seconds(7));
  EXPECT_EQ(figures.recent.spool_dropped, kNow + seconds(7));
  EXPECT_EQ(figures.recent.queue_dropped, kNow + seconds(7));
  EXPECT_EQ(figures.recent.capture_dropped, kNow + seconds(7));
  figures.spool.waiting_records = 0;
  history.note(figures, kNow + seconds(9));
  EXPECT_EQ(figures.recent.settled, kNow + seconds(9));
  EXPECT_EQ(figures.recent.queue_dropped, kNow + seconds(7));
}

}  // namespace
}  // namespace zonelag::sensor
