#include "notify.h"

#include <gtest/gtest.h>

#include "dns_messages.h"

namespace zonelag::decoder::test {
namespace {

using std::chrono::milliseconds;

const IpAddress kPrimary = *IpAddress::parse("192.0.2.1");
const IpAddress kSecondary = *IpAddress::parse("192.0.2.2");
const IpAddress kOther = *IpAddress::parse("192.0.2.3");

constexpr Timestamp at(int millisecond) { return Timestamp(milliseconds(millisecond)); }

struct Sent {
  std::uint16_t id = 1;
  std::optional<Serial> serial = Serial{5};
  std::uint16_t port = 40'000;
  std::uint16_t type = kTypeSoa;
  IpAddress target = kSecondary;
  Transport transport = Transport::udp;
  std::string zone = wire_name("example.test");
};

class NotifyTest : public testing::Test {
 protected:
  Path path_of(const Sent& sent) const { return {{kPrimary, sent.port}, {sent.target, 53}, sent.transport}; }

  std::optional<Notify> send(int time, const Sent& sent = {}) {
    const std::string zone = sent.zone;
    return tracker_.request(path_of(sent), {at(time), ++packet_},
                            {.zone = zone, .id = sent.id, .query_type = sent.type, .serial = sent.serial});
  }
  std::uint32_t attempt(int time, const Sent& sent = {}) {
    const auto notify = send(time, sent);
    return notify ? notify->attempt : 0;
  }
  Notify answer(int time, const Sent& sent = {}, std::uint8_t rcode = 0) {
    const Path path = path_of(sent);
    return tracker_.response({path.destination, path.source, path.transport}, {at(time), ++packet_},
                             {.zone = sent.zone, .id = sent.id, .query_type = sent.type, .rcode = rcode});
  }
  std::optional<NotifyTracker::Answered> offer(int time, const IpAddress& to = kSecondary, std::uint32_t serial = 7) {
    return tracker_.offered(kPrimary, to, wire_name("example.test"), Serial{serial}, at(time));
  }

