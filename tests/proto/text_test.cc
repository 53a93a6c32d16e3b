#include "text.h"

#include <google/protobuf/wrappers.pb.h>
#include <gtest/gtest.h>

#include <random>

#include "proto/codec.h"

namespace zonelag::proto {
namespace {

constexpr const char* kBad = "\ufffd";

TEST(Text, LeavesTextAlone) {
  for (const std::string text :
       {"", "vie1", "a\n\x7f", "\u0080\u07ff", "\u0800\ud7ff\ue000\uffff", "\U00010000\U0010ffff"}) {
    EXPECT_EQ(as_text(text), text);
  }
}

TEST(Text, ReplacesEachBadByte) {
  using std::string_literals::operator""s;
  EXPECT_EQ(as_text("a\0b"s), "a" + (kBad + "b"s));
  EXPECT_EQ(as_text("\x80"), kBad);
  EXPECT_EQ(as_text("a\xe2\x82"), "a"s + kBad + kBad);       // ends within a character
  EXPECT_EQ(as_text("\xc1\xbf"), kBad + std::string(kBad));  // overlong
  EXPECT_EQ(as_text("\xe0\x9f\xbf"), kBad + (kBad + std::string(kBad)));
  EXPECT_EQ(as_text("\xed\xa0\x80"), kBad + (kBad + std::string(kBad)));               // surrogate
  EXPECT_EQ(as_text("\xf0\x8f\xbf\xbf"), kBad + (kBad + (kBad + std::string(kBad))));  // overlong
  EXPECT_EQ(as_text("\xf4\x90\x80\x80"), kBad + (kBad + (kBad + std::string(kBad))));  // above U+10FFFF
  EXPECT_EQ(as_text("\xf5z"), kBad + "z"s);
}

// protobuf's own judge of UTF-8: what it takes is unchanged (save zero bytes), and it takes whatever comes out.
TEST(Text, AgreesWithProtobuf) {
  silence_library_log();
  const auto takes = [](const std::string& text) {
    const std::string record = std::string("\x0a") + static_cast<char>(text.size()) + text;
    return google::protobuf::StringValue{}.ParseFromString(record);
  };
  constexpr std::string_view kBytes = "a\x80\x8f\x90\x9f\xa0\xbf\xc1\xc2\xdf\xe0\xe1\xed\xee\xf0\xf1\xf4\xf5\xff";
  std::mt19937_64 random(3);
  int good = 0;
  for (int i = 0; i < 200000; ++i) {
    std::string text(1 + random() % 4, '\0');
    for (char& c : text) c = kBytes[random() % kBytes.size()];
    ASSERT_EQ(as_text(text) == text, takes(text)) << ::testing::PrintToString(text);
    ASSERT_TRUE(takes(as_text(text)));
    good += takes(text) ? 1 : 0;
  }
  EXPECT_GT(good, 1000);
}

}  // namespace
}  // namespace zonelag::proto
