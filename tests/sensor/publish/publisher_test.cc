#include "sensor/publish/publisher.h"

#include <gmock/gmock.h>

#include <numeric>
#include <random>
#include <set>

#include "fake_producer.h"
#include "proto/codec.h"
#include "spool_fixture.h"

namespace zonelag::sensor {
namespace {

using testing::ElementsAre;
using Fate = FakeProducer::Fate;
constexpr std::chrono::milliseconds kWait{7};

class PublisherTest : public SpoolTest {
 protected:
  void SetUp() override { restart(); }
  void restart() {
    publisher_.reset();
    open();
    publisher_ = std::make_unique<Publisher>(*spool_, producer_, clock_);
  }
  std::vector<decoder::Event> events(std::size_t count) {
    std::vector<decoder::Event> made(count);
    for (auto& event : made) {
      event.sequence = ++sequence_;
      event.captured_at = clock_.now();
      event.zone = *decoder::ZoneName::parse("example.org");
      event.body = decoder::Stamp{.owner = "a", .value = "b"};
    }
    return made;
  }
  void step(std::size_t count = 0) { publisher_->step(events(count), kWait); }
  std::vector<std::uint64_t> arrived() const {
    std::vector<std::uint64_t> sequences;
    for (const auto& record : producer_.arrived_) sequences.push_back(proto::decode(record.value)->sequence);
    return sequences;
  }

  FakeProducer producer_;
  std::unique_ptr<Publisher> publisher_;
  std::uint64_t sequence_ = 0;
};

TEST_F(PublisherTest, DeliversInOrderByZone) {
  step(3);
  EXPECT_THAT(arrived(), ElementsAre(1, 2, 3));
  EXPECT_EQ(producer_.arrived_[0].key, "example.org");
  EXPECT_TRUE(publisher_->drained());
  EXPECT_EQ(publisher_->figures().encoded, 3U);
  EXPECT_EQ(spool_->figures().waiting_records, 0U);
}

TEST_F(PublisherTest, SpoolsAtOnceWhileTheProducerIsFull) {
  producer_.full = [] { return true; };
  for (int i = 0; i < 5; ++i) step(10);
  EXPECT_EQ(producer_.last_wait_, kWait);
  EXPECT_EQ(spool_->figures().waiting_records, 50U);
  EXPECT_FALSE(publisher_->drained());
  open_copy();  // and there they are after kill -9
  EXPECT_EQ(spool_->figures().recovered, 50U);
  publisher_ = std::make_unique<Publisher>(*spool_, producer_, clock_);
  producer_.full = [] { return false; };
  step();
  std::vector<std::uint64_t> all(50);
  std::iota(all.begin(), all.end(), 1);
  EXPECT_EQ(arrived(), all);
  EXPECT_TRUE(publisher_->drained());
}

TEST_F(PublisherTest, LetsGoOnlyUpToTheFirstThatIsUnderWay) {
  producer_.fate = [](std::uint64_t index) { return index == 2 ? Fate::hold : Fate::deliver; };
  step(5);
  EXPECT_EQ(spool_->figures().waiting_records, 4U);
  EXPECT_FALSE(publisher_->drained());
  producer_.fate = [](std::uint64_t) { return Fate::deliver; };
  step();
  EXPECT_EQ(spool_->figures().waiting_records, 0U);
  EXPECT_TRUE(publisher_->drained());
  EXPECT_EQ(publisher_->figures().rewinds, 0U);
}

TEST_F(PublisherTest, SendsAgainFromTheFirstThatFailed) {
  producer_.fate = [](std::uint64_t index) { return index == 3 ? Fate::fail : Fate::deliver; };
  step(4);
  EXPECT_EQ(producer_.resets_, 1);
  EXPECT_EQ(publisher_->figures().rewinds, 1U);
  EXPECT_EQ(spool_->figures().waiting_records, 2U);
  producer_.fate = [](std::uint64_t) { return Fate::deliver; };
  step();
  EXPECT_THAT(arrived(), ElementsAre(1, 2, 4, 3, 4));
  EXPECT_TRUE(publisher_->drained());
  EXPECT_EQ(producer_.misuses_, 0);
}

TEST_F(PublisherTest, PassesOverWhatIsRefused) {
  producer_.refuses = [](std::uint64_t index) { return index == 1; };
  producer_.fate = [](std::uint64_t index) { return index == 3 ? Fate::refuse : Fate::deliver; };
  step(4);
  EXPECT_THAT(arrived(), ElementsAre(2, 4));
  EXPECT_EQ(publisher_->figures().refused, 2U);
  EXPECT_EQ(spool_->figures().waiting_records, 0U);
  EXPECT_TRUE(publisher_->drained());
}

TEST_F(PublisherTest, CountsAnEventThatIsLargerThanARecordMayBe) {
  auto made = events(2);
  made[0].body = decoder::Stamp{.owner = "a", .value = std::string(proto::kMaxRecordSize, 'v')};
  publisher_->step(made, kWait);
  EXPECT_THAT(arrived(), ElementsAre(2));
  EXPECT_EQ(publisher_->figures().refused, 1U);
  EXPECT_EQ(spool_->figures().dropped(), 0U);
}

TEST_F(PublisherTest, TimesFromCaptureToAcknowledgement) {
  producer_.fate = [](std::uint64_t) { return Fate::hold; };
  step(1);
  clock_.advance(std::chrono::milliseconds(5));
  step(1);
  clock_.advance(std::chrono::milliseconds(5));
  producer_.fate = [](std::uint64_t) { return Fate::deliver; };
  step();
  const auto& latency = publisher_->figures().latency;
  EXPECT_EQ(latency.counts[0], 1U);  // 5 ms: at the bound
  EXPECT_EQ(latency.counts[1], 1U);  // 10 ms
  EXPECT_NEAR(latency.sum, 0.015, 1e-9);
}

TEST_F(PublisherTest, TimesRepeatsOfThisRunButNoEarlierRun) {
  producer_.full = [] { return true; };
  step(3);
  restart();
  producer_.full = [] { return false; };
  producer_.fate = [](std::uint64_t) { return Fate::fail; };
  step(2);
  producer_.fate = [](std::uint64_t) { return Fate::deliver; };
  clock_.advance(std::chrono::minutes(2));
  step();
  EXPECT_EQ(arrived().size(), 5U);
  const auto& counts = publisher_->figures().latency.counts;
  EXPECT_EQ(counts.back(), 2U);
  EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}), 2U);
}