  DnsCounters counters_;
  NotifyTracker tracker_{{.max_notify_pairs = 3}, counters_};
  std::uint64_t packet_ = 0;
};

TEST_F(NotifyTest, SameIdAndPortAgainIsTheNextAttempt) {
  EXPECT_EQ(attempt(0), 1U);
  EXPECT_EQ(attempt(5000), 2U);
  const auto third = send(10'000);
  ASSERT_TRUE(third);
  EXPECT_EQ(third->attempt, 3U);
  EXPECT_EQ(third->first_sent, at(0));
  EXPECT_EQ(third->serial, Serial{5});
}

TEST_F(NotifyTest, SameIdAndPortAgainIsTheNextAttemptThoughAnAnswerWasSeen) {
  EXPECT_EQ(attempt(0), 1U);
  answer(1);
  EXPECT_EQ(attempt(5000), 2U);
}

TEST_F(NotifyTest, NewIdIsAnAttemptWhileNothingWasAnswered) {
  EXPECT_EQ(attempt(0, {.id = 1}), 1U);
  EXPECT_EQ(attempt(3000, {.id = 2, .port = 40'001}), 2U);
  EXPECT_EQ(attempt(6000, {.id = 3, .serial = Serial{6}}), 1U) << "about another serial";
  EXPECT_EQ(attempt(6001, {.id = 4, .transport = Transport::tcp}), 1U) << "another way";
}

TEST_F(NotifyTest, NewIdAfterTheAnswerIsANewExchange) {
  EXPECT_EQ(attempt(0, {.id = 1}), 1U);
  answer(1, {.id = 1});
  EXPECT_EQ(attempt(3000, {.id = 2}), 1U);
}

TEST_F(NotifyTest, NewIdWithoutSerialIsANewExchange) {
  EXPECT_EQ(attempt(0, {.id = 1, .serial = {}}), 1U);
  EXPECT_EQ(attempt(3000, {.id = 2, .serial = {}}), 1U);
  EXPECT_EQ(attempt(3500, {.id = 1, .serial = {}}), 2U);
}

TEST_F(NotifyTest, RetryWindowIsAMinuteFromTheLastAttempt) {
  EXPECT_EQ(attempt(0), 1U);
  EXPECT_EQ(attempt(60'000), 2U);
  EXPECT_EQ(attempt(120'000), 3U);
  EXPECT_EQ(attempt(180'001), 1U);
}

TEST_F(NotifyTest, TheSameMessageWithin100MillisecondsIsACopy) {
  EXPECT_TRUE(send(0));
  EXPECT_FALSE(send(0));
  EXPECT_FALSE(send(99));
  EXPECT_EQ(attempt(100), 2U);
  EXPECT_EQ(counters_.notify_duplicates, 2U);
  EXPECT_EQ(counters_.notify_requests, 4U);
  EXPECT_TRUE(send(101, {.id = 2})) << "another id is another message";
}

TEST_F(NotifyTest, OtherTypesTargetsAndZonesAreOtherExchanges) {
  EXPECT_EQ(attempt(0), 1U);
  EXPECT_EQ(attempt(1, {.type = kTypeA}), 1U);
  EXPECT_EQ(attempt(2, {.target = kOther}), 1U);
  EXPECT_EQ(attempt(3, {.zone = wire_name("other.test")}), 1U);
  EXPECT_EQ(counters_.notify_other_type, 1U);
}

TEST_F(NotifyTest, ResponseCarriesWhatItAnswers) {
  send(0);
  send(5000);
  const Notify notify = answer(5002, {}, kRcodeRefused);
  EXPECT_TRUE(notify.response);
  EXPECT_EQ(notify.rcode, kRcodeRefused);
  EXPECT_EQ(notify.request_serial, Serial{5});
  EXPECT_EQ(notify.attempt, 2U);
  EXPECT_EQ(notify.first_sent, at(0));
}

TEST_F(NotifyTest, ResponseToNothingSeen) {
  const Notify unseen = answer(7);
  EXPECT_FALSE(unseen.request_serial);
  EXPECT_EQ(unseen.first_sent, at(7));
  send(10);
  EXPECT_FALSE(answer(11, {.id = 2}).request_serial) << "other id";
  EXPECT_FALSE(answer(11, {.port = 40'001}).request_serial) << "other port";
  EXPECT_FALSE(answer(11, {.target = kOther}).request_serial) << "other target";
  EXPECT_EQ(answer(11).request_serial, Serial{5});
}

TEST_F(NotifyTest, TheOldestOfFourExchangesMakesRoom) {
  for (std::uint16_t id = 1; id <= 5; ++id) send(id, {.id = id, .serial = Serial{id}});
  EXPECT_FALSE(answer(10, {.id = 1}).request_serial);
  for (std::uint16_t id = 2; id <= 5; ++id) EXPECT_EQ(answer(10, {.id = id}).request_serial, Serial{id});
}

TEST_F(NotifyTest, WithoutSerialIsAttributedOnce) {
  send(10, {.id = 9, .serial = {}, .port = 41'000});
  const auto answered = offer(20);
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->body.answered_with, Serial{7});
  EXPECT_FALSE(answered->body.serial);
  EXPECT_EQ(answered->body.message_id, 9);
  EXPECT_EQ(answered->moment.time, at(10));
  EXPECT_EQ(answered->moment.packet, 1U);
  EXPECT_EQ(answered->path.source, (Endpoint{kPrimary, 41'000}));
  EXPECT_EQ(answered->path.destination, (Endpoint{kSecondary, 53}));
  EXPECT_FALSE(offer(30));
}

TEST_F(NotifyTest, OnlyToWhomWasTold) {
  send(10, {.serial = {}});
  EXPECT_FALSE(offer(20, kOther));
  EXPECT_FALSE(tracker_.offered(kOther, kSecondary, wire_name("example.test"), Serial{7}, at(20)));
  EXPECT_FALSE(tracker_.offered(kPrimary, kSecondary, wire_name("other.test"), Serial{7}, at(20)));
  EXPECT_TRUE(offer(20));
}

TEST_F(NotifyTest, TheLatestExchangeIsMeant) {
  send(10, {.id = 1, .serial = {}});
  send(1010, {.id = 2, .serial = {}});
  send(3000, {.id = 3, .serial = {}});
  const auto answered = offer(2000);  // the third is later than what was offered
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->body.message_id, 2);
}

TEST_F(NotifyTest, AnsweredWithinTenMinutes) {
  send(10, {.serial = {}});
  EXPECT_FALSE(offer(9)) << "before it";
  EXPECT_FALSE(offer(600'011));
  EXPECT_TRUE(offer(600'010));
}

TEST_F(NotifyTest, WithSerialOrOfOtherTypeWaitsForNothing) {
  send(10);
  send(20, {.serial = {}, .type = kTypeA});
  EXPECT_FALSE(offer(30));
  EXPECT_EQ(counters_.notify_without_serial, 1U);
}

TEST_F(NotifyTest, ZoneOfAnAnswerWithoutQuestion) {
  send(10, {.id = 4});
  const Path back{{kSecondary, 53}, {kPrimary, 40'000}, Transport::udp};
  EXPECT_EQ(tracker_.zone_answered(back, 4), wire_name("example.test"));
  EXPECT_EQ(tracker_.zone_answered(back, 5), "");
  EXPECT_EQ(tracker_.zone_answered({back.source, {kPrimary, 40'001}, Transport::udp}, 4), "");
  EXPECT_EQ(tracker_.zone_answered({back.source, back.destination, Transport::tcp}, 4), "");
  send(20, {.id = 4, .zone = wire_name("other.test")});  // the id is used again
  EXPECT_EQ(tracker_.zone_answered(back, 4), wire_name("other.test"));
}

TEST_F(NotifyTest, TheLeastRecentPairMakesRoom) {
  for (const char* zone : {"a.test", "b.test", "c.test"}) send(10, {.zone = wire_name(zone)});
  EXPECT_EQ(attempt(1000, {.zone = wire_name("a.test")}), 2U);
  EXPECT_EQ(counters_.notify_evicted, 0U);
  EXPECT_EQ(attempt(1001, {.zone = wire_name("d.test")}), 1U);
  EXPECT_EQ(counters_.notify_evicted, 1U);
  EXPECT_EQ(attempt(1002, {.zone = wire_name("b.test")}), 1U) << "forgotten";
  EXPECT_EQ(attempt(2000, {.zone = wire_name("a.test")}), 3U);
}

TEST_F(NotifyTest, OneThatWasRefusedIsNotWhatTheTargetAsksAbout) {
  send(0, {.serial = std::nullopt});
  answer(1, {.serial = std::nullopt}, kRcodeRefused);
  EXPECT_FALSE(offer(1000));
}

}  // namespace
}  // namespace zonelag::decoder::test
