#include "capture_text.h"

#include <gtest/gtest.h>

namespace zonelag::sensor {
namespace {

TEST(CaptureText, Stamp) {
  const auto name = [](const char* text) { return *decoder::ZoneName::parse(text); };
  EXPECT_EQ(parse_stamp("_stamp.Example.at"), (decoder::WatchedText{name("_stamp.example.at"), name("example.at")}));
  EXPECT_EQ(parse_stamp("a.b.example.at=example.at."),
            (decoder::WatchedText{name("a.b.example.at"), name("example.at")}));
  EXPECT_EQ(parse_stamp("example.at=example.at"), (decoder::WatchedText{name("example.at"), name("example.at")}));
  EXPECT_EQ(parse_stamp("at"), (decoder::WatchedText{name("at"), name(".")}));
  EXPECT_EQ(parse_stamp(".=."), (decoder::WatchedText{name("."), name(".")}));
  EXPECT_EQ(parse_stamp(".").error(), "the root is in no zone but itself: .=.");
  EXPECT_EQ(parse_stamp("").error(), "'' is no domain name");
  EXPECT_EQ(parse_stamp("a..b").error(), "'a..b' is no domain name");
  EXPECT_EQ(parse_stamp("a.at=").error(), "'' is no domain name");
  EXPECT_EQ(parse_stamp("a.at=b..c").error(), "'b..c' is no domain name");
  EXPECT_EQ(parse_stamp("a.example.at=xample.at").error(), "'a.example.at' is not in the zone 'xample.at'");
  EXPECT_EQ(parse_stamp("at=example.at").error(), "'at' is not in the zone 'example.at'");
}

TEST(CaptureText, StampIsShownSoThatItReadsBack) {
  for (const char* text :
       {"_stamp.example.at", "a.b.example.at=example.at", "at", ".=.", "a\\061b.at", "a\\.b\\044.at"}) {
    const auto stamp = parse_stamp(text);
    ASSERT_TRUE(stamp) << text;
    EXPECT_EQ(parse_stamp(show_stamp(*stamp)), stamp) << show_stamp(*stamp);
  }
}

TEST(CaptureText, Interface) {
  for (const char* good : {"eth0", "any", "a23456789012345", "eth0.100", "veth-a@b"})
    EXPECT_EQ(parse_interface(good), good);
  for (const char* wrong : {"", "a234567890123456", "eth 0", "a/b", "a\tb"})
    EXPECT_EQ(parse_interface(wrong).error(),
              std::string("'") + wrong + "' is no interface's name (at most 15 bytes, no space, no slash)");
}

}  // namespace
}  // namespace zonelag::sensor
