#include "traffic/message_builder.h"

#include <gtest/gtest.h>

#include "packet_reader.h"
#include "traffic/records.h"

namespace zonelag::traffic {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes to_bytes(ByteView view) { return {view.begin(), view.end()}; }

TEST(Name, TakesWhatFitsAndNothingElse) {
  EXPECT_EQ(to_bytes(Name::of("a.bc").wire()), (Bytes{1, 'a', 2, 'b', 'c', 0}));
  EXPECT_EQ(to_bytes(Name::of("a.bc.").wire()), (Bytes{1, 'a', 2, 'b', 'c', 0}));
  EXPECT_EQ(to_bytes(Name::of(".").wire()), Bytes{0});
  for (const char* wrong : {"", "..", ".a", "a..b"}) EXPECT_FALSE(Name::parse(wrong)) << wrong;
  EXPECT_TRUE(Name::parse(std::string(63, 'x')));
  EXPECT_FALSE(Name::parse(std::string(64, 'x')));
  std::string longest;
  for (int i = 0; i < 126; ++i) longest += "x.";
  EXPECT_EQ(Name::of(longest).wire().size(), 253U);
  EXPECT_EQ(Name::of("y" + longest).wire().size(), 254U);
  EXPECT_EQ(Name::of("yy" + longest).wire().size(), 255U);
  EXPECT_FALSE(Name::parse("yyy" + longest));
}

TEST(MessageBuilder, CompressesNamesToTheirLongestKnownEnd) {
  MessageBuilder message;
  message.begin(0x1234, kFlagResponse);
  message.question(Name::of("zone.example"), RrType::kSoa);
  add_ns(message, Section::kAnswer, Name::of("zone.example"), Name::of("ns.other.example"));
  const Bytes expected{0x12, 0x34, 0x80, 0x00, 0,   1,   0,   1,   0,    0,    0,   0,  // header
                       4,    'z',  'o',  'n',  'e', 7,   'e', 'x', 'a',  'm',  'p', 'l',
                       'e',  0,    0,    6,    0,   1,                                   // question
                       0xc0, 12,   0,    2,    0,   1,   0,   1,   0x51, 0x80, 0,   11,  // owner points to it
                       2,    'n',  's',  5,    'o', 't', 'h', 'e', 'r',  0xc0, 17};      // "example" is at 17
  EXPECT_EQ(to_bytes(message.finish()), expected);
}

TEST(MessageBuilder, PutsTheLengthInFrontOnStreams) {
  MessageBuilder message;
  message.begin(1, 0, Framing::kStream);
  message.question(Name::of("a"), RrType::kAxfr);
  const Bytes bytes = to_bytes(message.finish());
  ASSERT_EQ(bytes.size(), 2U + 12 + 3 + 4);
  EXPECT_EQ((Bytes{bytes[0], bytes[1]}), (Bytes{0, 19}));
  EXPECT_TRUE(read_message(ByteView{bytes}.subspan(2)));
}

TEST(MessageBuilder, RewindTakesARecordBack) {
  MessageBuilder message;
  Rng rng{1};
  message.begin(1, 0);
  message.question(Name::of("zone"), RrType::kAxfr);
  const Bytes before = to_bytes(message.finish());
  const auto mark = message.mark();
  add_txt(message, Section::kAnswer, Name::of("new.zone"), 600, rng);
  message.rewind(mark);
  EXPECT_EQ(to_bytes(message.finish()), before);
  // The name taken back must not be pointed to.
  add_a(message, Section::kAnswer, Name::of("other.zone"), 1);
  add_a(message, Section::kAnswer, Name::of("new.zone"), 1);
  const auto read = read_message(message.finish());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->records[1].owner, "new.zone.");
}

TEST(MessageBuilder, LargestMessagesReadBack) {
  MessageBuilder message;
  message.begin(1, kFlagResponse);
  const Name zone = Name::of("example");
  std::vector<std::string> owners;
  // Beyond offset 16383 no name can be pointed to, and with so many names the table of known ones is full.
  while (message.size() < 65'000) {
    Name owner;
    const std::string label = numbered("h", owners.size());
    owner.assign(label, zone);
    add_a(message, Section::kAnswer, owner, 1);
    owners.push_back(label + ".example.");
  }
  const auto read = read_message(message.finish());
  ASSERT_TRUE(read);
  ASSERT_EQ(read->records.size(), owners.size());
  for (std::size_t i = 0; i < owners.size(); ++i) EXPECT_EQ(read->records[i].owner, owners[i]);
}

TEST(Records, FakeTsigHasTheSizeItClaims) {
  MessageBuilder message;
  Rng rng{1};
  const Name key = Name::of("some-key.example");
  message.begin(1, 0);
  add_fake_tsig(message, key, 1767225600, 1, rng);
  EXPECT_EQ(message.size() - 12, fake_tsig_size(key));
  const auto read = read_message(message.finish());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->records.at(0).rr_class, kClassAny);
}

}  // namespace
}  // namespace zonelag::traffic
