// What a passive observer of TCP must survive, case by case.
#include "decoder/tcp.h"

#include <gtest/gtest.h>

#include "tcp_talk.h"

namespace zonelag::decoder {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(TcpOrder, DeliversInOrderAndCloses) {
  TcpTalk talk;
  talk.open();
  talk.client(0, "query");
  talk.ack(Side::server, 5);
  talk.server(0, "answer");
  talk.ack(Side::client, 6, 5);
  talk.fin(Side::client, 5);
  talk.fin(Side::server, 6);
  EXPECT_EQ(talk.log(), "started, client 'query', server 'answer', client fin, server fin, ended closed");
  EXPECT_EQ(talk.seen().connection.client, endpoint("192.0.2.1", 40'000));
  EXPECT_EQ(talk.seen().connection.server, endpoint("192.0.2.53", 53));
  EXPECT_EQ(talk.counters().connections_half_seen, 0U);
}

TEST(TcpOrder, SwapsWhatCameOutOfOrder) {
  TcpTalk talk;
  talk.open();
  talk.client(3, "def");
  talk.client(6, "ghi");
  EXPECT_EQ(talk.log(), "started");
  talk.client(0, "abc");
  EXPECT_EQ(talk.log(), "started, client 'abc', client 'def', client 'ghi'");
  EXPECT_EQ(talk.counters().out_of_order, 2U);
}

TEST(TcpOrder, HeldBytesGetTheMomentOfTheSegmentThatFilledTheHole) {
  TcpTalk talk;
  talk.open();
  talk.client(3, "def");
  talk.client(0, "abc");
  EXPECT_EQ(talk.seen().side(Side::client).last.packet, 5U);
  EXPECT_EQ(talk.seen().side(Side::client).last.time, talk.now);
}

TEST(TcpOrder, DropsDuplicates) {
  TcpTalk talk;
  talk.open();
  talk.client(0, "abc");
  talk.client(0, "abc");
  talk.client(0, "abcdef");
  EXPECT_EQ(talk.log(), "started, client 'abc', client 'def'");
  EXPECT_EQ(talk.counters().duplicate_bytes, 6U);
}

TEST(TcpOrder, FirstCopyWinsOverWhatWasDelivered) {
  TcpTalk talk;
  talk.open();
  talk.client(0, "abcd");
  talk.client(2, "XXef");
  EXPECT_EQ(talk.seen().side(Side::client).bytes, "abcdef");
}

TEST(TcpOrder, FirstCopyWinsAmongHeldBytes) {
  TcpTalk talk;
  talk.open();
  talk.client(4, "ef");
  talk.client(8, "ij");
  talk.client(2, "CDEFGHIJKL");  // new: cd, gh, kl
  talk.client(0, "ab??????????????");
  EXPECT_EQ(talk.seen().side(Side::client).bytes, "abCDefGHijKL????");
  EXPECT_EQ(talk.tcp.held_bytes(), 0U);
}

TEST(TcpOrder, TakesSuperSegments) {
  const std::string big(65'535 + 4096, 'x');
  TcpTalk talk;
  talk.open();
  talk.server(std::ssize(big), big);
  talk.server(0, big);
  EXPECT_EQ(talk.seen().side(Side::server).length, 2 * big.size());
  EXPECT_EQ(talk.seen().side(Side::server).calls, 2U);
}

TEST(TcpOrder, SequenceNumbersWrap) {
  TcpTalk talk;
  talk.isn(Side::client, 0xffff'fffc);
  talk.open();
  talk.client(0, "ab");
  talk.client(6, "gh");  // its number is 3
  talk.client(1, "bcdef");
  EXPECT_EQ(talk.log(), "started, client 'ab', client 'cdef', client 'gh'");
}

TEST(TcpOrder, StreamsBeyondFourGigabytes) {
  TcpTalk talk;
  talk.sink.keeps_bytes = false;
  talk.open();
  const std::string big(1U << 24, 'x');
  const std::int64_t size = std::ssize(big);
  for (std::int64_t i = 0; i < 320; ++i) talk.server(i * size, big);
  EXPECT_EQ(talk.seen().side(Side::server).length, 320ULL << 24);
  talk.client(0, "not acknowledged for long");
  talk.ack(Side::client, 320 * size, 25);
  talk.rst(Side::server, 320 * size);
  EXPECT_EQ(talk.seen().end, TcpEnd::reset);
  EXPECT_TRUE(talk.seen().side(Side::server).holes.empty());
}

TEST(TcpOrder, TimeMayGoSlightlyBackwards) {
  TcpTalk talk;
  talk.open();
  talk.client(0, "abc");
  talk.step = milliseconds(-1);
  talk.client(3, "def");
  talk.client(6, "ghi");
  EXPECT_EQ(talk.seen().side(Side::client).bytes, "abcdefghi");
  EXPECT_EQ(talk.seen().side(Side::client).last.time, talk.now);
}

TEST(TcpOrder, IgnoresWhatCannotBelong) {
  TcpTalk talk;
  talk.open();
  talk.client(0, "abc");
  talk.client(3 + (1LL << 30) + 1, "far ahead");
  talk.client(3 - (1LL << 30) - 1, "far behind");
  EXPECT_EQ(talk.counters().out_of_window, 2U);
  talk.client(3 + (1LL << 30), "just possible");
  EXPECT_EQ(talk.counters().out_of_window, 2U);
  EXPECT_EQ(talk.counters().out_of_order, 1U);
  talk.client(3, "def");
  EXPECT_EQ(talk.log(), "started, client 'abc', client 'def'");
}

TEST(TcpOrder, IgnoresKeepAlives) {
  TcpTalk talk;
  talk.open();
  talk.client(0, "abc");
  talk.client(2, "\x01");
  talk.client(2, "");
  talk.client(3, "d");
  EXPECT_EQ(talk.log(), "started, client 'abc', client 'd'");
  EXPECT_EQ(talk.counters().ignored, 2U);
}

TEST(TcpOrder, AZeroWindowProbeIsDataOnce) {
  TcpTalk talk;
  talk.open();
  talk.client(0, "abc");
  talk.client(3, "d");  // beyond the window, not accepted, sent again
  talk.client(3, "def");
  EXPECT_EQ(talk.seen().side(Side::client).bytes, "abcdef");
}

TEST(TcpOrder, ASnappedSegmentLeavesAHoleAtOnce) {
  TcpTalk talk;
  talk.open();
  talk.send(Side::server, 0, "abc", 7);
  talk.server(10, "klm");
  talk.server(0, "abcdefghij");  // a later full copy comes too late
  EXPECT_EQ(talk.log(), "started, server 'abc', server hole 7, server 'klm'");
}

TEST(TcpOrder, ASnappedSegmentMayBeHeld) {
  TcpTalk talk;
  talk.open();
  talk.send(Side::server, 3, "def", 4);
  talk.send(Side::server, 10, "", 2);
  talk.server(12, "mn");
  talk.server(0, "abc");
  EXPECT_EQ(talk.log(), "started, server 'abc', server 'def', server hole 4, server hole 2, server 'mn'");
}

TEST(TcpStart, ASynMayCarryData) {
  TcpTalk talk;
  talk.syn("query");
  talk.ack(Side::server, 5);
  talk.client(5, " more");
  EXPECT_EQ(talk.log(), "started, client 'query', client ' more'");
}

TEST(TcpStart, DataOfARefusedFastOpenComesAgain) {
  TcpTalk talk;
  talk.syn("query");
  talk.syn_ack();  // acknowledges the SYN only
  talk.client(0, "query");
  EXPECT_EQ(talk.log(), "started, client 'query'");
}

TEST(TcpStart, SynRetransmissionsAreOneConnection) {
  TcpTalk talk;
  for (int i = 0; i < 5; ++i) {
    talk.syn();
    talk.wait(seconds(1));
  }
  talk.syn_ack();
  talk.syn_ack();
  talk.syn();
  talk.client(0, "query");
  EXPECT_EQ(talk.sink.seen().size(), 1U);
  EXPECT_EQ(talk.log(), "started, client 'query'");
}

TEST(TcpStart, ANewSynReplaces) {
  TcpTalk talk;
  talk.open();
  talk.client(0, "old");
  talk.isn(Side::client, 77'000);
  talk.syn();
  talk.client(0, "new");
  EXPECT_EQ(talk.log(0), "started, client 'old', ended replaced");
  EXPECT_EQ(talk.log(1), "started, client 'new'");
}

TEST(TcpStart, ASynAckOfAnotherConnectionReplaces) {
  TcpTalk talk;
  talk.open();
  talk.server(0, "old");
  talk.isn(Side::client, 77'000);
  talk.isn(Side::server, 99'000);
  talk.syn_ack();  // its SYN was not captured
  talk.client(0, "new");
  EXPECT_EQ(talk.log(0), "started, server 'old', ended replaced");
  EXPECT_EQ(talk.log(1), "started, client 'new'");
}

TEST(TcpStart, ASecondSynAckWithAnotherNumberCounts) {
  TcpTalk talk;
  talk.syn();
  talk.syn_ack();
  talk.isn(Side::server, 123'456);  // SYN cookies
  talk.syn_ack();
  talk.client(0, "query");
  talk.server(0, "answer");
  EXPECT_EQ(talk.log(), "started, client 'query', server 'answer'");
}

TEST(TcpStart, PortsAreReused) {
  TcpTalk talk;
  for (std::uint32_t i = 0; i < 3; ++i) {
    talk.isn(Side::client, 1000 + i * 100'000);
    talk.open();
    talk.client(0, "query");
    talk.fin(Side::client, 5);
    talk.fin(Side::server, 0);
    EXPECT_EQ(talk.log(i), "started, client 'query', client fin, server fin, ended closed");
    EXPECT_EQ(talk.seen(i).connection.slot, 0U);
  }
}

TEST(TcpStart, TheServerIsTheSideOfTheServerPort) {
  TcpTalk talk;
  talk.server(0, "first seen is the server's");
  EXPECT_EQ(talk.seen().connection.server.port, 53);
}

TEST(TcpStart, WithoutAServerPortTheSynTells) {
  TcpTalk talk;
  talk.use(endpoint("2001:db8::1", 1024), endpoint("2001:db8::2", 5353));
  talk.syn();
  EXPECT_EQ(talk.seen().connection.server.port, 5353);
  talk.use(endpoint("2001:db8::1", 1025), endpoint("2001:db8::2", 5353));
  talk.syn_ack();
  EXPECT_EQ(talk.seen(1).connection.server.port, 5353);
  talk.use(endpoint("2001:db8::1", 53), endpoint("2001:db8::2", 53));
  talk.client(0, "x");
  EXPECT_EQ(talk.seen(2).connection.server.address.to_string(), "2001:db8::2");
}

TEST(TcpHalfSeen, DataFirstHasAnUnknownStart) {
  TcpTalk talk;
  talk.server(500, "abc");
  talk.server(503, "def");
  EXPECT_EQ(talk.log(), "started, server hole 0, server 'abc', server 'def'");
  EXPECT_EQ(talk.counters().connections_half_seen, 1U);
  EXPECT_EQ(talk.counters().holes, 0U);
}

TEST(TcpHalfSeen, AnAcknowledgementTellsWhereTheOtherSideIs) {
  TcpTalk talk;
  talk.ack(Side::client, 500, 30);
  talk.server(503, "def");  // not the first: it is held
  talk.server(500, "abc");
  EXPECT_EQ(talk.log(), "started, server hole 0, server 'abc', server 'def'");
}

TEST(TcpHalfSeen, AKeepAliveDoesNotPlaceItsOwnSide) {
  TcpTalk talk;
  talk.ack(Side::client, 500, 29);  // one before its next byte
  talk.client(30, "query");
  EXPECT_EQ(talk.log(), "started, client hole 0, client 'query'");
}

TEST(TcpHalfSeen, OnlyTheClient) {
  TcpTalk talk;
  talk.syn();
  talk.ack(Side::client, 0);
  talk.client(0, "query");
  talk.ack(Side::client, 900, 5);
  talk.fin(Side::client, 5);
  talk.wait(minutes(10));
  EXPECT_EQ(talk.log(), "started, client 'query', client fin, ended idle");
}

TEST(TcpHalfSeen, OnlyTheServer) {
  TcpTalk talk;
  talk.syn_ack();
  talk.ack(Side::server, 30);
  talk.server(0, "ab");
  talk.server(4, "ef");
  talk.server(2, "cd");
  talk.fin(Side::server, 6);
  EXPECT_EQ(talk.log(), "started, server 'ab', server 'cd', server 'ef', server fin");
}

TEST(TcpHalfSeen, WithoutAcknowledgementsTimeEndsAHole) {
  TcpTalk talk;
  talk.syn_ack();
  talk.server(0, "ab");
  talk.server(4, "ef");
  talk.wait(milliseconds(1999));
  EXPECT_EQ(talk.log(), "started, server 'ab'");
  talk.wait(milliseconds(1));
  EXPECT_EQ(talk.log(), "started, server 'ab', server hole 2, server 'ef'");
}

TEST(TcpHalfSeen, ALostSynAckHidesNothing) {
  TcpTalk talk;
  talk.syn();
  talk.ack(Side::client, 0);
  talk.client(0, "query");
  talk.ack(Side::server, 5);
  talk.server(0, "answer");
  EXPECT_EQ(talk.log(), "started, client 'query', server 'answer'");
}

TEST(TcpHalfSeen, ASynCapturedLateIsNotANewConnection) {
  TcpTalk talk;
  talk.syn_ack();
  talk.syn();
  talk.client(0, "query");
  EXPECT_EQ(talk.sink.seen().size(), 1U);
  EXPECT_EQ(talk.log(), "started, client 'query'");
}

TEST(TcpHalfSeen, FinAndRstOfUnknownConnectionsAreIgnored) {
  TcpTalk talk;
  talk.fin(Side::client, 5);
  talk.rst(Side::server, 5);
  EXPECT_TRUE(talk.sink.seen().empty());
  EXPECT_EQ(talk.counters().ignored, 2U);
}

}  // namespace
}  // namespace zonelag::decoder
