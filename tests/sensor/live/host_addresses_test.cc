#include "sensor/live/host_addresses.h"

#include <gmock/gmock.h>
#include <poll.h>

#include "network.h"
#include "unprivileged.h"

namespace zonelag::sensor {
namespace {

using test::run;

class HostAddressesTest : public test::NetworkTest {
 protected:
  void SetUp() override {
    test::NetworkTest::SetUp();
    auto opened = HostAddresses::open();
    ASSERT_TRUE(opened) << opened.error();
    addresses_ = std::move(*opened);
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> result;
    for (const auto& address : addresses_->addresses()) result.push_back(address.to_string());
    return result;
  }
  // The kernel has told by the time that `ip` ends.
  bool is_readable() const {
    pollfd one{.fd = addresses_->descriptor(), .events = POLLIN, .revents = 0};
    return ::poll(&one, 1, 0) == 1;
  }
  std::unique_ptr<HostAddresses> addresses_;
};

TEST_F(HostAddressesTest, ReadsWhatIsThere) {
  run("ip addr add 192.0.2.53/32 dev lo && ip addr add 2001:db8::53/128 dev lo");
  add_veth("anycast");
  run("ip addr add 198.51.100.53/32 dev anycast");
  const auto opened = HostAddresses::open();
  ASSERT_TRUE(opened);
  std::vector<std::string> texts;
  for (const auto& address : (*opened)->addresses()) texts.push_back(address.to_string());
  EXPECT_THAT(texts, testing::UnorderedElementsAre("127.0.0.1", "::1", "192.0.2.53", "2001:db8::53", "198.51.100.53"));
  EXPECT_TRUE(std::ranges::is_sorted((*opened)->addresses()));
}

TEST_F(HostAddressesTest, FollowsChanges) {
  EXPECT_THAT(texts(), testing::UnorderedElementsAre("127.0.0.1", "::1"));
  EXPECT_FALSE(is_readable());
  EXPECT_FALSE(addresses_->update());
  add_veth("anycast");
  run("ip addr add 198.51.100.53/24 dev anycast");
  EXPECT_TRUE(is_readable());
  EXPECT_TRUE(addresses_->update());
  EXPECT_THAT(texts(), testing::Contains("198.51.100.53"));
  EXPECT_FALSE(is_readable());
  run("ip addr add 2001:db8::53/128 dev lo nodad");
  // IPv6 has a work queue that tells of it.
  EXPECT_TRUE(test::wait_until([&] { return addresses_->update(); }));
  EXPECT_THAT(texts(), testing::Contains("2001:db8::53"));
  run("ip addr del 2001:db8::53/128 dev lo");
  EXPECT_TRUE(test::wait_until([&] { return addresses_->update(); }));
  EXPECT_THAT(texts(), testing::Not(testing::Contains("2001:db8::53")));
  run("ip link del anycast");
  EXPECT_TRUE(addresses_->update());
  EXPECT_THAT(texts(), testing::UnorderedElementsAre("127.0.0.1", "::1"));
}

TEST_F(HostAddressesTest, KeepsAnAddressThatIsStillOnAnotherInterface) {
  add_veth("anycast");
  run("ip addr add 198.51.100.53/32 dev anycast");
  run("ip addr add 198.51.100.53/32 dev lo");
  EXPECT_TRUE(addresses_->update());
  run("ip link del anycast");
  EXPECT_FALSE(addresses_->update());
  EXPECT_THAT(texts(), testing::Contains("198.51.100.53"));
  run("ip addr del 198.51.100.53/32 dev lo");
  EXPECT_TRUE(addresses_->update());
  EXPECT_THAT(texts(), testing::Not(testing::Contains("198.51.100.53")));
}

TEST_F(HostAddressesTest, TakesItsOwnEndOfAPointToPointLink) {
  add_veth("p");
  run("ip addr add 192.0.2.1 peer 192.0.2.2 dev p");
  EXPECT_TRUE(addresses_->update());
  EXPECT_THAT(texts(), testing::Contains("192.0.2.1"));
  EXPECT_THAT(texts(), testing::Not(testing::Contains("192.0.2.2")));
}

TEST_F(HostAddressesTest, AsksAgainWhenMessagesWereLost) {
  std::string batch;
  // Far more than a socket's receive buffer holds, none of them read in between.
  for (int round = 0; round < 12; ++round) {
    for (int host = 1; host < 255; ++host) {
      const char* const verb = round % 2 == 0 ? "add" : "del";
      batch += std::string("addr ") + verb + " 10.0.0." + std::to_string(host) + "/32 dev lo\n";
    }
  }
  run("printf '" + batch + "addr add 203.0.113.1/32 dev lo\n' | ip -batch -");
  run("ip addr del 127.0.0.1/8 dev lo");
  EXPECT_TRUE(addresses_->update());
  EXPECT_THAT(texts(), testing::UnorderedElementsAre("203.0.113.1", "::1"));
  EXPECT_FALSE(is_readable());
  run("ip addr add 203.0.113.2/32 dev lo");
  EXPECT_TRUE(addresses_->update());
  EXPECT_THAT(texts(), testing::Contains("203.0.113.2"));
}

TEST_F(HostAddressesTest, WorksWithoutPrivileges) {
  const test::Signal dropped;
  const test::Signal changed;
  const test::Child child([&] {
    test::drop_privileges();
    dropped.give();
    changed.take();
    EXPECT_TRUE(addresses_->update());
    EXPECT_THAT(texts(), testing::Contains("203.0.113.1"));
    EXPECT_TRUE(HostAddresses::open().has_value());
  });
  dropped.take();
  run("ip addr add 203.0.113.1/32 dev lo");
  changed.give();
  EXPECT_TRUE(child.wait());
}

}  // namespace
}  // namespace zonelag::sensor
