#include "aggregator/exchanges.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "aggregator/row_json.h"
#include "exchange_scenario.h"

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;
using decoder::Event;
using decoder::IpAddress;
using decoder::Serial;
using decoder::Timestamp;
using decoder::Transfer;
using decoder::TransferFailure;
using decoder::TransferForm;
using decoder::TransferPhase;
using decoder::TransferQuery;
using decoder::Transport;

TEST(Transfers, OneSensorsEventsAreOneRow) {
  const auto rows = transfers_of({event(started(kNoon, kNoon + 1ms)), event(completed(kNoon, kNoon + 2ms))});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(to_json(rows[0]),
            R"({"record":"transfer","zone":"example.at","server":"10.53.0.30","client":"10.53.0.41","asked":"IXFR",)"
            R"("got":"incremental","from_serial":1,"serial":2,"started_at":"2026-11-20T12:00:00.000000000Z",)"
            R"("ended_at":"2026-11-20T12:00:00.002000000Z","messages":1,"records":4,"bytes":312,)"
            R"("outcome":"completed","reason":null,"rcode":null})");
}

TEST(Transfers, WithoutAnEndIsOpen) {
  const auto rows = transfers_of({event(started(kNoon, kNoon + 1ms))});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].outcome, TransferPhase::started);
  EXPECT_FALSE(rows[0].ended_at);
  EXPECT_EQ(rows[0].serial, Serial(2));
}

TEST(Transfers, SeveralSensorsSeeOne) {
  const auto rows = transfers_of({event(completed(kNoon + 1ms, kNoon + 3ms)), event(completed(kNoon, kNoon + 4ms)),
                                  event(completed(kNoon + 2ms, kNoon + 5ms))});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].started_at, kNoon);
  EXPECT_EQ(rows[0].ended_at, kNoon + 3ms);
}

TEST(Transfers, FirstPacketsWithinAMinuteAreOneTransfer) {
  EXPECT_EQ(transfers_of({event(completed(kNoon, kNoon)), event(completed(kNoon + 60s, kNoon + 60s))}).size(), 1U);
  const Timestamp late = kNoon + 60s + 1ns;
  EXPECT_EQ(transfers_of({event(completed(kNoon, kNoon)), event(completed(late, late))}).size(), 2U);
  EXPECT_EQ(transfers_of({event(completed(kNoon, kNoon)), event(completed(kNoon + 1h, kNoon + 1h))}).size(), 2U);
}

// Counted from the first: a chain of transfers, each within the minute of the one before, does not become one.
TEST(Transfers, AChainIsNotOneTransfer) {
  std::vector<Event> events;
  for (int i = 0; i < 4; ++i) events.push_back(event(completed(kNoon + i * 40s, kNoon + i * 40s)));
  EXPECT_EQ(transfers_of(events).size(), 2U);
}

TEST(Transfers, AnythingElseInTheKeyTellsThemApart) {
  const Event first = event(completed(kNoon, kNoon));
  Event other = first;
  other.transport = Transport::udp;
  EXPECT_EQ(transfers_of({first, other}).size(), 2U);
  other = first;
  other.destination.port = 40002;
  EXPECT_EQ(transfers_of({first, other}).size(), 2U);
  other = first;
  std::get<Transfer>(other.body).message_id = 8;
  EXPECT_EQ(transfers_of({first, other}).size(), 2U);
  other = first;
  other.source.address = *IpAddress::parse("10.53.0.31");
  EXPECT_EQ(transfers_of({first, other}).size(), 2U);
  EXPECT_EQ(transfers_of({first, event(completed(kNoon, kNoon), "example.com")}).size(), 2U);
}

TEST(Transfers, CompletedBeatsFailedBeatsOpen) {
  const Event open = event(started(kNoon, kNoon + 1ms));
  const Event gap = event(failed(kNoon + 1ms, kNoon + 9ms, TransferFailure::capture_gap));
  const Event reset = event(failed(kNoon + 2ms, kNoon + 8ms, TransferFailure::reset));
  const Event done = event(completed(kNoon + 3ms, kNoon + 7ms));
  EXPECT_EQ(transfers_of({open, gap}).at(0).reason, TransferFailure::capture_gap);
  EXPECT_EQ(transfers_of({open, gap}).at(0).outcome, TransferPhase::failed);
  const auto known = transfers_of({open, gap, reset});
  ASSERT_EQ(known.size(), 1U);
  EXPECT_EQ(known[0].reason, TransferFailure::reset);
  EXPECT_EQ(known[0].ended_at, kNoon + 8ms);
  const auto whole = transfers_of({open, gap, reset, done});
  ASSERT_EQ(whole.size(), 1U);
  EXPECT_EQ(whole[0].outcome, TransferPhase::completed);
  EXPECT_EQ(whole[0].reason, TransferFailure::none);
  EXPECT_EQ(whole[0].started_at, kNoon);
  EXPECT_EQ(whole[0].ended_at, kNoon + 7ms);
  EXPECT_EQ(whole[0].records, 4U);
}

