#include "outbox.h"

#include <gtest/gtest.h>

namespace zonelag::aggregator {
namespace {

std::vector<OutgoingMessage> sample() {
  return {{"topic", "key", std::string("\0v", 2), {{"name", "value"}}}, {"", "", "", {}}};
}

TEST(Outbox, ComesBackAsItWas) {
  const auto back = decode_messages(encode_messages(sample()));
  ASSERT_TRUE(back);
  ASSERT_EQ(back->size(), 2U);
  EXPECT_EQ((*back)[0].topic, "topic");
  EXPECT_EQ((*back)[0].key, "key");
  EXPECT_EQ((*back)[0].value, std::string("\0v", 2));
  EXPECT_EQ((*back)[0].headers, sample()[0].headers);
  EXPECT_TRUE(decode_messages(encode_messages({}))->empty());
}

TEST(Outbox, RefusesWhatIsCutOffOrLonger) {
  const std::string bytes = encode_messages(sample());
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode_messages(bytes.substr(0, size))) << size;
  EXPECT_FALSE(decode_messages(bytes + "x"));
  std::string other = bytes;
  other[0] = 2;
  EXPECT_FALSE(decode_messages(other));
  // A count that no bytes follow makes nothing big.
  EXPECT_FALSE(decode_messages(std::string("\1\xff\xff\xff\xff", 5)));
}

}  // namespace
}  // namespace zonelag::aggregator
