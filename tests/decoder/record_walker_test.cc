#include "record_walker.h"

#include <gtest/gtest.h>

#include <random>

#include "dns_messages.h"

namespace zonelag::decoder::test {
namespace {

// What was told, as text; plain records in a row are one number, however often they were told.
class Told final : public RecordVisitor {
 public:
  void record(Section section, std::uint16_t type, Bytes rdata) override {
    flush();
    log_ += std::to_string(static_cast<int>(section)) + ":" + std::to_string(type) + "(" +
            std::string(reinterpret_cast<const char*>(rdata.data()), rdata.size()) + ") ";
  }
  void plain_records(std::uint64_t count) override { plain_ += count; }
  std::string log() {
    flush();
    return log_;
  }

 private:
  void flush() {
    if (plain_ > 0) log_ += std::to_string(plain_) + " ";
    plain_ = 0;
  }
  std::string log_;
  std::uint64_t plain_ = 0;
};

struct Walk {
  std::string log;
  bool fine;
  bool complete;
  std::uint64_t records;
  friend bool operator==(const Walk&, const Walk&) = default;
};

Walk walk(const std::string& message, const std::vector<std::size_t>& cuts) {
  RecordWalker walker;
  Told told;
  walker.begin(read_header(bytes_of(message)));
  bool fine = true;
  std::size_t from = kHeaderLength;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const std::size_t to = i < cuts.size() ? cuts[i] : message.size();
    const std::string piece = message.substr(from, to - from);  // of its own, so that a read past the end is seen
    fine = walker.feed(bytes_of(piece), told) && fine;
    from = to;
  }
  return {told.log(), fine, walker.complete(), walker.records()};
}

std::string rdata_of(const std::string& zone_record, std::string_view owner) {
  return zone_record.substr(wire_name(owner).size() + 10);
}

// All that matters to a transfer: SOAs, other records, a pointer as owner, no RDATA, TSIG, and SOAs that don't.
std::string rich() {
  const std::string pointer = std::string("\xc0\x0c", 2) + number16(kTypeTxt) + number16(1) + number32(9);
  return Message(7, kAnswer)
      .answer(soa("example.test", 5))
      .answer(a_record("a.example.test"))
      .answer(pointer + number16(3) + "abc")
      .answer(record("", kTypeTxt, ""))
      .answer(record("t.example.test", kTypeTxt, std::string(300, 'x')))
      .answer(soa("example.test", 5))
      .authority(soa("example.test", 4))
      .additional(record("", kTypeOpt, "", 1232))
      .additional(tsig("key.test", 17))
      .bytes();
}

Walk expected() {
  const std::string zone_soa = "0:6(" + rdata_of(soa("example.test", 5), "example.test") + ") ";
  return {zone_soa + "4 " + zone_soa + "2:250(" + rdata_of(tsig("key.test", 17), "key.test") + ") ", true, true, 9};
}

TEST(RecordWalker, TellsSoasOfTheAnswerSectionAndTsigsAndCountsTheRest) { EXPECT_EQ(walk(rich(), {}), expected()); }

TEST(RecordWalker, OneCutAnywhereMakesNoDifference) {
  const std::string message = rich();
  for (std::size_t at = kHeaderLength; at <= message.size(); ++at) EXPECT_EQ(walk(message, {at}), expected()) << at;
}

TEST(RecordWalker, ManyCutsMakeNoDifference) {
  const std::string message = rich();
  std::vector<std::size_t> everywhere;
  for (std::size_t at = kHeaderLength; at < message.size(); ++at) everywhere.push_back(at);
  EXPECT_EQ(walk(message, everywhere), expected());
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    std::vector<std::size_t> cuts;
    for (const std::size_t at : everywhere) {
      if (random() % 16 == 0) cuts.push_back(at);
    }
    EXPECT_EQ(walk(message, cuts), expected()) << round;
  }
}

TEST(RecordWalker, IsCompleteWithTheLastByteOnly) {
  const std::string message = rich();
  for (std::size_t size = kHeaderLength; size < message.size(); ++size) {
    const Walk part = walk(message.substr(0, size), {});
    EXPECT_TRUE(part.fine) << size;
    EXPECT_FALSE(part.complete) << size;
  }
  EXPECT_EQ(walk(message + "trailing bytes are nobody's", {message.size() - 1}), expected());
}

TEST(RecordWalker, BadLabelEndsItWhereverItIsCut) {
  for (const char bad : {'\x40', '\x80', '\xbf'}) {  // 0x3f is a label of 63, 0xc0 a pointer
    std::string message = Message(7, kAnswer).answer(soa("z.test", 5)).answer(a_record("a.test")).bytes();
    message[message.size() - a_record("a.test").size()] = bad;
    const Walk whole = walk(message, {});
    EXPECT_FALSE(whole.fine);
    EXPECT_FALSE(whole.complete);
    for (std::size_t at = kHeaderLength; at <= message.size(); ++at) EXPECT_EQ(walk(message, {at}), whole) << at;
  }
}

TEST(RecordWalker, NameHasAtMost255Bytes) {
  const std::string label = std::string(1, '\x3f') + std::string(63, 'a');
  for (const std::size_t last : {61U, 62U}) {  // 3 * 64 + 1 + 61 + 1 = 255
    const std::string name =
        label + label + label + static_cast<char>(last) + std::string(last, 'b') + std::string(1, '\0');
    const std::string whole = name + number16(kTypeA) + number16(1) + number32(0) + number16(0);
    const std::string message = Message(7, kAnswer).answer(whole).answer(a_record("b.test")).bytes();
    for (std::size_t at = kHeaderLength; at <= message.size(); ++at) {
      EXPECT_EQ(walk(message, {at}).complete, name.size() <= 255) << name.size() << " cut at " << at;
    }
  }
}

TEST(RecordWalker, WantedRdataHasAtMost1024Bytes) {
  for (const std::size_t size : {1024U, 1025U}) {
    const std::string message = Message(7, kAnswer).answer(record("z.test", kTypeSoa, std::string(size, '\0'))).bytes();
    for (std::size_t at = kHeaderLength; at <= message.size(); at += 7) {
      EXPECT_EQ(walk(message, {at}).complete, size == 1024) << size << " cut at " << at;
    }
  }
}

TEST(RecordWalker, BeginsAnewAfterWhatWasBroken) {
  RecordWalker walker;
  Told told;
  walker.begin({.answers = 2});
  EXPECT_FALSE(walker.feed(bytes_of("\x40"), told));
  EXPECT_FALSE(walker.feed(bytes_of(a_record("a.test")), told));  // still
  EXPECT_FALSE(walker.complete());
  walker.begin({.answers = 1});
  EXPECT_TRUE(walker.feed(bytes_of(a_record("a.test")), told));
  EXPECT_TRUE(walker.complete());
  EXPECT_EQ(told.log(), "1 ");
}

}  // namespace
}  // namespace zonelag::decoder::test