TEST_F(PublisherTest, DoesNotWaitWhileThereIsMoreToSend) {
  producer_.full = [] { return true; };
  step(12'000);
  producer_.full = [] { return false; };
  producer_.most_ = 100'000;
  step();
  EXPECT_EQ(producer_.last_wait_.count(), 0);
  step();
  EXPECT_EQ(producer_.last_wait_, kWait);
  EXPECT_EQ(arrived().size(), 12'000U);
}

TEST_F(PublisherTest, TakesWhatIsSentNoFurtherThanItMay) {
  producer_.most_ = 1'000'000;
  producer_.fate = [](std::uint64_t index) { return index == 1 ? Fate::hold : Fate::deliver; };
  for (int i = 0; i < 70; ++i) step(1000);
  EXPECT_EQ(arrived().size(), 50'000U - 1);
  producer_.fate = [](std::uint64_t) { return Fate::deliver; };
  for (int i = 0; i < 10; ++i) step();
  EXPECT_EQ(arrived().size(), 70'000U);
  EXPECT_TRUE(publisher_->drained());
}

TEST_F(PublisherTest, AtLeastOnceAndInOrderWhateverHappens) {
  std::mt19937 random(5);  // NOLINT(bugprone-random-generator-seed,cert-msc51-cpp)
  config_.segment_bytes = 5000;
  restart();
  producer_.most_ = 30;
  producer_.full = [&] { return random() % 20 == 0; };
  producer_.fate = [&](std::uint64_t) {
    const auto dice = random() % 100;
    return dice < 10 ? Fate::hold : dice < 12 ? Fate::fail : dice < 14 ? Fate::lose_acknowledgement : Fate::deliver;
  };
  for (int i = 0; i < 3000; ++i) {
    clock_.advance(std::chrono::milliseconds(20));
    step(random() % 12);
    if (random() % 100 == 0) {
      producer_.reset();
      restart();
    }
  }
  producer_.full = [] { return false; };
  producer_.fate = [](std::uint64_t) { return Fate::deliver; };
  for (int i = 0; i < 10'000 && !publisher_->drained(); ++i) step();
  EXPECT_TRUE(publisher_->drained());
  EXPECT_EQ(producer_.misuses_, 0);
  std::set<std::uint64_t> seen;
  for (const std::uint64_t sequence : arrived()) seen.insert(sequence);
  EXPECT_EQ(seen.size(), sequence_);  // none is missing
  EXPECT_EQ(spool_->figures().waiting_records, 0U);
  spool_->maintain();
  EXPECT_LE(segments_in(folder()).size(), 1U);
}

// A bus that keeps order, as an idempotent producer does: what arrives first of each record is in order.
TEST_F(PublisherTest, KeepsOrderOnABusThatKeepsIt) {
  std::mt19937 random(6);  // NOLINT(bugprone-random-generator-seed,cert-msc51-cpp)
  bool broken = false;
  producer_.fate = [&](std::uint64_t) {
    broken = broken || random() % 50 == 0;
    return broken ? Fate::fail : Fate::deliver;
  };
  for (int i = 0; i < 2000; ++i) {
    step(i < 1500 ? random() % 12 : 0);
    broken = i < 1500 && random() % 10 == 0;
  }
  broken = false;
  producer_.fate = [](std::uint64_t) { return Fate::deliver; };
  for (int i = 0; i < 1000 && !publisher_->drained(); ++i) step();
  std::uint64_t highest = 0;
  for (const std::uint64_t sequence : arrived()) {
    ASSERT_LE(sequence, highest + 1);
    highest = std::max(highest, sequence);
  }
  EXPECT_EQ(highest, sequence_);
  EXPECT_GT(publisher_->figures().rewinds, 0U);
}

}  // namespace
}  // namespace zonelag::sensor
