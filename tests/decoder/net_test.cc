#include "decoder/net.h"

#include <gtest/gtest.h>

namespace zonelag::decoder {
namespace {

TEST(IpAddress, TextRoundTrips) {
  for (const char* text : {"192.0.2.1", "2001:db8::53", "::", "255.255.255.255", "fd00:53::100:53"}) {
    const auto address = IpAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), text);
  }
  EXPECT_TRUE(IpAddress::parse("10.0.0.1")->is_v4());
  EXPECT_FALSE(IpAddress::parse("2001:db8::1")->is_v4());
}

TEST(IpAddress, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "192.0.2", "192.0.2.256", "2001:db8:::1", "example.at", "192.0.2.1 "}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
  EXPECT_FALSE(IpAddress::parse(std::string_view("192.0.2.1\0x", 11)));
}

}  // namespace
}  // namespace zonelag::decoder
