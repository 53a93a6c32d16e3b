#include "sensor/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <tuple>

namespace zonelag::sensor {
namespace {

using decoder::Packet;
using testing::ElementsAre;

// Packets at the given times, in batches of the given size; overwrites a batch when the next is asked for.
class FakeSource : public PacketSource {
 public:
  explicit FakeSource(std::vector<std::int64_t> times, std::size_t batch = 3)
      : times_(std::move(times)), batch_(batch) {}
  std::span<const Packet> next_batch() override {
    for (auto& packet : handed_out_) packet.number = 0;
    handed_out_.clear();
    while (at_ < times_.size() && handed_out_.size() < batch_) {
      Packet packet;
      packet.time = decoder::Timestamp(decoder::Duration(times_[at_]));
      packet.number = ++at_;
      handed_out_.push_back(packet);
    }
    return handed_out_;
  }
  std::span<const CaptureProblem> problems() const override { return {}; }
  std::uint64_t bytes_read() const override { return at_; }
  std::uint64_t total_bytes() const override { return times_.size(); }

 private:
  std::vector<std::int64_t> times_;
  std::size_t batch_;
  std::size_t at_ = 0;
  std::vector<Packet> handed_out_;
};

using Times = std::vector<std::int64_t>;

MergedSource merged(std::vector<Times> all, std::size_t batch = 3) {
  std::vector<std::unique_ptr<PacketSource>> sources;
  for (auto& times : all) sources.push_back(std::make_unique<FakeSource>(std::move(times), batch));
  return MergedSource(std::move(sources));
}

struct Place {
  std::int64_t time;
  std::size_t source;
  std::uint64_t number;
  friend bool operator==(const Place&, const Place&) = default;
};

std::ostream& operator<<(std::ostream& out, const Place& place) {
  return out << place.time << "/" << place.source << "#" << place.number;
}

std::vector<Place> order_of(MergedSource source) {
  std::vector<Place> places;
  for (Run run = source.next_run(); !run.packets.empty(); run = source.next_run()) {
    for (const auto& packet : run.packets) {
      places.push_back({packet.time.time_since_epoch().count(), run.source, packet.number});
    }
  }
  return places;
}

std::vector<std::size_t> run_lengths(MergedSource source) {
  std::vector<std::size_t> lengths;
  for (Run run = source.next_run(); !run.packets.empty(); run = source.next_run())
    lengths.push_back(run.packets.size());
  return lengths;
}

TEST(Merge, NothingGivesNothing) {
  EXPECT_TRUE(order_of(merged({})).empty());
  EXPECT_TRUE(order_of(merged({{}, {}})).empty());
  auto ended = merged({{1}});
  EXPECT_EQ(ended.next_run().packets.size(), 1U);
  EXPECT_TRUE(ended.next_run().packets.empty());
  EXPECT_TRUE(ended.next_run().packets.empty());
}

TEST(Merge, OneSourceComesInItsBatches) {
  EXPECT_THAT(run_lengths(merged({{9, 1, 5, 2, 2, 7, 1}})), ElementsAre(3, 3, 1));
}

TEST(Merge, ByTimeThenByArgumentOrder) {
  EXPECT_THAT(order_of(merged({{2, 5, 5}, {1, 5}, {5, 6}})),
              ElementsAre(Place{1, 1, 1}, Place{2, 0, 1}, Place{5, 0, 2}, Place{5, 0, 3}, Place{5, 1, 2},
                          Place{5, 2, 1}, Place{6, 2, 2}));
}

TEST(Merge, LongRunsComeWhole) {
  EXPECT_THAT(run_lengths(merged({{1, 2, 3, 4}, {100, 200}, {50, 60, 101}}, 10)), ElementsAre(4, 2, 1, 1, 1));
}

TEST(Merge, ASourcesOwnOrderIsKept) {
  // 4 comes after 9 in its source, so it waits for 9, and then goes before everything else.
  EXPECT_THAT(
      order_of(merged({{1, 9, 4, 12}, {5, 10}})),
      ElementsAre(Place{1, 0, 1}, Place{5, 1, 1}, Place{9, 0, 2}, Place{4, 0, 3}, Place{10, 1, 2}, Place{12, 0, 4}));
}

TEST(Merge, ExtremeTimes) {
  constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  EXPECT_THAT(order_of(merged({{kMax}, {kMin, kMax}})),
              ElementsAre(Place{kMin, 1, 1}, Place{kMax, 0, 1}, Place{kMax, 1, 2}));
}

TEST(Merge, ManySourcesAsASortWouldPutThem) {
  std::mt19937_64 random(7);
  for (const std::size_t sources : {2U, 3U, 7U, 200U}) {
    std::vector<Times> all(sources);
    std::vector<Place> expected;
    for (std::size_t source = 0; source < sources; ++source) {
      std::int64_t time = 0;
      for (std::uint64_t number = 1; number <= 40; ++number) {
        time += static_cast<std::int64_t>(random() % 4);
        all[source].push_back(time);
        expected.push_back({time, source, number});
      }
    }
    std::sort(expected.begin(), expected.end(), [](const Place& left, const Place& right) {
      return std::tie(left.time, left.source, left.number) < std::tie(right.time, right.source, right.number);
    });
    EXPECT_EQ(order_of(merged(all)), expected);
  }
}

TEST(Merge, ProgressIsTheSum) {
  auto source = merged({{1, 2}, {3}});
  EXPECT_EQ(source.total_bytes(), 3U);
  while (!source.next_run().packets.empty()) {
  }
  EXPECT_EQ(source.bytes_read(), 3U);
  EXPECT_EQ(merged({{1}, {}}).total_bytes(), 0U);  // one does not know
}

}  // namespace
}  // namespace zonelag::sensor
