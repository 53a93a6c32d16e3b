// Watched TXT records: the tracker alone, and in answers.
#include "stamp.h"

#include <gtest/gtest.h>

#include "dns_talk.h"

namespace zonelag::decoder::test {
namespace {

constexpr const char* kOwner = "_stamp.example.test";

std::string strings(std::initializer_list<std::string_view> parts) {
  std::string rdata;
  for (const std::string_view part : parts) rdata += static_cast<char>(part.size()) + std::string(part);
  return rdata;
}
std::string txt(std::string_view value, const char* owner = kOwner) {
  return record(owner, kTypeTxt, strings({value}));
}
WatchedText watched(const char* owner, const char* zone = "example.test") {
  return {*ZoneName::parse(owner), *ZoneName::parse(zone)};
}
Message answer(unsigned flags = kAnswer) { return Message(1, flags).question(kOwner, kTypeTxt); }

TEST(ReadText, JoinsCharacterStrings) {
  EXPECT_EQ(read_text(bytes_of(strings({"2026", "", "1120"}))), "20261120");
  EXPECT_EQ(read_text(bytes_of(strings({""}))), "");
  EXPECT_EQ(read_text(bytes_of(strings({std::string(255, 'x')}))), std::string(255, 'x'));
}

TEST(ReadText, MalformedIsNothing) {
  EXPECT_FALSE(read_text({}));
  EXPECT_FALSE(read_text(bytes_of("\x05less")));
  EXPECT_FALSE(read_text(bytes_of(strings({"whole"}) + "\x01")));
}

class StampTrackerTest : public testing::Test {
 protected:
  bool see(const std::string& value, const char* server = "192.0.2.53", const WatchedText* of = nullptr) {
    const auto stamp = tracker_.see(*IpAddress::parse(server), {of == nullptr ? &a_ : of, value});
    if (stamp) {
      EXPECT_EQ(*stamp, (Stamp{(of == nullptr ? a_ : *of).owner.to_text(), value}));
    }
    return stamp.has_value();
  }

