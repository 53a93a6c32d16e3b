// How connections end: closings, time-outs, limits.
#include "decoder/tcp.h"

#include <gtest/gtest.h>

#include "tcp_talk.h"

namespace zonelag::decoder {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

TEST(TcpEnd, TheLastAcknowledgementIsNoConnection) {
  TcpTalk talk;
  talk.open();
  talk.fin(Side::client, 0);
  talk.fin(Side::server, 0);
  talk.ack(Side::client, 1, 1);
  talk.fin(Side::server, 0);
  talk.ack(Side::client, 1, 1);
  EXPECT_EQ(talk.sink.seen().size(), 1U);
  EXPECT_EQ(talk.counters().ignored, 3U);
  talk.wait(seconds(61));
  talk.ack(Side::client, 1, 1);  // after so long, it is another's
  EXPECT_EQ(talk.sink.seen().size(), 2U);
}

TEST(TcpEnd, ARstThatDoesNotAcknowledgeTheSynRefusesNothing) {
  TcpTalk talk;
  talk.syn();
  talk.put(Side::server, 0, {}, kRst);
  talk.ack(Side::server, 65'536);  // of an older connection
  talk.put(Side::server, 0, {}, kRst | kAck);
  EXPECT_EQ(talk.log(), "started");
  EXPECT_EQ(talk.counters().out_of_window, 3U);
  talk.wait(seconds(130));
  EXPECT_EQ(talk.log(), "started, ended connect timeout");
}

TEST(TcpEnd, ARstThatAcknowledgesDataOfTheSynRefuses) {
  TcpTalk talk;
  talk.syn("query");
  talk.ack(Side::server, 5, 0);
  talk.put(Side::server, 0, {}, kRst | kAck);
  EXPECT_EQ(talk.log(), "started, client 'query', ended reset");  // answered before
  talk.use_port(1);
  talk.syn("query");
  talk.refuse(6);
  EXPECT_EQ(talk.log(1), "started, client 'query'");
  talk.refuse(5);
  EXPECT_EQ(talk.log(1), "started, client 'query', ended refused");
}

TEST(TcpEnd, Refused) {
  TcpTalk talk;
  talk.syn();
  talk.refuse(0);
  EXPECT_EQ(talk.log(), "started, ended refused");
  talk.refuse(0);
  talk.syn();  // duplicated by the capture
  EXPECT_EQ(talk.sink.seen().size(), 1U);
}

TEST(TcpEnd, ConnectTimeoutCountsFromTheFirstSyn) {
  TcpTalk talk;
  talk.syn();
  const Timestamp first = talk.now;
  for (int i = 0; i < 12; ++i) {
    talk.wait(seconds(10));
    talk.syn();
  }
  talk.now = first;
  talk.wait(seconds(130) - Duration(1));
  EXPECT_EQ(talk.log(), "started");
  talk.wait(Duration(1));
  EXPECT_EQ(talk.log(), "started, ended connect timeout");
  EXPECT_EQ(talk.seen().ended.time, first + seconds(130));
}

TEST(TcpEnd, AnsweredConnectionsDoNotTimeOutAsUnanswered) {
  TcpTalk talk;
  talk.open();
  talk.wait(seconds(131));
  EXPECT_EQ(talk.log(), "started");
}

TEST(TcpEnd, IdleAtTheTimeoutAndNotBefore) {
  TcpTalk talk;
  talk.open();
  talk.wait(minutes(4));
  talk.client(0, "x");
  const Timestamp last = talk.now;
  talk.wait(minutes(5) - Duration(1));
  EXPECT_EQ(talk.log(), "started, client 'x'");
  talk.wait(seconds(30));
  EXPECT_EQ(talk.log(), "started, client 'x', ended idle");
  EXPECT_EQ(talk.seen().ended.time, last + minutes(5));  // however late it was noticed
  EXPECT_EQ(talk.seen().ended.packet, 4U);
}

TEST(TcpEnd, ResetInWindowOnly) {
  TcpTalk talk;
  talk.open();
  talk.server(0, "abc");
  talk.rst(Side::server, 3 + 65'536);
  talk.rst(Side::server, -1);
  EXPECT_EQ(talk.counters().out_of_window, 2U);
  EXPECT_EQ(talk.log(), "started, server 'abc'");
  talk.rst(Side::server, 3 + 65'535);
  EXPECT_EQ(talk.log(), "started, server 'abc', ended reset");
}

TEST(TcpEnd, ResetWithAnAcknowledgedNumber) {
  TcpTalk talk;
  talk.open();
  talk.server(0, "abcdef");
  talk.ack(Side::client, 3);
  talk.rst(Side::server, 2);
  EXPECT_FALSE(talk.seen().end.has_value());
  talk.rst(Side::server, 3);
  EXPECT_EQ(talk.seen().end, TcpEnd::reset);
}

TEST(TcpEnd, ResetBeforeData) {
  TcpTalk talk;
  talk.open();
  talk.rst(Side::server, 0);
  EXPECT_EQ(talk.log(), "started, ended reset");
  talk.client(0, "late");
  EXPECT_EQ(talk.sink.seen().size(), 1U);
}

TEST(TcpEnd, ResetDeliversWhatWasHeld) {
  TcpTalk talk;
  talk.open();
  talk.server(2, "cd");
  talk.client(3, "q");
  talk.rst(Side::client, 4);
  EXPECT_EQ(talk.log(), "started, client hole 3, client 'q', server hole 2, server 'cd', ended reset");
}

TEST(TcpEnd, AFinWaitsForItsData) {
  TcpTalk talk;
  talk.open();
  talk.fin(Side::server, 3, "def");
  talk.fin(Side::client, 0);
  EXPECT_EQ(talk.log(), "started, client fin");
  talk.server(0, "abc");
  EXPECT_EQ(talk.log(), "started, client fin, server 'abc', server 'def', server fin, ended closed");
}

TEST(TcpEnd, NothingComesBehindAFin) {
  TcpTalk talk;
  talk.open();
  talk.fin(Side::server, 3);
  talk.server(0, "abcXXX");
  talk.server(4, "YYY");
  talk.fin(Side::server, 9);
  EXPECT_EQ(talk.log(), "started, server 'abc', server fin");
}

TEST(TcpEnd, AFinBeforeWhatWasSeenIsNone) {
  TcpTalk talk;
  talk.open();
  talk.server(0, "abc");
  talk.server(6, "ghi");
  talk.fin(Side::server, 5);
  talk.server(3, "def");
  talk.fin(Side::server, 9);
  EXPECT_EQ(talk.log(), "started, server 'abc', server 'def', server 'ghi', server fin");
}

TEST(TcpEnd, OfTwoFinsTheEarlierCounts) {
  TcpTalk talk;
  talk.open();
  talk.fin(Side::server, 1000);  // forged
  talk.server(0, "abc");
  talk.fin(Side::server, 3);
  EXPECT_EQ(talk.log(), "started, server 'abc', server fin");
}

TEST(TcpEnd, AFinBeforeWhatWasAcknowledgedEndsTheStream) {
  TcpTalk talk;
  talk.open();
  talk.ack(Side::client, 100);
  talk.fin(Side::server, 50);
  talk.wait(seconds(2));
  EXPECT_EQ(talk.log(), "started, server hole 50, server fin");
}

TEST(TcpEnd, ALostFinIsInferred) {
  TcpTalk talk;
  talk.open();
  talk.server(0, "abc");
  talk.ack(Side::client, 4);  // of the FIN, which was not captured
  talk.wait(seconds(3));
  EXPECT_EQ(talk.log(), "started, server 'abc'");
  talk.fin(Side::client, 0);
  talk.wait(seconds(2));
  EXPECT_EQ(talk.log(), "started, server 'abc', client fin, server fin, ended closed");
}

TEST(TcpEnd, TheEndOfTheCaptureDeliversWhatIsHeld) {
  TcpTalk talk;
  talk.open();
  talk.server(2, "cd");
  talk.server(6, "gh");
  talk.finish();
  EXPECT_EQ(talk.log(), "started, server hole 2, server 'cd', server hole 2, server 'gh', ended capture end");
  EXPECT_EQ(talk.tcp.open_connections(), 0U);
}

TEST(TcpEnd, WhatWasAcknowledgedAndNeverCameIsAHole) {
  TcpTalk talk;
  talk.open();
  talk.server(0, "abc");
  talk.ack(Side::client, 10);
  talk.finish();
  EXPECT_EQ(talk.log(), "started, server 'abc', server hole 7, ended capture end");
}

TEST(TcpLimit, TheLeastRecentlyActiveIsEvicted) {
  TcpTalk talk({.max_connections = 3});
  for (std::uint16_t port = 1000; port < 1003; ++port) {
    talk.use_port(port);
    talk.open();
  }
  talk.use_port(1000);
  talk.client(1, "held");
  talk.use_port(1003);
  talk.open();
  EXPECT_EQ(talk.log(1), "started, ended evicted");
  EXPECT_EQ(talk.seen(3).connection.slot, 1U);
  talk.use_port(1004);
  talk.open();
  EXPECT_EQ(talk.log(2), "started, ended evicted");
  talk.use_port(1005);
  talk.open();
  EXPECT_EQ(talk.log(0), "started, client hole 1, client 'held', ended evicted");
  EXPECT_EQ(talk.counters().connections_evicted, 3U);
}

TEST(TcpLimit, AFloodOfSynsDoesNotPushOutWhatIsOpen) {
  TcpTalk talk({.max_connections = 10});
  for (std::uint16_t port = 1; port <= 5; ++port) {
    talk.use_port(port);
    talk.open();
  }
  for (std::uint16_t port = 1000; port < 1100; ++port) {
    talk.use_port(port);
    talk.syn();
  }
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(talk.log(i), "started");
  EXPECT_EQ(talk.counters().connections_evicted, 95U);
}

TEST(TcpTime, AClockSetBackDoesNotStopTimeouts) {
  TcpTalk talk;
  talk.open();
  talk.wait(std::chrono::hours(-1));
  EXPECT_EQ(talk.log(), "started, ended idle");
  talk.use_port(1);
  talk.syn();
  talk.wait(seconds(130));
  EXPECT_EQ(talk.log(1), "started, ended connect timeout");
}

TEST(TcpTime, ExtremeTimesDoNotOverflow) {
  TcpTalk talk({.idle_timeout = Duration::max(), .connect_timeout = Duration::max(), .hole_timeout = Duration::max()});
  talk.step = Duration::zero();
  for (const Timestamp time : {Timestamp::min(), Timestamp::max(), Timestamp{}, Timestamp::max(), Timestamp::min()}) {
    talk.now = time;
    talk.syn();
    talk.client(5, "x");
    talk.ack(Side::server, 6);
  }
  talk.finish();
  EXPECT_EQ(talk.tcp.open_connections(), 0U);
}

TEST(TcpTable, SlotsAreDenseAndReused) {
  TcpTalk talk;
  for (std::uint32_t round = 0; round < 3; ++round) {
    talk.isn(Side::client, round * 1'000'000);
    for (std::uint16_t port = 1; port <= 5000; ++port) {
      talk.use_port(port);
      talk.syn();
    }
    for (std::uint16_t port = 1; port <= 5000; ++port) {
      talk.use_port(port);
      talk.rst(Side::client, 0);
    }
  }
  ASSERT_EQ(talk.sink.seen().size(), 15'000U);
  for (const SeenConnection& seen : talk.sink.seen()) {
    EXPECT_LT(seen.connection.slot, 5000U);
    EXPECT_EQ(seen.end, TcpEnd::reset);
  }
}

}  // namespace
}  // namespace zonelag::decoder
