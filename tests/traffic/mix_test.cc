#include "traffic/mix.h"

#include <gtest/gtest.h>

#include <map>

#include "packet_reader.h"
#include "traffic/message_builder.h"

namespace zonelag::traffic {
namespace {

struct Capture {
  MixResult result;
  MemorySink sink;
};

void run(Capture& capture, const MixOptions& options) {
  Progress silent;
  capture.result = write_mix(options, capture.sink, silent);
}

std::map<std::string, std::uint64_t> classes_of(const Summary& summary) {
  return {summary.classes.begin(), summary.classes.end()};
}

MixOptions stepping() {
  return {.packets = 40'000, .packets_per_second = 10'000, .v6_percent = 30, .period = std::chrono::seconds{1}};
}

TEST(Mix, EqualArgumentsGiveEqualPackets) {
  Capture first, second, other;
  run(first, stepping());
  run(second, stepping());
  EXPECT_EQ(first.sink.all(), second.sink.all());
  MixOptions seeded = stepping();
  seeded.seed = 2;
  run(other, seeded);
  EXPECT_NE(first.sink.all(), other.sink.all());
}

TEST(Mix, HasTheSharesAskedFor) {
  Capture mix;
  run(mix, {.packets = 200 * 2048});
  const auto classes = classes_of(mix.result.summary);
  const auto share = [&](const char* name) { return static_cast<double>(classes.at(name)) / (100.0 * 2048); };
  EXPECT_NEAR(share("answer"), 0.62, 0.001);
  EXPECT_NEAR(share("nxdomain"), 0.20, 0.001);
  EXPECT_NEAR(share("nodata"), 0.08, 0.001);
  EXPECT_NEAR(share("referral"), 0.08, 0.001);
  EXPECT_NEAR(share("soa"), 0.01, 0.001);
  EXPECT_NEAR(share("notify"), 0.01, 0.001);
  EXPECT_EQ(classes.at("notify"), classes.at("notify_ack"));
  EXPECT_EQ(mix.result.summary.packets, mix.sink.all().size());
}

/// What a reader of the packets would call the truth.
std::map<std::pair<std::string, std::uint32_t>, std::pair<Time, Time>> truth_of(const MemorySink& sink) {
  std::map<std::pair<std::string, std::uint32_t>, std::pair<Time, Time>> truth;
  for (const auto& frame : sink.all()) {
    const auto packet = read_packet(frame.bytes);
    EXPECT_TRUE(packet && packet->checksums_right && packet->protocol == kProtocolUdp);
    const auto message = read_message(packet->payload);
    EXPECT_TRUE(message && message->questions.size() == 1);
    for (const ReadRecord& record : message->records) {
      if (record.type != static_cast<std::uint16_t>(RrType::kSoa)) continue;
      auto& [notify, answer] = truth[{record.owner, record.serial}];
      Time& first = (message->flags & kFlagResponse) != 0 ? answer : notify;
      if (first == Time{}) first = frame.time;
    }
  }
  return truth;
}

TEST(Mix, TheTruthIsWhatIsInThePackets) {
  Capture mix;
  run(mix, stepping());
  const auto seen = truth_of(mix.sink);
  ASSERT_EQ(seen.size(), mix.result.truth.size());
  for (const MixTruth& row : mix.result.truth) {
    const auto found = seen.find({numbered("z", row.zone) + ".example.", row.serial});
    ASSERT_NE(found, seen.end());
    EXPECT_EQ(found->second, std::make_pair(row.first_notify, row.first_answer));
  }
}

TEST(Mix, EachZoneIsNotifiedAndServed) {
  Capture mix;
  run(mix, stepping());
  std::map<std::uint32_t, std::pair<int, int>> versions;
  for (const MixTruth& row : mix.result.truth) {
    versions[row.zone].first += row.first_notify != Time{} ? 1 : 0;
    versions[row.zone].second += row.first_answer != Time{} ? 1 : 0;
  }
  ASSERT_EQ(versions.size(), 64U);
  for (const auto& [zone, count] : versions) {
    EXPECT_GE(count.first, 3) << zone;  // 4 s of a serial each second
    EXPECT_GE(count.second, 3) << zone;
  }
}

TEST(Mix, TruthHasThePrecisionOfTheFile) {
  MixOptions options = stepping();
  options.packets_per_second = 333'333;
  options.tick = std::chrono::microseconds{1};
  Capture mix;
  run(mix, options);
  for (const MixTruth& row : mix.result.truth) {
    EXPECT_EQ(row.first_notify.time_since_epoch().count() % 1000, 0);
    EXPECT_EQ(row.first_answer.time_since_epoch().count() % 1000, 0);
  }
}

TEST(Mix, WeightsAreReadStrictly) {
  EXPECT_EQ(parse_weights("answer=1,notify=20")->notify, 20U);
  EXPECT_EQ(parse_weights("answer=1")->nxdomain, 0U);
  for (const char* wrong : {"", "answer", "answer=", "answer=x", "answer=1x", "other=1", "answer=0", "answer=-1"}) {
    EXPECT_FALSE(parse_weights(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace zonelag::traffic
