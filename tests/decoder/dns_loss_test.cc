// What a capture that lost packets, or an id that is used again, may not do: make a serial out of the middle of an
// answer.
#include <gtest/gtest.h>

#include "dns_talk.h"

namespace zonelag::decoder::test {
namespace {

constexpr const char* kZone = "a.test";
// More than a connection remembers of transfers that ended.
constexpr std::uint16_t kMany = 100;

std::string ixfr(std::uint16_t id, const char* zone = kZone) {
  return Message(id, kQuery).question(zone, kTypeIxfr).authority(soa(zone, 5)).framed();
}

// From 5 by 7 to 9 in two messages. The second begins with the additions that lead to 7 and the SOA of 7 that begins
// the next deletions: by itself it looks like a whole zone of serial 7.
std::string first_half(std::uint16_t id, const char* zone = kZone) {
  return Message(id, kAnswer)
      .question(zone, kTypeIxfr)
      .answer(soa(zone, 9))
      .answer(soa(zone, 5))
      .answer(a_record(zone))
      .framed();
}

Message second_half_of(Message message, const char* zone = kZone) {
  for (const std::uint32_t serial : {7, 7, 9}) message.answer(soa(zone, serial)).answer(a_record(zone));
  return message.answer(soa(zone, 9));
}
std::string second_half(std::uint16_t id, const char* zone = kZone) {
  return second_half_of(Message(id, kAnswer).question(zone, kTypeIxfr), zone).framed();
}
std::string second_half_without_question(std::uint16_t id) { return second_half_of(Message(id, kAnswer)).framed(); }

class DnsLossTest : public testing::Test {
 protected:
  DnsLossTest() { talk_.start(); }
  // Part of a message was not captured.
  void lose_end_of(const std::string& message) {
    talk_.server(message.substr(0, message.size() - 3));
    talk_.server_hole(3);
  }
  std::uint64_t completed() const { return talk_.counters().transfers_completed; }

