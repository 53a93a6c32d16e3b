#include "record_judge.h"

#include <gtest/gtest.h>

#include <chrono>

#include "aggregator/partition.h"
#include "proto/codec.h"
#include "stray_header.h"

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;

constexpr decoder::Timestamp kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 12h;
constexpr std::uint32_t kPartitions = 7;

decoder::Event notify(std::string_view zone, decoder::Timestamp at) {
  decoder::Event event;
  event.sensor_id = "s1";
  event.captured_at = at;
  event.zone = *decoder::ZoneName::parse(zone);
  event.body = decoder::Notify{.serial = decoder::Serial(1)};
  return event;
}

Judgement judged(const decoder::Event& event, std::uint32_t partition) {
  return judge(proto::encode(event), partition, {.partitions = kPartitions, .latest_event = kNow + 1h});
}

std::uint32_t home(std::string_view zone) { return partition_of(key_hash(zone), kPartitions); }

std::string reason(const Judgement& judgement) {
  const auto* poison = std::get_if<Poison>(&judgement);
  return poison == nullptr ? "" : poison->reason;
}

TEST(RecordJudge, AnEventAtHome) {
  const decoder::Event event = notify("example.at", kNow);
  const Judgement judgement = judged(event, home("example.at"));
  ASSERT_TRUE(std::holds_alternative<decoder::Event>(judgement));
  EXPECT_EQ(std::get<decoder::Event>(judgement), event);
}

TEST(RecordJudge, EveryOtherPartitionIsNotHome) {
  for (std::uint32_t partition = 0; partition < kPartitions; ++partition) {
    const Judgement judgement = judged(notify("example.at", kNow), partition);
    EXPECT_EQ(std::holds_alternative<Stray>(judgement), partition != home("example.at")) << partition;
  }
}

TEST(RecordJudge, AHeartbeatsHomeIsTheRoots) {
  decoder::Event event = notify(".", kNow);
  event.body = decoder::Status{};
  EXPECT_TRUE(std::holds_alternative<decoder::Event>(judged(event, home("."))));
  EXPECT_TRUE(std::holds_alternative<Stray>(judged(event, home(".") + 1)));
}

TEST(RecordJudge, TheFutureBeginsBehindTheLatest) {
  EXPECT_EQ(reason(judged(notify("example.at", kNow + 1h), home("example.at"))), "");
  EXPECT_EQ(reason(judged(notify("example.at", kNow + 1h + 1ns), home("example.at"))),
            "event: captured_at: 2026-11-20T13:00:00.000000001Z is in the future");
  EXPECT_NE(reason(judged(notify("example.at", kNow + 100h), home("example.at"))), "");
}

TEST(RecordJudge, ThePastEndsWith2000) {
  constexpr decoder::Timestamp kFirst = std::chrono::sys_days{std::chrono::year{2000} / 1 / 1};
  EXPECT_EQ(reason(judged(notify("example.at", kFirst), home("example.at"))), "");
  EXPECT_EQ(reason(judged(notify("example.at", kFirst - 1ns), home("example.at"))),
            "event: captured_at: 1999-12-31T23:59:59.999999999Z is before 2000");
}

TEST(RecordJudge, EveryTimeInAnEventIsLookedAt) {
  const auto told = [](decltype(decoder::Event::body) body) {
    decoder::Event event = notify("example.at", kNow);
    event.body = std::move(body);
    return reason(judged(event, home("example.at")));
  };
  constexpr decoder::Timestamp kLate = kNow + 1h + 1ns;
  constexpr decoder::Timestamp kEarly = std::chrono::sys_days{std::chrono::year{1999} / 12 / 31};
  EXPECT_EQ(told(decoder::Notify{.first_sent = kLate}),
            "event: notify.first_sent: 2026-11-20T13:00:00.000000001Z is in the future");
  EXPECT_EQ(told(decoder::Transfer{.first_packet = kEarly}),
            "event: transfer.first_packet: 1999-12-31T00:00:00.000000000Z is before 2000");
  EXPECT_EQ(told(decoder::Transfer{.first_packet = kNow, .last_packet = kLate}),
            "event: transfer.last_packet: 2026-11-20T13:00:00.000000001Z is in the future");
  EXPECT_EQ(told(decoder::Served{.previous_last_seen = kEarly}),
            "event: served.previous_last_seen: 1999-12-31T00:00:00.000000000Z is before 2000");
  EXPECT_EQ(told(decoder::Served{.previous_last_seen = kNow}), "");
}

TEST(RecordJudge, ATimeThatIsNotKnownIsNone) {
  decoder::Event event = notify("example.at", kNow);
  EXPECT_EQ(reason(judged(event, home("example.at"))), "");
  event.body = decoder::Transfer{};
  EXPECT_EQ(reason(judged(event, home("example.at"))), "");
}

TEST(RecordJudge, ASensorsNameHasAnEnd) {
  decoder::Event event = notify("example.at", kNow);
  event.sensor_id = std::string(255, 's');
  EXPECT_EQ(reason(judged(event, home("example.at"))), "");
  event.sensor_id += 's';
  EXPECT_EQ(reason(judged(event, home("example.at"))), "event: sensor_id: longer than 255 bytes");
}

TEST(RecordJudge, PoisonIsPoisonWhereverItLies) {
  for (std::uint32_t partition = 0; partition < kPartitions; ++partition) {
    EXPECT_EQ(reason(judge("\xff\xff", partition, {kPartitions, kNow})), "event: not protobuf");
    EXPECT_NE(reason(judge("", partition, {kPartitions, kNow})), "");
  }
}

TEST(StrayHeader, IsReadAsWritten) {
  const auto [name, value] = stray_header({3, 24});
  EXPECT_EQ(name, "zonelag-stray");
  EXPECT_EQ(value, "3/24");
  const auto path = parse_stray(value);
  ASSERT_TRUE(path);
  EXPECT_EQ(path->hops, 3U);
  EXPECT_EQ(path->layout, 24U);
}

TEST(StrayHeader, AnythingElseIsNone) {
  for (const char* text : {"", "/", "3", "3/", "/24", "3/24 ", " 3/24", "-1/24", "3/24/1", "99999999999/1", "x/y"}) {
    EXPECT_FALSE(parse_stray(text)) << text;
  }
}

}  // namespace
}  // namespace zonelag::aggregator
