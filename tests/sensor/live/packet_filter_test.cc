#include "sensor/live/packet_filter.h"

#include <gmock/gmock.h>

#include "packets.h"

namespace zonelag::sensor {
namespace {

using decoder::LinkType;
using decoder::test::ethernet;
using decoder::test::ipv4;
using decoder::test::packet;
using decoder::test::Raw;
using decoder::test::udp;

TEST(PacketFilter, MatchesByLinkType) {
  const Raw ip = ipv4(udp({}), {.source = "192.0.2.7"});
  const Raw frame = ethernet(0x0800, ip);
  for (const char* const text : {"src host 192.0.2.7", "udp dst port 53"}) {
    EXPECT_TRUE(PacketFilter::compile(text, LinkType::ethernet)->match(packet(LinkType::ethernet, frame)));
    EXPECT_TRUE(PacketFilter::compile(text, LinkType::raw)->match(packet(LinkType::raw, ip)));
    EXPECT_FALSE(PacketFilter::compile(text, LinkType::raw)->match(packet(LinkType::raw, frame)));
  }
  EXPECT_FALSE(
      PacketFilter::compile("dst host 192.0.2.7", LinkType::ethernet)->match(packet(LinkType::ethernet, frame)));
}

TEST(PacketFilter, SaysWhatIsWrong) {
  const auto filter = PacketFilter::compile("port fifty", LinkType::ethernet);
  ASSERT_FALSE(filter);
  EXPECT_THAT(filter.error(), testing::StartsWith("filter 'port fifty': "));
  EXPECT_THAT(filter.error(), testing::Not(testing::HasSubstr("\n")));
}

}  // namespace
}  // namespace zonelag::sensor
