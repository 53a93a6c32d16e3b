// Transfers over TCP, through DnsDecoder.
#include <gtest/gtest.h>

#include "dns_talk.h"

namespace zonelag::decoder::test {
namespace {

constexpr const char* kZone = "example.test";

Message axfr(std::uint16_t id, const char* zone = kZone) { return Message(id, kQuery).question(zone, kTypeAxfr); }
Message ixfr(std::uint16_t id, std::uint32_t serial) {
  return Message(id, kQuery).question(kZone, kTypeIxfr).authority(soa(kZone, serial));
}
Message of(std::uint16_t id, std::uint16_t type = kTypeAxfr, const char* zone = kZone) {
  return Message(id, kAnswer).question(zone, type);
}
Message later(std::uint16_t id) { return Message(id, kAnswer); }

// A zone of four records in three messages, of which the later ones have no question.
std::string zone_answer(std::uint16_t id, const char* zone = kZone) {
  return of(id, kTypeAxfr, zone).answer(soa(zone, 9)).answer(a_record("a.test")).framed() +
         later(id).answer(a_record("b.test")).framed() + later(id).answer(soa(zone, 9)).framed();
}

class DnsTransferTest : public testing::Test {
 protected:
  DnsTransferTest() { talk_.start(); }
  // The connection of a running transfer whose first message has come.
  void begin_axfr(std::uint16_t id = 1) {
    talk_.client(axfr(id).framed());
    talk_.server(of(id).answer(soa(kZone, 9)).answer(a_record("a.test")).framed());
    EXPECT_EQ(talk_.told(), "example.test started 9");
  }
  // The same once more from the start, on another connection.
  void restart() {
    talk_.end(TcpEnd::closed);
    talk_.told();
    talk_.start();
  }
  Transfer last() const { return std::get<Transfer>(talk_.sink.last.body); }

