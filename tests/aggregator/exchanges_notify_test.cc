#include "aggregator/exchanges.h"

#include <gtest/gtest.h>

#include <vector>

#include "aggregator/row_json.h"
#include "exchange_scenario.h"

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;
using decoder::Event;
using decoder::IpAddress;
using decoder::Notify;
using decoder::Serial;

TEST(Notifies, ARequestAndItsAnswerAreOneRow) {
  const auto rows = notifies_of({request(kNoon, kNoon), answer(kNoon, kNoon + 1ms)});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(to_json(rows[0]),
            R"({"record":"notify","zone":"example.at","from":"10.53.0.30","to":"10.53.0.41","serial":2,)"
            R"("sent_at":"2026-11-20T12:00:00.000000000Z","attempts":1,"answered_at":"2026-11-20T12:00:00.001000000Z",)"
            R"("rcode":"NOERROR","transport":"udp"})");
}

TEST(Notifies, UnansweredHasNoRcode) {
  const auto rows = notifies_of({request(kNoon, kNoon)});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_FALSE(rows[0].answered_at);
  EXPECT_FALSE(rows[0].rcode);
}

// BIND: the same id at 0, 5 and 10 s.
TEST(Notifies, RetriesAreAttemptsOfOneRow) {
  const auto rows = notifies_of({request(kNoon, kNoon), request(kNoon, kNoon + 5s, {.attempt = 2}),
                                 request(kNoon, kNoon + 10s, {.attempt = 3}), answer(kNoon, kNoon + 10s + 1ms)});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].attempts, 3U);
  EXPECT_EQ(rows[0].sent_at, kNoon);
  EXPECT_EQ(rows[0].answered_at, kNoon + 10s + 1ms);
}

// NSD: a new id with each try; the answer names the last.
TEST(Notifies, RetriesWithNewIdsToo) {
  const auto rows =
      notifies_of({request(kNoon, kNoon), request(kNoon, kNoon + 3s, {.id = 10, .attempt = 2}),
                   request(kNoon, kNoon + 6s, {.id = 11, .attempt = 3}), answer(kNoon, kNoon + 6s + 1ms, 11, 5)});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].attempts, 3U);
  EXPECT_EQ(rows[0].answered_at, kNoon + 6s + 1ms);
  EXPECT_EQ(rows[0].rcode, 5);
}

TEST(Notifies, ThreeSensorsSeeOne) {
  const auto rows =
      notifies_of({request(kNoon + 2ms, kNoon + 2ms), answer(kNoon + 2ms, kNoon + 3ms), request(kNoon, kNoon),
                   answer(kNoon, kNoon + 5ms), request(kNoon + 1ms, kNoon + 1ms), answer(kNoon + 1ms, kNoon + 4ms)});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].sent_at, kNoon);
  EXPECT_EQ(rows[0].answered_at, kNoon + 3ms);
  EXPECT_EQ(rows[0].attempts, 1U);
}

TEST(Notifies, TheSameSerialAnewIsAnotherRow) {
  const auto later = [](decoder::Duration after) {
    return notifies_of({request(kNoon, kNoon), answer(kNoon, kNoon + 1ms),
                        request(kNoon + after, kNoon + after, {.id = 77}),
                        answer(kNoon + after, kNoon + after + 2ms, 77)});
  };
  EXPECT_EQ(later(60s).size(), 1U);
  EXPECT_EQ(later(60s + 1ns).size(), 2U);
  const auto rows = later(1h);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].answered_at, kNoon + 1ms);
  EXPECT_EQ(rows[1].answered_at, kNoon + 1h + 2ms);
}

// A sensor that began late takes a retry for the first attempt.
TEST(Notifies, ARetryOfTheSameExchangeIsNoOtherRow) {
  std::vector<Event> events;
  for (std::uint32_t i = 0; i < 4; ++i) events.push_back(request(kNoon, kNoon + i * 25s, {.attempt = i + 1}));
  events.push_back(request(kNoon + 75s, kNoon + 75s));
  const auto rows = notifies_of(events);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].attempts, 4U);
}

TEST(Notifies, SerialsTellRowsApart) {
  const auto rows =
      notifies_of({request(kNoon, kNoon), request(kNoon + 1s, kNoon + 1s, {.id = 10, .serial = Serial(3)}),
                   answer(kNoon + 1s, kNoon + 2s, 10, 9)});
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_FALSE(rows[0].rcode);
  EXPECT_EQ(rows[1].rcode, 9);
}

