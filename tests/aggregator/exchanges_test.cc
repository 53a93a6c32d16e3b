#include "aggregator/exchanges.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "aggregator/row_json.h"

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;
using decoder::Endpoint;
using decoder::Event;
using decoder::IpAddress;
using decoder::Notify;
using decoder::Serial;
using decoder::Timestamp;
using decoder::Transfer;
using decoder::TransferFailure;
using decoder::TransferForm;
using decoder::TransferPhase;
using decoder::TransferQuery;
using decoder::Transport;
using decoder::ZoneName;

constexpr Timestamp kNoon{1'795'176'000s};  // 2026-11-20 12:00:00 UTC

Endpoint at(const char* address, std::uint16_t port) { return {*IpAddress::parse(address), port}; }

const Endpoint kServer = at("10.53.0.30", 53);
const Endpoint kClient = at("10.53.0.41", 40001);

Transfer started(Timestamp first, Timestamp last) {
  Transfer body;
  body.asked = TransferQuery::ixfr;
  body.message_id = 7;
  body.client_serial = Serial(1);
  body.first_serial = Serial(2);
  body.first_packet = first;
  body.last_packet = last;
  return body;
}

Transfer completed(Timestamp first, Timestamp last) {
  Transfer body = started(first, last);
  body.phase = TransferPhase::completed;
  body.got = TransferForm::incremental;
  body.last_serial = Serial(2);
  body.messages = 1;
  body.records = 4;
  body.bytes = 312;
  return body;
}

Transfer failed(Timestamp first, Timestamp last, TransferFailure failure) {
  Transfer body = started(first, last);
  body.phase = TransferPhase::failed;
  body.failure = failure;
  return body;
}

Event event(const Transfer& body, const char* zone = "example.at") {
  Event event;
  event.captured_at = body.last_packet;
  event.transport = Transport::tcp;
  event.source = kServer;
  event.destination = kClient;
  event.zone = *ZoneName::parse(zone);
  event.body = body;
  return event;
}

struct Sent {
  std::uint16_t id = 9;
  std::optional<Serial> serial = Serial(2);
  std::uint32_t attempt = 1;
  std::optional<Serial> answered_with;
};

const Endpoint kSender = at("10.53.0.30", 30001);
const Endpoint kTarget = at("10.53.0.41", 53);

Event request(Timestamp first_sent, Timestamp captured_at, const Sent& sent = {}) {
  Notify body;
  body.message_id = sent.id;
  body.serial = sent.serial;
  body.attempt = sent.attempt;
  body.answered_with = sent.answered_with;
  body.first_sent = first_sent;
  Event event;
  event.captured_at = captured_at;
  event.source = kSender;
  event.destination = kTarget;
  event.zone = *ZoneName::parse("example.at");
  event.body = body;
  return event;
}

Event answer(Timestamp first_sent, Timestamp captured_at, std::uint16_t id = 9, std::uint8_t rcode = 0) {
  Notify body;
  body.response = true;
  body.message_id = id;
  body.rcode = rcode;
  body.first_sent = first_sent;
  Event event;
  event.captured_at = captured_at;
  event.source = kTarget;
  event.destination = kSender;
  event.zone = *ZoneName::parse("example.at");
  event.body = body;
  return event;
}

ExchangeLog log_of(const std::vector<Event>& events, ExchangeLimits limits = {}) {
  ExchangeLog log(limits);
  for (const Event& event : events) log.consume(event);
  return log;
}

std::vector<TransferRow> transfers_of(const std::vector<Event>& events, ExchangeLimits limits = {}) {
  std::vector<TransferRow> rows;
  log_of(events, limits).for_each_transfer([&](const TransferRow& row) { rows.push_back(row); });
  return rows;
}

std::vector<NotifyRow> notifies_of(const std::vector<Event>& events, ExchangeLimits limits = {}) {
  std::vector<NotifyRow> rows;
  log_of(events, limits).for_each_notify([&](const NotifyRow& row) { rows.push_back(row); });
  return rows;
}

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
      again.insert(again.end(), events.begin(), events.begin() + 40 * (round % 3));
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