  WatchedText a_ = watched("a.test");
  WatchedText b_ = watched("b.test");
  DnsCounters counters_;
  StampTracker tracker_{{.max_stamps = 2, .max_stamp_bytes = 10}, counters_};
};

TEST_F(StampTrackerTest, FirstSightingAndChangeAreEvents) {
  EXPECT_TRUE(see("1"));
  EXPECT_FALSE(see("1"));
  EXPECT_TRUE(see("2"));
  EXPECT_TRUE(see("1", "192.0.2.54")) << "another server";
  EXPECT_EQ(counters_.stamps_seen, 4U);
  EXPECT_EQ(counters_.stamps_changed, 3U);
}

TEST_F(StampTrackerTest, AnEmptyValueIsAValue) {
  EXPECT_TRUE(see(""));
  EXPECT_FALSE(see(""));
  EXPECT_TRUE(see("1"));
  EXPECT_FALSE(see("")) << "an old one for a moment";
}

TEST_F(StampTrackerTest, OldAnswersForAMomentAreNoChange) {
  EXPECT_TRUE(see("1"));
  EXPECT_TRUE(see("2"));
  for (const char* value : {"1", "2", "1", "2"}) EXPECT_FALSE(see(value));
  EXPECT_EQ(counters_.stamps_flapped, 4U);
  for (const char* value : {"3", "4"}) EXPECT_TRUE(see(value));
  for (const char* value : {"1", "2", "3", "4"}) EXPECT_FALSE(see(value)) << value;
  EXPECT_TRUE(see("5"));
}

TEST_F(StampTrackerTest, TheLeastRecentlySeenMakesRoom) {
  EXPECT_TRUE(see("1"));
  EXPECT_TRUE(see("1", "192.0.2.53", &b_));
  EXPECT_FALSE(see("1"));
  EXPECT_TRUE(see("1", "192.0.2.54"));
  EXPECT_EQ(counters_.stamps_evicted, 1U);
  EXPECT_EQ(tracker_.size(), 2U);
  EXPECT_FALSE(see("1"));
  EXPECT_TRUE(see("1", "192.0.2.53", &b_)) << "it was evicted";
}

TEST_F(StampTrackerTest, TooLongIsCounted) {
  EXPECT_TRUE(see("0123456789"));
  EXPECT_FALSE(see("0123456789x"));
  EXPECT_EQ(counters_.stamps_too_long, 1U);
  EXPECT_FALSE(see("0123456789")) << "still known";
}

class StampAnswerTest : public testing::Test {
 protected:
  std::string told_of(const Message& message) {
    talk_.udp_server(message);
    return talk_.told();
  }
  DnsTalk talk_{{}, {.stamps = {watched(kOwner), watched("_t.other.test", "other.test")}}};
};

TEST_F(StampAnswerTest, TellsTheZoneAndNotWhoAsked) {
  EXPECT_EQ(told_of(answer().answer(record("_Stamp.EXAMPLE.test", kTypeTxt, strings({"17", "64"})))),
            "example.test stamp _stamp.example.test=1764");
  EXPECT_EQ(talk_.sink.last.source, talk_.server_end);
  EXPECT_EQ(talk_.sink.last.destination, Endpoint{});
  EXPECT_EQ(told_of(answer().answer(txt("1764"))), "");
  EXPECT_EQ(told_of(answer().answer(txt("1765"))), "example.test stamp _stamp.example.test=1765");
}

TEST_F(StampAnswerTest, SeveralRecordsAreOneValueInAnyOrder) {
  const std::string told = "example.test stamp _stamp.example.test=a\nb";
  EXPECT_EQ(told_of(answer().answer(txt("b")).answer(txt("a")).answer(txt("b"))), told);
  EXPECT_EQ(told_of(answer().answer(txt("a")).answer(txt("b"))), "");
}

TEST_F(StampAnswerTest, SeveralOwnersInOneAnswer) {
  EXPECT_EQ(told_of(answer().answer(txt("x", "_t.other.test")).answer(txt("1")).answer(txt("no", "third.test"))),
            "other.test stamp _t.other.test=x; example.test stamp _stamp.example.test=1");
}

TEST_F(StampAnswerTest, OnlyWholeAuthoritativeAnswers) {
  EXPECT_EQ(told_of(answer(0x8000).answer(txt("1"))), "") << "no AA";
  EXPECT_EQ(told_of(answer(0x8403).answer(txt("1"))), "") << "NXDOMAIN";
  EXPECT_EQ(told_of(answer(0x8600).answer(txt("1"))), "") << "TC";
  EXPECT_EQ(told_of(answer().authority(txt("1"))), "");
  EXPECT_EQ(told_of(answer().answer(record(kOwner, kTypeTxt, strings({"1"}), 3))), "") << "CHAOS";
  EXPECT_EQ(told_of(answer().answer(txt("1")).answer(record(kOwner, kTypeTxt, "\x09short"))), "");
  EXPECT_EQ(told_of(answer().answer(record(kOwner, kTypeTxt, ""))), "");
  const std::string bytes = answer().answer(txt("1")).answer(txt("2")).bytes();
  talk_.datagram({talk_.server_end, talk_.client_end}, bytes.substr(0, bytes.size() - 1), 1);
  EXPECT_EQ(talk_.told(), "") << "snapped in the second record";
  EXPECT_EQ(talk_.counters().stamps_seen, 0U);
}

TEST_F(StampAnswerTest, OverTcpToo) {
  talk_.start();
  const std::string framed = answer().answer(txt("1")).framed();
  talk_.server(framed.substr(0, 20));
  talk_.server(framed.substr(20));
  EXPECT_EQ(talk_.told(), "example.test stamp _stamp.example.test=1");
  EXPECT_EQ(talk_.sink.last.transport, Transport::tcp);
  EXPECT_EQ(talk_.sink.last.destination, Endpoint{});
}

TEST_F(StampAnswerTest, BesideASerial) {
  EXPECT_EQ(told_of(answer().answer(txt("1")).answer(soa("example.test", 5))),
            "example.test serves 5 by SOA answer after -; example.test stamp _stamp.example.test=1");
}

TEST_F(StampAnswerTest, WatchedFromTheNextPacketOn) {
  talk_.decoder.watch({});
  EXPECT_EQ(told_of(answer().answer(txt("1"))), "");
  talk_.decoder.watch({.stamps = {watched(kOwner)}});
  EXPECT_EQ(told_of(answer().answer(txt("1"))), "example.test stamp _stamp.example.test=1");
}

}  // namespace
}  // namespace zonelag::decoder::test
