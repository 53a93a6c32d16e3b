#include "keyed_hash.h"

#include <gtest/gtest.h>

#include <string>

namespace zonelag::aggregator {
namespace {

// Second opinion: CPython 3.11, whose hash() of bytes is SipHash-1-3; PYTHONHASHSEED=0 is the key of zeros.
TEST(KeyedHash, IsSipHash13) {
  constexpr KeyedHash kZeros(0, 0);
  EXPECT_EQ(kZeros(std::string_view("a")), 0x407448d2b89b1813U);
  EXPECT_EQ(kZeros(std::string_view("01234567")), 0xda3dcedf84ea6cc6U);
  EXPECT_EQ(kZeros(std::string_view("\x07"
                                    "example\x02"
                                    "at\0",
                                    12)),
            0x5f4fca62f23c09b0U);
  EXPECT_EQ(kZeros(std::string_view("0123456789abcdef")), 0x1d42b30f7e060c24U);
  EXPECT_EQ(kZeros(std::string(300, 'x')), 0x2f58903130dc04e4U);
}

TEST(KeyedHash, DependsOnTheKey) {
  EXPECT_NE(KeyedHash(0, 0)(std::string_view("a")), KeyedHash(0, 1)(std::string_view("a")));
  EXPECT_NE(KeyedHash(0, 0)(std::string_view("a")), KeyedHash(1, 0)(std::string_view("a")));
  EXPECT_NE(KeyedHash(0, 0)(1, 2), KeyedHash(0, 1)(1, 2));
  EXPECT_NE(KeyedHash(0, 0)(1, 2), KeyedHash(1, 0)(1, 2));
  EXPECT_NE(KeyedHash()(std::string_view("a")), KeyedHash()(std::string_view("a")));
}

TEST(KeyedHash, AnAddressIsItsSixteenBytes) {
  const auto address = decoder::IpAddress::parse("3031:3233:3435:3637:3839:6162:6364:6566");
  EXPECT_EQ(KeyedHash(0, 0)(*address), 0x1d42b30f7e060c24U);
}

}  // namespace
}  // namespace zonelag::aggregator