  DnsTalk talk_;
};

TEST_F(DnsTransferTest, Axfr) {
  talk_.client(Message(1, kQuery).question("Example.TEST", kTypeAxfr).additional(tsig("Key.Test")).framed());
  talk_.server(zone_answer(1));
  EXPECT_EQ(talk_.told(), "example.test started 9; example.test completed AXFR 9 of 4");
  EXPECT_EQ(last().asked, TransferQuery::axfr);
  EXPECT_EQ(last().messages, 3U);
  EXPECT_EQ(last().bytes, zone_answer(1).size() - 6);
  EXPECT_EQ(last().tsig_key, "key.test");
  EXPECT_EQ(talk_.sink.last.source, talk_.server_end);
  EXPECT_EQ(talk_.sink.last.destination, talk_.client_end);
  talk_.fin(Side::server);
  talk_.end(TcpEnd::closed);
  EXPECT_EQ(talk_.told(), "");
}

TEST_F(DnsTransferTest, CutAnywhere) {
  const std::string query = ixfr(1, 5).framed();
  const std::string answer = zone_answer(1);
  for (std::size_t at = 1; at < answer.size(); ++at) {
    talk_.client(query.substr(0, at % query.size()));
    talk_.client(query.substr(at % query.size()));
    talk_.server(answer.substr(0, at));
    talk_.server(answer.substr(at));
    ASSERT_EQ(talk_.told(), "example.test started 9; example.test completed AXFR-style 9 of 4") << at;
    EXPECT_EQ(last().client_serial, Serial{5});
  }
}

TEST_F(DnsTransferTest, OneByteAtATime) {
  for (const char c : axfr(1).framed()) talk_.client(std::string(1, c));
  for (const char c : zone_answer(1)) talk_.server(std::string(1, c));
  EXPECT_EQ(talk_.told(), "example.test started 9; example.test completed AXFR 9 of 4");
}

TEST_F(DnsTransferTest, InterleavedById) {
  talk_.client(axfr(1, "a.test").framed() + axfr(2, "b.test").framed());
  talk_.server(of(2, kTypeAxfr, "b.test").answer(soa("b.test", 6)).framed());
  talk_.server(of(1, kTypeAxfr, "a.test").answer(soa("a.test", 5)).framed());
  talk_.server(later(2).answer(a_record("b.test")).framed() + later(1).answer(soa("a.test", 5)).framed());
  talk_.server(later(2).answer(soa("b.test", 6)).framed());
  EXPECT_EQ(talk_.told(),
            "b.test started 6; a.test started 5; a.test completed AXFR 5 of 2; b.test completed AXFR 6 of 3");
}

TEST_F(DnsTransferTest, IxfrUpToDateIsOneSoa) {
  talk_.client(ixfr(1, 9).framed());
  talk_.server(of(1, kTypeIxfr).answer(soa(kZone, 9)).framed());
  EXPECT_EQ(talk_.told(), "example.test started 9; example.test completed lone SOA 9 of 1");
}

TEST_F(DnsTransferTest, LoneSoaThatIsNewerIsFinalWhenTheServerCloses) {
  const std::string answer = of(1, kTypeIxfr).answer(soa(kZone, 9)).framed();
  talk_.client(ixfr(1, 5).framed());
  talk_.server(answer);
  EXPECT_EQ(talk_.told(), "example.test started 9");
  talk_.fin(Side::server);
  EXPECT_EQ(talk_.told(), "example.test completed lone SOA 9 of 1");
  restart();
  talk_.client(ixfr(1, 5).framed());
  talk_.server(answer + std::string(1, '\0'));  // another message was coming
  talk_.fin(Side::server);
  EXPECT_EQ(talk_.told(), "example.test started 9; example.test failed closed early");
}

TEST_F(DnsTransferTest, SoaOfAMessageThatDidNotEndIsNoAnswer) {
  talk_.client(ixfr(1, 5).framed());
  const std::string answer = of(1, kTypeIxfr).answer(soa(kZone, 9)).answer(a_record("a.test")).framed();
  talk_.server(answer.substr(0, answer.size() - a_record("a.test").size()));
  talk_.fin(Side::server);
  EXPECT_EQ(talk_.told(), "example.test started 9; example.test failed closed early");
}

TEST_F(DnsTransferTest, Refusals) {
  const auto outcome = [&](const Message& answer) {
    talk_.client(axfr(1).framed());
    talk_.server(answer.framed());
    return talk_.told();
  };
  EXPECT_EQ(outcome(Message(1, 0x8005).question(kZone, kTypeAxfr)), "example.test failed REFUSED");
  EXPECT_EQ(outcome(Message(1, 0x8009).question(kZone, kTypeAxfr)), "example.test failed NOTAUTH");
  EXPECT_EQ(outcome(Message(1, 0x8009).question(kZone, kTypeAxfr).additional(tsig("key.test", 17))),
            "example.test failed TSIG error");
  EXPECT_EQ(outcome(Message(1, 0x8005)), "example.test failed REFUSED") << "without question";
  EXPECT_EQ(outcome(of(1)), "example.test failed malformed") << "no record";
}

TEST_F(DnsTransferTest, ErrorInTheMiddle) {
  begin_axfr();
  talk_.server(Message(1, 0x8402).framed());
  EXPECT_EQ(talk_.told(), "example.test failed other RCODE");
  EXPECT_EQ(last().rcode, 2);
  talk_.server(later(1).answer(soa(kZone, 9)).framed());  // what still comes shows no served serial either
  EXPECT_EQ(talk_.told(), "");
  EXPECT_EQ(talk_.counters().transfer_orphans, 1U);
}

TEST_F(DnsTransferTest, WrongAnswers) {
  begin_axfr();
  talk_.server(later(1).answer(soa(kZone, 8)).framed());
  EXPECT_EQ(talk_.told(), "example.test failed malformed");
  talk_.client(axfr(2).framed());
  talk_.server(of(2).answer(a_record("a.test")).answer(soa(kZone, 9)).framed());
  EXPECT_EQ(talk_.told(), "example.test failed malformed");
}

TEST_F(DnsTransferTest, EndsOfTheConnection) {
  const std::pair<TcpEnd, const char*> ends[] = {
      {TcpEnd::closed, "example.test failed closed early"},  {TcpEnd::reset, "example.test failed reset"},
      {TcpEnd::idle, "example.test failed idle timeout"},    {TcpEnd::evicted, "example.test failed capture gap"},
      {TcpEnd::replaced, "example.test failed capture gap"}, {TcpEnd::capture_end, ""}};
  for (const auto& [how, told] : ends) {
    begin_axfr();
    talk_.end(how);
    EXPECT_EQ(talk_.told(), told);
    talk_.start();
  }
  begin_axfr();
  talk_.fin(Side::client);  // half closed: answers still come
  EXPECT_EQ(talk_.told(), "");
  talk_.fin(Side::server);
  EXPECT_EQ(talk_.told(), "example.test failed closed early");
}

TEST_F(DnsTransferTest, HoleInsideAMessageCostsItsTransferOnly) {
  talk_.client(axfr(1, "a.test").framed() + axfr(2, "b.test").framed());
  talk_.server(of(1, kTypeAxfr, "a.test").answer(soa("a.test", 5)).framed());
  talk_.server(of(2, kTypeAxfr, "b.test").answer(soa("b.test", 6)).framed());
  talk_.told();
  const std::string cut = later(1).answer(record("x.test", kTypeTxt, std::string(400, 'x'))).framed();
  talk_.server(cut.substr(0, 60));
  talk_.server_hole(cut.size() - 80);
  EXPECT_EQ(talk_.told(), "a.test failed capture gap");
  talk_.server(cut.substr(cut.size() - 20) + later(2).answer(soa("b.test", 6)).framed());
  EXPECT_EQ(talk_.told(), "b.test completed AXFR 6 of 2");
}

TEST_F(DnsTransferTest, HoleAcrossMessagesCostsAll) {
  talk_.client(axfr(1, "a.test").framed() + axfr(2, "b.test").framed());
  talk_.server(of(1, kTypeAxfr, "a.test").answer(soa("a.test", 5)).framed());
  talk_.server(of(2, kTypeAxfr, "b.test").answer(soa("b.test", 6)).framed());
  talk_.told();
  talk_.server_hole(1000);
  EXPECT_EQ(talk_.told(), "b.test failed capture gap; a.test failed capture gap");
  talk_.client(axfr(3).framed());
  talk_.server(zone_answer(3));  // found again
  EXPECT_EQ(talk_.told(), "example.test started 9; example.test completed AXFR 9 of 4");
}

TEST_F(DnsTransferTest, AnswersOnlyFromTheStartAreATransfer) {
  talk_.server(zone_answer(1));
  EXPECT_EQ(talk_.told(), "example.test started 9; example.test completed AXFR 9 of 4");
  EXPECT_EQ(last().client_serial, std::nullopt);
}

// RFC 1995's answer 9 5 +1 7 | 7 +1 9 ... seen from a difference sequence on looks like one from its beginning.
TEST_F(DnsTransferTest, TheMiddleOfAnIncrementalAnswerIsNeverABeginning) {
  talk_.server_hole(0);
  talk_.server(of(1, kTypeIxfr).answer(soa(kZone, 7)).answer(soa(kZone, 6)).answer(soa(kZone, 7)).framed());
  talk_.server(of(1, kTypeIxfr).answer(soa(kZone, 7)).framed());
  EXPECT_EQ(talk_.told(), "example.test failed capture gap");
  EXPECT_FALSE(last().first_serial);
  EXPECT_EQ(talk_.counters().transfers_completed, 0U);
}

TEST_F(DnsTransferTest, AnswersBehindTheEndAreOrphans) {
  talk_.client(axfr(1).framed());
  talk_.server(zone_answer(1));
  talk_.told();
  talk_.server(of(1).answer(soa(kZone, 9)).answer(soa(kZone, 9)).framed());
  EXPECT_EQ(talk_.told(), "");
  EXPECT_EQ(talk_.counters().transfer_orphans, 1U);
  talk_.client(axfr(1).framed());  // the id is used again
  talk_.server(zone_answer(1));
  EXPECT_EQ(talk_.told(), "example.test started 9; example.test completed AXFR 9 of 4");
}

TEST_F(DnsTransferTest, ConnectThatFailsIsOfTheZonesJustAnnounced) {
  const Path announced{{talk_.server_end.address, 5353}, {talk_.client_end.address, 53}, Transport::udp};
  talk_.end(TcpEnd::refused);
  EXPECT_EQ(talk_.told(), "") << "nothing was announced";
  for (const auto& [how, told] : {std::pair{TcpEnd::refused, "example.test failed connection refused"},
                                  std::pair{TcpEnd::connect_timeout, "example.test failed connect timeout"}}) {
    talk_.datagram(announced, Message(1, kNotify).question(kZone, kTypeSoa).answer(soa(kZone, 9)).bytes());
    talk_.told();
    talk_.start();
    talk_.end(how);
    EXPECT_EQ(talk_.told(), told);
    talk_.start();
    talk_.end(how);
    EXPECT_EQ(talk_.told(), "") << "told once";
  }
  EXPECT_EQ(talk_.counters().failed_connects, 5U);
}

TEST_F(DnsTransferTest, SeveralQuestionsAreNoTransfers) {
  begin_axfr();
  const std::string odd =
      Message(1, kAnswer).question("a.test", kTypeA).question("b.test", kTypeA).answer(soa(kZone, 9)).framed();
  talk_.server(odd);
  talk_.server(odd.substr(0, odd.size() - 5));
  talk_.server(odd.substr(odd.size() - 5));
  EXPECT_EQ(talk_.told(), "");
  EXPECT_EQ(talk_.counters().responses, 2U);
}

}  // namespace
}  // namespace zonelag::decoder::test
