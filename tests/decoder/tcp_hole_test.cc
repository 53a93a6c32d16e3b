// When a hole is final.
#include "decoder/tcp.h"

#include <gtest/gtest.h>

#include "tcp_talk.h"

namespace zonelag::decoder {
namespace {

using std::chrono::seconds;

TEST(TcpHole, IsFinalWhenAcknowledgedForSoLong) {
  TcpTalk talk;
  talk.open();
  talk.server(2, "cd");
  talk.wait(seconds(60));  // not acknowledged: it may be sent again
  EXPECT_EQ(talk.log(), "started");
  talk.ack(Side::client, 4);
  const Timestamp acknowledged = talk.now;
  talk.wait(seconds(2) - Duration(1));
  EXPECT_EQ(talk.log(), "started");
  talk.wait(seconds(1));
  EXPECT_EQ(talk.log(), "started, server hole 2, server 'cd'");
  EXPECT_EQ(talk.seen().side(Side::server).last.time, acknowledged + seconds(2));
  talk.server(0, "ab");  // too late
  EXPECT_EQ(talk.log(), "started, server hole 2, server 'cd'");
}

TEST(TcpHole, FilledInTimeIsNone) {
  TcpTalk talk;
  talk.open();
  talk.server(2, "cd");
  talk.ack(Side::client, 4);
  talk.wait(seconds(1));
  talk.server(0, "ab");
  talk.wait(seconds(10));
  EXPECT_EQ(talk.log(), "started, server 'ab', server 'cd'");
}

TEST(TcpHole, IsNoticedWithoutDataBehindIt) {
  TcpTalk talk;
  talk.open();
  talk.ack(Side::client, 100);
  talk.wait(seconds(2));
  EXPECT_EQ(talk.log(), "started, server hole 100");
  talk.server(100, "abc");
  EXPECT_EQ(talk.log(), "started, server hole 100, server 'abc'");
}

TEST(TcpHole, BothSidesHaveTheirOwnTime) {
  TcpTalk talk;
  talk.open();
  talk.server(2, "cd");
  talk.client(2, "yz");
  talk.ack(Side::client, 4, 4);
  talk.wait(seconds(1));
  talk.ack(Side::server, 4, 4);
  talk.wait(seconds(1));
  EXPECT_EQ(talk.log(), "started, server hole 2, server 'cd'");
  talk.wait(seconds(2));
  EXPECT_EQ(talk.log(), "started, server hole 2, server 'cd', client hole 2, client 'yz'");
}

TEST(TcpHole, IsFinalWhenEnoughBehindItIsAcknowledged) {
  TcpTalk talk({.max_held_bytes_of_side = 4000});
  talk.open();
  talk.server(10, std::string(1001, 'x'));
  talk.ack(Side::client, 10 + 999);
  EXPECT_EQ(talk.log(), "started");
  talk.ack(Side::client, 10 + 1000);
  EXPECT_EQ(talk.log(), "started, server hole 10, server 1001 bytes");
}

TEST(TcpHole, IsGivenUpBeyondTheLimitOfASide) {
  TcpTalk talk({.max_held_bytes_of_side = 400});
  talk.open();
  talk.server(10, std::string(100, 'x'));
  talk.server(120, std::string(100, 'y'));
  EXPECT_EQ(talk.counters().held_evicted, 0U);
  talk.server(230, std::string(100, 'z'));
  EXPECT_EQ(talk.log(), "started, server hole 10, server 100 bytes");
  EXPECT_EQ(talk.counters().held_evicted, 1U);
  talk.server(110, std::string(10, '-'));
  EXPECT_EQ(talk.seen().side(Side::server).length, 220U);
}

TEST(TcpHole, TheOldestIsGivenUpBeyondTheLimitOfAll) {
  TcpTalk talk({.max_held_bytes = 450});
  for (std::uint16_t port = 1000; port < 1003; ++port) {
    talk.use_port(port);
    talk.open();
    talk.client(1, std::string(100, 'x'));
  }
  EXPECT_EQ(talk.log(0), "started, client hole 1, client 100 bytes");
  EXPECT_EQ(talk.log(1), "started");
  EXPECT_EQ(talk.log(2), "started");
  EXPECT_EQ(talk.counters().held_evicted, 1U);
}

TEST(TcpHole, ASegmentLargerThanEveryLimitIsDelivered) {
  TcpTalk talk({.max_held_bytes = 0, .max_held_bytes_of_side = 0});
  talk.open();
  talk.client(1, "abc");
  EXPECT_EQ(talk.log(), "started, client hole 1, client 'abc'");
}

TEST(TcpHole, AFinBehindOneIsDelivered) {
  TcpTalk talk;
  talk.open();
  talk.server(0, "ab");
  talk.fin(Side::server, 4, "ef");
  talk.ack(Side::client, 7);
  talk.fin(Side::client, 0);
  EXPECT_EQ(talk.log(), "started, server 'ab', client fin");
  talk.wait(seconds(2));
  EXPECT_EQ(talk.log(), "started, server 'ab', client fin, server hole 2, server 'ef', server fin, ended closed");
}

}  // namespace
}  // namespace zonelag::decoder