// PowerDNS: no serial; a mirror port's sensor did not see what came of it.
TEST(Notifies, WithoutSerialShowsTheOneThatAnsweredIt) {
  const auto rows = notifies_of({request(kNoon, kNoon, {.serial = {}}),
                                 request(kNoon, kNoon, {.serial = {}, .answered_with = Serial(2)}),
                                 request(kNoon + 1ms, kNoon + 1ms, {.serial = {}})});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].serial, Serial(2));
}

TEST(Notifies, WithoutSerialTheIdTellsThemApart) {
  const auto rows = notifies_of({request(kNoon, kNoon, {.serial = {}, .answered_with = Serial(2)}),
                                 request(kNoon + 1s, kNoon + 1s, {.id = 10, .serial = {}, .answered_with = Serial(3)}),
                                 answer(kNoon + 1s, kNoon + 2s, 10), answer(kNoon, kNoon + 3s)});
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].serial, Serial(2));
  EXPECT_EQ(rows[0].answered_at, kNoon + 3s);
  EXPECT_EQ(rows[1].serial, Serial(3));
  EXPECT_EQ(rows[1].answered_at, kNoon + 2s);
}

// A sender that uses one port and one id for everything.
TEST(Notifies, AnAnswerBelongsToTheRequestItNames) {
  const auto rows = notifies_of({request(kNoon, kNoon), request(kNoon + 1s, kNoon + 1s, {.serial = Serial(3)}),
                                 answer(kNoon + 1s, kNoon + 1s + 1ms), answer(kNoon, kNoon + 2s, 9, 5)});
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].answered_at, kNoon + 2s);
  EXPECT_EQ(rows[0].rcode, 5);
  EXPECT_EQ(rows[1].answered_at, kNoon + 1s + 1ms);
  EXPECT_EQ(rows[1].rcode, 0);
}

// Its sensor did not see the request, so it carries its own time.
TEST(Notifies, AnAnswerSeenAloneBelongsToTheLatestRequest) {
  const auto answered = [](decoder::Duration after) {
    return notifies_of({request(kNoon, kNoon), answer(kNoon + after, kNoon + after)}).at(0).answered_at;
  };
  EXPECT_EQ(answered(3ms), kNoon + 3ms);
  EXPECT_EQ(answered(60s), kNoon + 60s);
  EXPECT_EQ(answered(60s + 1ns), std::nullopt);
  EXPECT_EQ(answered(-1ns), std::nullopt);
  EXPECT_TRUE(notifies_of({answer(kNoon, kNoon)}).empty());
}

TEST(Notifies, ADatagramOfAnotherHostIsNoAnswer) {
  Event foreign = answer(kNoon, kNoon + 1ms);
  foreign.source.address = *IpAddress::parse("10.53.0.99");
  EXPECT_FALSE(notifies_of({request(kNoon, kNoon), foreign}).at(0).answered_at);
  foreign = answer(kNoon, kNoon + 1ms);
  foreign.destination.port = 1;
  EXPECT_FALSE(notifies_of({request(kNoon, kNoon), foreign}).at(0).answered_at);
  EXPECT_FALSE(notifies_of({request(kNoon, kNoon), answer(kNoon, kNoon + 1ms, 10)}).at(0).answered_at);
}

TEST(Notifies, OtherQueryTypesAreCounted) {
  Event other = request(kNoon, kNoon);
  std::get<Notify>(other.body).query_type = 59;  // CDS, RFC 9859
  const ExchangeLog log = log_of({other, request(kNoon, kNoon)});
  int rows = 0;
  log.for_each_notify([&](const NotifyRow&) { ++rows; });
  EXPECT_EQ(rows, 1);
  EXPECT_EQ(log.counters().other_query_type, 1U);
  EXPECT_EQ(log.counters().notify_events, 2U);
}

TEST(Notifies, BeyondTheLimitTheEarliestGo) {
  ExchangeLog log({.max_notify_views = 1});
  log.consume(request(kNoon + 1h, kNoon + 1h));
  EXPECT_EQ(log.counters().notify_views_evicted, 0U);
  log.consume(request(kNoon, kNoon));
  EXPECT_EQ(log.counters().notify_views_evicted, 1U);
  log.for_each_notify([](const NotifyRow& row) { EXPECT_EQ(row.sent_at, kNoon + 1h); });
}

}  // namespace
}  // namespace zonelag::aggregator
