#include "decoder/zone_name.h"

#include <gtest/gtest.h>

#include <string>

namespace zonelag::decoder {
namespace {

Bytes bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

TEST(ZoneName, TextIsLowerCaseWithoutTrailingDot) {
  EXPECT_EQ(ZoneName::parse("MixedCase.TEST.")->to_text(), "mixedcase.test");
  EXPECT_EQ(ZoneName::parse("mixedcase.test"), ZoneName::parse("MIXEDCASE.test."));
  EXPECT_EQ(ZoneName::parse(".")->to_text(), ".");
  EXPECT_EQ(ZoneName{}.to_text(), ".");
}

TEST(ZoneName, EscapesRoundTrip) {
  const auto name = ZoneName::parse("a\\.b\\032\\255.x");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->wire(), std::string_view("\5a.b \xff\1x\0", 9));
  EXPECT_EQ(name->to_text(), "a\\.b\\032\\255.x");
  EXPECT_EQ(ZoneName::parse(name->to_text()), name);
}

TEST(ZoneName, RefusesWhatIsNoName) {
  for (const char* text : {"", "a..b", ".a", "a\\", "a\\25", "a\\256.b"}) EXPECT_FALSE(ZoneName::parse(text)) << text;
}

TEST(ZoneName, LabelAndNameLimits) {
  EXPECT_TRUE(ZoneName::parse(std::string(63, 'a')));
  EXPECT_FALSE(ZoneName::parse(std::string(64, 'a')));
  std::string longest;
  for (int i = 0; i < 3; ++i) longest += std::string(63, 'a') + ".";
  EXPECT_TRUE(ZoneName::parse(longest + std::string(61, 'b')));   // 255 bytes of wire form
  EXPECT_FALSE(ZoneName::parse(longest + std::string(62, 'b')));  // 256
}

TEST(ZoneName, FromWireWantsExactlyOneUncompressedName) {
  EXPECT_EQ(ZoneName::from_wire(bytes_of(std::string("\3ABC\0", 5)))->to_text(), "abc");
  EXPECT_TRUE(ZoneName::from_wire(bytes_of(std::string("\0", 1)))->is_root());
  EXPECT_FALSE(ZoneName::from_wire(bytes_of(std::string("\3ABC", 4))));
  EXPECT_FALSE(ZoneName::from_wire(bytes_of(std::string("\3ABC\0x", 6))));
  EXPECT_FALSE(ZoneName::from_wire(bytes_of(std::string("\300\14", 2))));
  EXPECT_FALSE(ZoneName::from_wire({}));
}

}  // namespace
}  // namespace zonelag::decoder
