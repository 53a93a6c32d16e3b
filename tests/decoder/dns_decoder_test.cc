// Datagrams through DnsDecoder: transfers over UDP, NOTIFY, and what authoritative answers show.
#include "dns_decoder.h"

#include <gtest/gtest.h>

#include "dns_talk.h"

namespace zonelag::decoder::test {
namespace {

constexpr const char* kZone = "example.test";
constexpr unsigned kTruncated = 0x8600;

Message ixfr(std::uint16_t id, std::uint32_t serial) {
  return Message(id, kQuery).question(kZone, kTypeIxfr).authority(soa(kZone, serial));
}
Message of_ixfr(std::uint16_t id) { return Message(id, kAnswer).question(kZone, kTypeIxfr); }
Message asked(const char* name, std::uint16_t type = kTypeSoa, unsigned flags = kAnswer, std::uint16_t klass = 1) {
  return Message(1, flags).question(name, type, klass);
}
std::string zone_version(unsigned labels, std::uint32_t serial, unsigned type = 0) {
  const std::string option = {static_cast<char>(labels), static_cast<char>(type)};
  const std::string cookie = number16(10) + number16(8) + "8 bytes.";
  const std::string rdata = cookie + number16(kOptionZoneVersion) + number16(6) + option + number32(serial);
  return record("", kTypeOpt, rdata, 1232);
}

class DnsDecoderTest : public testing::Test {
 protected:
  std::string told_of(const Message& answer) {
    talk_.udp_server(answer);
    return talk_.told();
  }
  std::string told_of_ixfr(const Message& answer, std::uint32_t from = 5) {
    talk_.wait(std::chrono::seconds(1));  // or it would be a mirror port's copy
    talk_.udp_client(ixfr(1, from));
    return told_of(answer);
  }
  DnsTalk talk_;
};

TEST_F(DnsDecoderTest, IxfrOverUdp) {
  EXPECT_EQ(
      told_of_ixfr(of_ixfr(1).answer(soa(kZone, 9)).answer(soa(kZone, 5)).answer(soa(kZone, 9)).answer(soa(kZone, 9))),
      "example.test started 9; example.test completed incremental 9 of 4");
  EXPECT_EQ(std::get<Transfer>(talk_.sink.last.body).client_serial, Serial{5});
  EXPECT_EQ(talk_.sink.last.transport, Transport::udp);
  EXPECT_EQ(told_of_ixfr(of_ixfr(1).answer(soa(kZone, 9))),  // newer, alone: use TCP
            "example.test started 9; example.test completed lone SOA 9 of 1");
}

TEST_F(DnsDecoderTest, IxfrOverUdpThatFails) {
  EXPECT_EQ(told_of_ixfr(Message(1, kTruncated).question(kZone, kTypeIxfr).answer(soa(kZone, 9)).answer(soa(kZone, 5))),
            "example.test started 9; example.test failed truncated");
  EXPECT_EQ(told_of_ixfr(Message(1, 0x8005).question(kZone, kTypeIxfr)), "example.test failed REFUSED");
  EXPECT_EQ(told_of_ixfr(Message(1, 0x8009).question(kZone, kTypeIxfr)), "example.test failed NOTAUTH");
  EXPECT_EQ(told_of_ixfr(of_ixfr(1)), "example.test failed malformed") << "YADIFA: no records at all";
  EXPECT_EQ(told_of_ixfr(of_ixfr(1).answer(soa(kZone, 9)).answer(soa(kZone, 5))),
            "example.test started 9; example.test failed malformed")
      << "not all, and nothing says so";
}

TEST_F(DnsDecoderTest, LostAnswerOverUdpTimesOut) {
  talk_.udp_client(ixfr(1, 5));
  talk_.udp_client(ixfr(1, 5));  // a retry
  talk_.wait(std::chrono::seconds(29));
  EXPECT_EQ(talk_.told(), "");
  talk_.wait(std::chrono::seconds(1));
  EXPECT_EQ(talk_.told(), "example.test failed idle timeout");
  talk_.wait(std::chrono::seconds(60));
  EXPECT_EQ(talk_.told(), "");
}

TEST_F(DnsDecoderTest, CopiesOfATransferOverUdpAreOne) {
  const Message answer = of_ixfr(1).answer(soa(kZone, 9)).answer(soa(kZone, 9));
  EXPECT_EQ(told_of_ixfr(answer), "example.test started 9; example.test completed AXFR-style 9 of 2");
  EXPECT_EQ(told_of(answer), "");
  talk_.udp_client(ixfr(1, 5));  // behind the answer
  talk_.wait(std::chrono::seconds(60));
  EXPECT_EQ(talk_.told(), "");
}

TEST_F(DnsDecoderTest, SnappedAnswerOverUdpIsACaptureGap) {
  talk_.udp_client(ixfr(1, 5));
  const std::string answer = of_ixfr(1).answer(soa(kZone, 9)).answer(soa(kZone, 5)).answer(soa(kZone, 9)).bytes();
  talk_.datagram({talk_.server_end, talk_.client_end}, answer.substr(0, answer.size() - 50), 50);
  EXPECT_EQ(talk_.told(), "example.test started 9; example.test failed capture gap");
}

TEST_F(DnsDecoderTest, ServedByTheSoaOfAnAnswer) {
  EXPECT_EQ(told_of(asked("Example.Test").answer(soa("Example.Test", 9))),
            "example.test serves 9 by SOA answer after -");
  EXPECT_EQ(talk_.sink.last.source, talk_.server_end);
  EXPECT_EQ(talk_.sink.last.destination, Endpoint{}) << "who asked stays here";
  EXPECT_EQ(std::get<Served>(talk_.sink.last.body).timers, (SoaTimers{3600, 600, 86400, 60}));
  EXPECT_EQ(told_of(asked(kZone).answer(soa(kZone, 9))), "");
  EXPECT_EQ(told_of(asked(kZone).answer(soa(kZone, 10))), "example.test serves 10 by SOA answer after 9");
}

TEST_F(DnsDecoderTest, ServedByNegativeAnswers) {
  EXPECT_EQ(told_of(asked("no.example.test", kTypeA, kAnswer | kRcodeNxDomain).authority(soa(kZone, 9))),
            "example.test serves 9 by negative answer after -");
  EXPECT_EQ(told_of(asked("b.example.test", kTypeA).authority(soa(kZone, 10))),
            "example.test serves 10 by negative answer after 9");
}

TEST_F(DnsDecoderTest, ServedByZoneVersion) {
  const auto answer = [](const std::string& option) {
    return asked("www.Example.Test", kTypeA).answer(a_record("www.example.test")).additional(option);
  };
  EXPECT_EQ(told_of(answer(zone_version(2, 9))), "example.test serves 9 by ZONEVERSION after -");
  EXPECT_EQ(told_of(answer(zone_version(3, 7))), "www.example.test serves 7 by ZONEVERSION after -");
  EXPECT_EQ(told_of(answer(zone_version(0, 6))), ". serves 6 by ZONEVERSION after -");
  EXPECT_EQ(told_of(answer(zone_version(4, 8))), "") << "more labels than the name has";
  EXPECT_EQ(told_of(answer(zone_version(2, 10, 1))), "") << "another type of version";
}

TEST_F(DnsDecoderTest, NothingIsServedByWhatIsNoAuthoritativeAnswer) {
  EXPECT_EQ(told_of(asked(kZone, kTypeSoa, 0x8000).answer(soa(kZone, 9))), "") << "AA is not set";
  EXPECT_EQ(told_of(asked(kZone, kTypeSoa, kAnswer, 3).answer(soa(kZone, 9, 3))), "") << "class CH";
  EXPECT_EQ(told_of(asked(kZone, kTypeSoa, kAnswer | kRcodeRefused).answer(soa(kZone, 9))), "");
  EXPECT_EQ(told_of(asked(kZone, kTypeSoa, kAnswer | 2).answer(soa(kZone, 9))), "") << "SERVFAIL";
  EXPECT_EQ(told_of(Message(1, kAnswer).answer(soa(kZone, 9))), "") << "no question: part of anything";
  EXPECT_EQ(told_of(asked(kZone).additional(soa(kZone, 9))), "") << "additional section";
  EXPECT_EQ(talk_.counters().served_seen, 0U);
  EXPECT_EQ(talk_.counters().responses, 6U);
}

TEST_F(DnsDecoderTest, SoaWithBadRdataShowsNothing) {
  EXPECT_EQ(told_of(asked(kZone).answer(record(kZone, kTypeSoa, "short"))), "");
  const std::string good = soa(kZone, 9);
  const std::string rdata = good.substr(wire_name(kZone).size() + 10);
  EXPECT_EQ(told_of(asked(kZone).answer(record(kZone, kTypeSoa, rdata + "x"))), "");
  EXPECT_EQ(told_of(asked(kZone).answer(record(kZone, kTypeSoa, rdata.substr(1)))), "");
  EXPECT_EQ(told_of(asked(kZone).answer(record(kZone, kTypeSoa, rdata))),
            "example.test serves 9 by SOA answer after -");
}

// The server of the zone tells the client: NOTIFY runs the same way as answers, to port 53.
TEST_F(DnsDecoderTest, NotifyAndItsAnswer) {
  const Path told{{talk_.server_end.address, 40'000}, {talk_.client_end.address, 53}, Transport::udp};
  const Path back{told.destination, told.source, Transport::udp};
  talk_.datagram(told, Message(7, kNotify).question(kZone, kTypeSoa).answer(soa("Example.Test", 9)).bytes());
  EXPECT_EQ(talk_.told(), "example.test notify 9");
  talk_.datagram(back, Message(7, kNotifyAnswer).question(kZone, kTypeSoa).bytes());
  EXPECT_EQ(talk_.told(), "example.test notify answer 0 to 9");
  talk_.datagram(back, Message(7, kNotifyAnswer | 3).bytes());
  EXPECT_EQ(talk_.told(), "example.test notify answer 3 to 9") << "NSD, zone not known: no question";
  talk_.datagram(back, Message(8, kNotifyAnswer | 3).bytes());
  EXPECT_EQ(talk_.told(), "") << "of nothing seen";
  EXPECT_EQ(talk_.counters().notify_responses, 3U);
  talk_.datagram(told, Message(9, kNotify).question(kZone, kTypeSoa).answer(soa("other.test", 9)).bytes());
  EXPECT_EQ(talk_.told(), "example.test notify -") << "another zone's SOA";
}

TEST_F(DnsDecoderTest, NotifyWithoutSerialIsAnsweredByTheSoaThenGiven) {
  const Path told{{talk_.server_end.address, 40'000}, {talk_.client_end.address, 53}, Transport::udp};
  talk_.datagram(told, Message(7, kNotify).question(kZone, kTypeSoa).bytes());
  EXPECT_EQ(talk_.told(), "example.test notify -");
  EXPECT_EQ(told_of(asked(kZone).answer(soa(kZone, 9))),
            "example.test serves 9 by SOA answer after -; example.test notify answered with 9");
  EXPECT_EQ(talk_.sink.last.source, told.source);
  talk_.datagram(told, Message(8, kNotify).question(kZone, kTypeSoa).bytes());
  talk_.told();
  talk_.start();  // NSD asks for the transfer at once
  talk_.client(ixfr(1, 9).framed());
  talk_.server(of_ixfr(1).answer(soa(kZone, 10)).framed());
  EXPECT_EQ(talk_.told(), "example.test started 10; example.test notify answered with 10");
}

TEST_F(DnsDecoderTest, EachMessageEndsInOneWay) {
  const std::string good = asked(kZone).answer(soa(kZone, 9)).bytes();
  const Path answers{talk_.server_end, talk_.client_end, Transport::udp};
  for (std::size_t size = 0; size <= good.size(); ++size) talk_.datagram(answers, good.substr(0, size));
  talk_.datagram(answers, good.substr(0, 11), 40);
  talk_.udp_client(Message(1, kQuery).question(kZone, kTypeSoa));
  talk_.udp_client(Message(1, 0x2800).question(kZone, kTypeSoa));
  talk_.udp_client(Message(1, 0x1000));
  const DnsCounters& c = talk_.counters();
  EXPECT_EQ(c.malformed, 30U) << "header of 12, name of 14, type and class: 30 bytes make a question";
  EXPECT_EQ(c.responses, good.size() + 1 - 30);
  EXPECT_EQ(c.served_seen, 1U);
  EXPECT_EQ(c.snapped, 1U);
  EXPECT_EQ(c.queries, 1U);
  EXPECT_EQ(c.updates, 1U);
  EXPECT_EQ(c.other_opcode, 1U);
  EXPECT_EQ(c.messages, good.size() + 5);
}

}  // namespace
}  // namespace zonelag::decoder::test