TEST(Transfers, AnyReasonBeatsACaptureGap) {
  for (int i = 1; i <= static_cast<int>(TransferFailure::truncated); ++i) {
    const auto reason = static_cast<TransferFailure>(i);
    const auto rows = transfers_of(
        {event(failed(kNoon, kNoon, TransferFailure::capture_gap)), event(failed(kNoon + 1ms, kNoon + 1ms, reason))});
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].reason, reason);
  }
}

TEST(Transfers, FiguresOfAGapDoNotReachTheRow) {
  Transfer gap = failed(kNoon, kNoon + 1ms, TransferFailure::capture_gap);
  gap.records = 1'000'000;
  gap.messages = 1000;
  const auto rows = transfers_of({event(gap), event(completed(kNoon + 1ms, kNoon + 2ms))});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].records, 4U);
  EXPECT_EQ(rows[0].messages, 1U);
}

// One sensor began in the middle and saw no query; the other lost part of the answer.
TEST(Transfers, TheQuestionMayComeFromAnotherView) {
  Transfer whole = completed(kNoon + 1ms, kNoon + 2ms);
  whole.asked = TransferQuery::unknown;
  whole.client_serial.reset();
  const auto rows = transfers_of({event(whole), event(failed(kNoon, kNoon + 1ms, TransferFailure::capture_gap))});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].outcome, TransferPhase::completed);
  EXPECT_EQ(rows[0].asked, TransferQuery::ixfr);
  EXPECT_EQ(rows[0].from_serial, Serial(1));
}

TEST(Transfers, ARefusalHasItsRcode) {
  Transfer refused = failed(kNoon, kNoon + 1ms, TransferFailure::refused);
  refused.rcode = 5;
  refused.first_serial.reset();
  const auto rows = transfers_of({event(refused)});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].rcode, 5);
  EXPECT_FALSE(rows[0].serial);
}

// As text: "b.a" lies behind "a.c", although its wire form begins with the same length.
TEST(Transfers, AreSortedByZoneThenTime) {
  const auto rows = transfers_of({event(completed(kNoon, kNoon), "z"), event(completed(kNoon, kNoon), "longer.example"),
                                  event(completed(kNoon + 2h, kNoon + 2h), "z"),
                                  event(completed(kNoon + 1h, kNoon + 1h), "z"), event(completed(kNoon, kNoon), ".")});
  ASSERT_EQ(rows.size(), 5U);
  EXPECT_EQ(rows[0].zone.to_text(), ".");
  EXPECT_EQ(rows[1].zone.to_text(), "longer.example");
  EXPECT_EQ(rows[2].started_at, kNoon);
  EXPECT_EQ(rows[3].started_at, kNoon + 1h);
  EXPECT_EQ(rows[4].started_at, kNoon + 2h);
}

TEST(Transfers, TimesAtTheEndsOfTheRangeAreOnlyTimes) {
  EXPECT_EQ(transfers_of({event(completed(Timestamp::min(), Timestamp::min())),
                          event(completed(Timestamp::max(), Timestamp::max()))})
                .size(),
            2U);
}

TEST(Transfers, BeyondTheLimitTheEarliestGo) {
  const std::vector<Event> events{event(completed(kNoon + 1h, kNoon + 1h)), event(completed(kNoon, kNoon)),
                                  event(completed(kNoon + 2h, kNoon + 2h)), event(completed(kNoon + 3h, kNoon + 3h))};
  ExchangeLog log({.max_transfer_views = 4});
  for (const Event& one : events) log.consume(one);
  EXPECT_EQ(log.counters().transfer_views_evicted, 0U);
  log.consume(event(completed(kNoon + 4h, kNoon + 4h)));
  EXPECT_EQ(log.counters().transfer_views_evicted, 1U);
  log.consume(events[1]);  // too early now
  EXPECT_EQ(log.counters().transfer_views_evicted, 2U);
  std::vector<Timestamp> starts;
  log.for_each_transfer([&](const TransferRow& row) { starts.push_back(row.started_at); });
  EXPECT_EQ(starts, (std::vector<Timestamp>{kNoon + 1h, kNoon + 2h, kNoon + 3h, kNoon + 4h}));
}