  DnsTalk talk_;
};

TEST_F(DnsLossTest, WithoutItBothHalvesAreOneTransfer) {
  talk_.client(ixfr(1));
  talk_.server(first_half(1) + second_half_without_question(1));
  EXPECT_EQ(talk_.told(), "a.test started 9; a.test completed incremental 9 of 10");
}

TEST_F(DnsLossTest, ALaterMessageOfALostTransferServesNothing) {
  talk_.client(ixfr(1));
  lose_end_of(first_half(1));
  EXPECT_EQ(talk_.told(), "a.test started 9; a.test failed capture gap");
  talk_.server(second_half_without_question(1));
  talk_.server(second_half(1));
  EXPECT_EQ(talk_.told(), "");
  EXPECT_EQ(talk_.counters().served_seen, 0U);
}

// One that makes room in the middle of the other's answer.
TEST_F(DnsLossTest, ATransferThatWasNotAdmittedIsNotAdoptedInItsMiddle) {
  DnsTalk talk({.max_transfers = 1});
  talk.start();
  talk.client(ixfr(1, "a.test") + ixfr(2, "b.test"));
  talk.server(first_half(2, "b.test") + first_half(1, "a.test") + second_half(1, "a.test"));
  EXPECT_EQ(talk.told(), "a.test started 9; a.test completed incremental 9 of 10");
  talk.server(second_half(2, "b.test"));
  EXPECT_EQ(talk.told(), "");
  EXPECT_EQ(talk.counters().transfers_evicted, 1U);
  EXPECT_EQ(talk.counters().transfer_orphans, 2U);
}

TEST_F(DnsLossTest, AMessageOfALostTransferIsNeverABeginning) {
  for (std::uint16_t id = 1; id <= kMany; ++id) talk_.client(ixfr(id));
  for (std::uint16_t id = 1; id <= kMany; ++id) lose_end_of(first_half(id));
  for (std::uint16_t id = 1; id <= kMany; ++id) talk_.server(second_half(id));
  for (std::uint16_t id = 1; id <= kMany; ++id) talk_.client(ixfr(id));
  for (std::uint16_t id = 1; id <= kMany; ++id) talk_.server(second_half(id));
  EXPECT_EQ(completed(), 0U);
}

// One that we could not read goes on all the same.
TEST_F(DnsLossTest, AMessageOfAMalformedTransferIsNeverABeginning) {
  for (std::uint16_t id = 1; id <= kMany; ++id) talk_.client(ixfr(id));
  for (std::uint16_t id = 1; id <= kMany; ++id) {
    talk_.server(Message(id, kAnswer).question(kZone, kTypeIxfr).answer(record(kZone, kTypeSoa, "short")).framed());
  }
  for (std::uint16_t id = 1; id <= kMany; ++id) talk_.server(second_half(id));
  EXPECT_EQ(completed(), 0U);
}

TEST_F(DnsLossTest, AnIdUsedAgainBeforeItsTransferEndedIsCertainOfNothing) {
  talk_.client(ixfr(1));
  talk_.server(first_half(1));
  talk_.client(ixfr(1));
  talk_.server(second_half(1));
  EXPECT_EQ(talk_.told(), "a.test started 9; a.test failed closed early; a.test failed capture gap");
}

TEST_F(DnsLossTest, AnIdUsedAgainInTheMiddleOfAMessageIsCertainOfNothing) {
  talk_.client(ixfr(1));
  talk_.server(first_half(1));
  const std::string second = second_half(1);
  talk_.server(second.substr(0, 60));
  talk_.client(ixfr(1));
  talk_.server(second.substr(60));
  EXPECT_EQ(completed(), 0U);
}

TEST_F(DnsLossTest, AnIdUsedAgainAfterItsTransferWasLostIsCertainOfNothing) {
  talk_.client(ixfr(1));
  lose_end_of(first_half(1));
  talk_.client(ixfr(1));
  talk_.server(second_half(1));
  EXPECT_EQ(completed(), 0U);
}

TEST_F(DnsLossTest, AnIdMayBeUsedAgainAfterItsTransfer) {
  for (const char* zone : {"a.test", "a.test", "b.test"}) {
    talk_.client(ixfr(1, zone));
    talk_.server(first_half(1, zone) + second_half(1, zone));
  }
  EXPECT_EQ(completed(), 3U);
}

TEST_F(DnsLossTest, AnAnswerForAnotherZoneIsNotTheTransfers) {
  const std::string other = second_half(1, "b.test");
  for (const std::size_t cut : {other.size(), std::size_t{60}}) {
    talk_.client(ixfr(1));
    talk_.server(other.substr(0, cut));
    talk_.server(other.substr(cut));
    EXPECT_EQ(talk_.told(), "");
    talk_.server(first_half(1, "A.tEST") + second_half(1));
    EXPECT_EQ(talk_.told(), "a.test started 9; a.test completed incremental 9 of 10");
  }
  EXPECT_EQ(talk_.counters().transfer_orphans, 2U);
}

// RFC 5936 section 2.2.1: only the later ones may do without.
TEST_F(DnsLossTest, TheFirstMessageHasAQuestion) {
  talk_.client(ixfr(1));
  talk_.server(second_half_without_question(1));
  EXPECT_EQ(completed(), 0U);
  EXPECT_EQ(talk_.counters().served_seen, 0U);
}

// The query comes while the answers' stream is being looked for: its beginning may be in what is passed over.
TEST_F(DnsLossTest, WhatIsPassedOverMayHoldTheBeginning) {
  talk_.server_hole(0);
  talk_.client(ixfr(1));
  talk_.server(first_half(1).substr(0, 10));
  talk_.server(first_half(1).substr(10));
  talk_.server(second_half(1));
  EXPECT_EQ(completed(), 0U);
}

// A customer writes into its zone what looks like a message to who comes from behind a hole.
TEST_F(DnsLossTest, AMessageInsideARecordIsNone) {
  const std::string forged =
      first_half(7, "victim.test") + second_half(7, "victim.test") +
      Message(8, kAnswer).question("victim.test", kTypeSoa).answer(soa("victim.test", 3)).framed();
  const std::string answer = Message(1, kAnswer)
                                 .question(kZone, kTypeAxfr)
                                 .answer(soa(kZone, 9))
                                 .answer(record(kZone, 65280, forged))
                                 .framed();
  talk_.client(Message(1, kQuery).question(kZone, kTypeAxfr).framed() + ixfr(7, "other.test"));
  talk_.server_hole(answer.size() - forged.size());
  talk_.server(forged);
  EXPECT_EQ(completed(), 0U);
  EXPECT_EQ(talk_.counters().served_seen, 0U);
}

// A connection may go on for months: what comes behind a hole is worth finding.
TEST_F(DnsLossTest, WhatIsAskedAfterAHoleIsSeenAgain) {
  talk_.client(ixfr(1));
  talk_.server(first_half(1));
  talk_.server_hole(second_half(1).size() + 7);
  talk_.server(second_half(3, "c.test").substr(7) + second_half(3, "c.test"));
  EXPECT_EQ(talk_.told(), "a.test started 9; a.test failed capture gap; c.test failed capture gap");
  talk_.client(Message(8, kQuery).question("b.test", kTypeSoa).framed());
  talk_.server(Message(8, kAnswer).question("b.test", kTypeSoa).answer(soa("b.test", 9)).framed());
  EXPECT_EQ(talk_.told(), "b.test serves 9 by SOA answer after -");
  talk_.client(ixfr(2, "b.test"));
  talk_.server(first_half(2, "b.test") + second_half(2, "b.test"));
  EXPECT_EQ(talk_.told(), "b.test started 9; b.test completed incremental 9 of 10");
  EXPECT_EQ(talk_.counters().stream_resyncs, 1U);
}

TEST_F(DnsLossTest, WhatIsAskedRightAfterAHoleIsSeenAgain) {
  talk_.server_hole(1000);
  talk_.client(ixfr(1));
  talk_.server(first_half(1));
  talk_.server(second_half(1));
  EXPECT_EQ(talk_.told(), "a.test started 9; a.test completed incremental 9 of 10");
}

// The message under way was found, but where it begins is a guess until the server was seen to pause.
TEST_F(DnsLossTest, WhatIsAskedInTheMiddleOfAGuessIsCertainOfNothing) {
  talk_.server_hole(1000);
  const std::string guessed = second_half(3, "c.test");
  talk_.server(guessed.substr(0, guessed.size() - 1));
  talk_.client(ixfr(1));
  talk_.server(guessed.substr(guessed.size() - 1) + first_half(1) + second_half(1));
  EXPECT_EQ(talk_.told(), "c.test failed capture gap; a.test failed capture gap");
}

TEST_F(DnsLossTest, OnlyTheQueryCaptured) {
  talk_.client(ixfr(1));
  talk_.end(TcpEnd::closed);
  EXPECT_EQ(talk_.told(), "a.test failed capture gap");
}

}  // namespace
}  // namespace zonelag::decoder::test
