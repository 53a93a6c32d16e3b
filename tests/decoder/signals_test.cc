// What is switched off is not told; what the rest needs of it goes on.
#include "decoder/signals.h"

#include <gtest/gtest.h>

#include "dns_talk.h"

namespace zonelag::decoder::test {
namespace {

constexpr const char* kZone = "example.test";

Message notify() { return Message(7, kNotify).question(kZone, kTypeSoa); }
Message soa_answer(std::uint32_t serial) {
  return Message(1, kAnswer).question(kZone, kTypeSoa).answer(soa(kZone, serial));
}
Message axfr_query(std::uint16_t id = 2) { return Message(id, kQuery).question(kZone, kTypeAxfr); }
Message axfr_begin(std::uint32_t serial, std::uint16_t id = 2) {
  return Message(id, kAnswer).question(kZone, kTypeAxfr).answer(soa(kZone, serial)).answer(a_record("a.example.test"));
}
Message axfr_more(std::uint16_t id = 2) { return Message(id, kAnswer).answer(a_record("b.example.test")); }
Message axfr_end(std::uint32_t serial, std::uint16_t id = 2) { return Message(id, kAnswer).answer(soa(kZone, serial)); }

// The server announces, the client asks for the SOA and for all of it.
std::string everything(DnsTalk& talk) {
  talk.udp_server(notify());
  talk.udp_client(Message(7, kNotifyAnswer).question(kZone, kTypeSoa));
  talk.udp_server(soa_answer(5));
  talk.start();
  talk.client(axfr_query().framed());
  talk.server(axfr_begin(5).framed() + axfr_more().framed() + axfr_end(5).framed());
  talk.end(TcpEnd::closed);
  return talk.told();
}

TEST(Signals, AllByDefault) {
  DnsTalk talk;
  EXPECT_EQ(everything(talk),
            "example.test notify -; example.test notify answer 0 to -; example.test serves 5 by SOA answer after -; "
            "example.test notify answered with 5; example.test started 5; example.test completed AXFR 5 of 4");
}

TEST(Signals, WithoutNotify) {
  DnsTalk talk({}, {.notify = false});
  EXPECT_EQ(everything(talk),
            "example.test serves 5 by SOA answer after -; example.test started 5; example.test completed AXFR 5 of 4");
  EXPECT_EQ(talk.counters().notify_requests, 1U);
  EXPECT_EQ(talk.counters().notify_responses, 1U);
}

TEST(Signals, WithoutNotifyAFailedConnectionStillHasItsZone) {
  DnsTalk talk({}, {.notify = false});
  talk.udp_server(notify());
  talk.start();
  talk.end(TcpEnd::refused);
  EXPECT_EQ(talk.told(), "example.test failed connection refused");
}

TEST(Signals, WithoutServed) {
  DnsTalk talk({}, {.served = false});
  EXPECT_EQ(everything(talk),
            "example.test notify -; example.test notify answer 0 to -; example.test notify answered with 5; "
            "example.test started 5; example.test completed AXFR 5 of 4");
  EXPECT_EQ(talk.counters().served_seen, 0U);
}

TEST(Signals, WithoutTransfer) {
  DnsTalk talk({}, {.transfer = false});
  EXPECT_EQ(everything(talk),
            "example.test notify -; example.test notify answer 0 to -; example.test serves 5 by SOA answer after -; "
            "example.test notify answered with 5");
  talk.start();
  talk.end(TcpEnd::refused);
  EXPECT_EQ(talk.told(), "");
  EXPECT_EQ(talk.counters().transfer_messages, 3U);
}

TEST(Signals, WithoutTransferItsFirstSoaStillAnswersANotify) {
  DnsTalk talk({}, {.transfer = false, .served = false});
  talk.udp_server(notify());
  talk.start();
  talk.client(axfr_query().framed());
  const std::string begin = axfr_begin(5).framed();
  talk.server(begin.substr(0, 50));
  talk.server(begin.substr(50, 60));
  talk.server(begin.substr(110));
  EXPECT_EQ(talk.told(), "example.test notify -; example.test notify answered with 5");
  EXPECT_EQ(talk.decoder.sizes().transfers, 0U) << "no more is needed of it";
  talk.server(axfr_more().framed());
  talk.end(TcpEnd::reset);
  EXPECT_EQ(talk.told(), "");
}

TEST(Signals, NothingIsHeldOfTransfersThatNobodyWants) {
  for (const bool notify : {false, true}) {
    DnsTalk talk({}, {.notify = notify, .transfer = false});
    talk.start();
    talk.client(axfr_query().framed());
    for (const Message& message : {axfr_begin(5), axfr_more()}) {
      const std::string framed = message.framed();
      talk.server(framed.substr(0, framed.size() - 5));
      EXPECT_EQ(talk.decoder.sizes().dns_held_bytes, 0U) << notify;
      talk.server(framed.substr(framed.size() - 5));
    }
    EXPECT_EQ(talk.counters().transfer_messages, 2U);
    EXPECT_EQ(talk.counters().malformed, 0U);
  }
}

TEST(Signals, ATransferSwitchedOnInItsMiddleIsNoBeginning) {
  for (const bool notify : {false, true}) {
    DnsTalk talk({}, {.notify = notify, .transfer = false});
    talk.start();
    talk.client(axfr_query().framed());
    talk.server(axfr_begin(5).framed());
    talk.decoder.watch({});
    talk.server(axfr_begin(6).framed() + axfr_end(6).framed());  // looks like one
    talk.end(TcpEnd::closed);
    EXPECT_EQ(talk.told(), "") << notify;
    talk.start();
    talk.client(axfr_query(3).framed());
    talk.server(axfr_begin(7, 3).framed() + axfr_end(7, 3).framed());
    EXPECT_EQ(talk.told(), "example.test started 7; example.test completed AXFR 7 of 3");
  }
}

TEST(Signals, ATransferSwitchedOffInItsMiddleIsForgotten) {
  for (const bool notify : {false, true}) {
    DnsTalk talk;
    talk.start();
    talk.client(axfr_query().framed());
    talk.server(axfr_begin(5).framed());
    EXPECT_EQ(talk.told(), "example.test started 5");
    talk.decoder.watch({.notify = notify, .transfer = false});
    talk.server(axfr_more().framed());
    EXPECT_EQ(talk.decoder.sizes().transfers, 0U);
    talk.end(TcpEnd::closed);
    EXPECT_EQ(talk.told(), "");
  }
}

TEST(Signals, ByUdpTransfersAnswerNotifiesToo) {
  const auto talk_of = [](const Signals& signals) {
    DnsTalk talk({}, signals);
    talk.udp_server(notify());
    talk.udp_client(Message(2, kQuery).question(kZone, kTypeIxfr).authority(soa(kZone, 4)));
    talk.udp_server(Message(2, kAnswer).question(kZone, kTypeIxfr).answer(soa(kZone, 5)));
    EXPECT_EQ(talk.counters().transfer_messages, 1U);
    return talk.told();
  };
  EXPECT_EQ(talk_of({.transfer = false}), "example.test notify -; example.test notify answered with 5");
  EXPECT_EQ(talk_of({.notify = false, .transfer = false}), "");
}

TEST(Signals, OnlyTheServersNamedAreLookedAt) {
  const WatchedText text{*ZoneName::parse("t.test"), *ZoneName::parse("test")};
  DnsTalk talk({}, {.stamps = {text}, .all_servers = false, .servers = {*IpAddress::parse("192.0.2.54")}});
  const Message both =
      Message(1, kAnswer).question(kZone, kTypeSoa).answer(soa(kZone, 5)).answer(record("t.test", kTypeTxt, "\x01x"));
  talk.udp_server(notify());
  talk.udp_server(both);
  EXPECT_EQ(talk.told(), "example.test notify -; example.test notify answered with 5") << "offered is not served";
  EXPECT_EQ(talk.counters().served_seen + talk.counters().stamps_seen, 0U);
  talk.server_end.address = *IpAddress::parse("192.0.2.54");
  talk.udp_server(both);
  EXPECT_EQ(talk.told(), "example.test serves 5 by SOA answer after -; test stamp t.test=x");
}

TEST(Signals, NoServersIsNone) {
  DnsTalk talk({}, {.all_servers = false});
  talk.udp_server(soa_answer(5));
  EXPECT_EQ(talk.told(), "");
}

}  // namespace
}  // namespace zonelag::decoder::test