TEST(Exchanges, OtherEventsAreNone) {
  Event served;
  served.body = decoder::Served{};
  const ExchangeLog log = log_of({served});
  log.for_each_notify([](const NotifyRow&) { FAIL(); });
  log.for_each_transfer([](const TransferRow&) { FAIL(); });
  EXPECT_EQ(log.counters().notify_events + log.counters().transfer_events, 0U);
}

// Small value ranges, so that everything collides with everything.
class RandomEvents {
 public:
  explicit RandomEvents(std::uint32_t seed) : random_(seed) {}

  std::vector<Event> make(int count) {
    std::vector<Event> events;
    for (int i = 0; i < count; ++i) events.push_back(below(2) == 0 ? transfer() : notify());
    return events;
  }

 private:
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }
  Timestamp time() { return kNoon + below(30) * 10s + below(3) * 1ms; }
  std::optional<Serial> serial() { return below(3) == 0 ? std::nullopt : std::optional(Serial(below(3))); }
  Event transfer() {
    Transfer body;
    body.phase = static_cast<TransferPhase>(below(3));
    body.failure = static_cast<TransferFailure>(below(13));
    body.asked = static_cast<TransferQuery>(below(3));
    body.got = static_cast<TransferForm>(below(5));
    body.message_id = static_cast<std::uint16_t>(below(2));
    body.client_serial = serial();
    body.first_serial = serial();
    body.last_serial = serial();
    body.messages = below(3);
    body.records = below(3);
    body.bytes = below(3);
    body.first_packet = time();
    body.last_packet = time();
    body.rcode = static_cast<std::uint8_t>(below(3));
    return placed(event(body, below(2) == 0 ? "a.example" : "b.example"));
  }
  Event notify() {
    const auto id = static_cast<std::uint16_t>(below(2));
    const std::uint32_t attempt = 1 + below(3);
    if (below(2) == 0) return placed(answer(time(), time(), id, static_cast<std::uint8_t>(below(3))));
    return placed(
        request(time(), time(), {.id = id, .serial = serial(), .attempt = attempt, .answered_with = serial()}));
  }
  Event placed(Event event) {
    event.transport = below(4) == 0 ? Transport::udp : Transport::tcp;
    event.sensor_id = std::to_string(below(3));
    return event;
  }

  std::mt19937 random_;
};

std::string text_of(const std::vector<Event>& events, ExchangeLimits limits) {
  std::string text;
  const ExchangeLog log = log_of(events, limits);
  log.for_each_transfer([&](const TransferRow& row) { text += to_json(row) + '\n'; });
  log.for_each_notify([&](const NotifyRow& row) { text += to_json(row) + '\n'; });
  return text;
}

void expect_same_outcome(ExchangeLimits limits) {
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    std::vector<Event> events = RandomEvents(seed).make(120);
    const std::string expected = text_of(events, limits);
    ASSERT_FALSE(expected.empty());
    std::mt19937 random(seed);
    for (int round = 0; round < 6; ++round) {
      std::vector<Event> again = events;
      again.insert(again.end(), events.begin(), events.begin() + 40L * (round % 3));
      std::ranges::shuffle(again, random);
      ASSERT_EQ(text_of(again, limits), expected) << "seed " << seed;
    }
    // One sensor's events after the other's, as Kafka may deliver them.
    std::ranges::sort(events, {}, &Event::sensor_id);
    ASSERT_EQ(text_of(events, limits), expected) << "seed " << seed;
  }
}

TEST(Exchanges, OrderRepetitionAndDivisionMakeNoDifference) { expect_same_outcome({}); }

TEST(Exchanges, NorDoTheyWhenTheLimitsBite) { expect_same_outcome({.max_transfer_views = 20, .max_notify_views = 20}); }

}  // namespace
}  // namespace zonelag::aggregator
