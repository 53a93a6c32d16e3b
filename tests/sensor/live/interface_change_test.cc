// An interface that goes down, disappears and comes back.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/filter.h>
#include <sys/socket.h>

#include <set>

#include "network.h"
#include "packet_socket.h"
#include "unprivileged.h"

namespace zonelag::sensor {
namespace {

using std::chrono::milliseconds;
using test::Collector;
using test::hex_of;
using test::numbered_frame;
using test::run;
using test::Sender;

class InterfaceChangeTest : public test::NetworkTest {
 protected:
  // Polls until so many notices have come in all.
  void follow(Capture& capture, std::size_t notices) {
    EXPECT_TRUE(test::wait_until([&] {
      last_ = capture.poll(milliseconds(100), collector_);
      for (const auto& notice : capture.take_notices()) {
        notices_.push_back(notice.interface + " " + to_string(notice.change));
        if (!notice.reason.empty()) reasons_.push_back(notice.reason);
      }
      return notices_.size() >= notices || last_ == CaptureState::ended;
    })) << testing::PrintToString(notices_);
  }
  // So many, with an interface that is removed: the kernel takes it down first, which is seen or not.
  void follow_gone(Capture& capture, std::size_t notices) {
    follow(capture, 1);
    if (notices_ == std::vector<std::string>{"v down"}) notices_.clear();
    follow(capture, notices);
  }
  // One more packet comes through.
  void expect_packet(Capture& capture, const std::string& from, std::uint32_t number) {
    Sender(from).send(numbered_frame(number));
    test::collect(capture, collector_, collector_.all.size() + 1);
    ASSERT_FALSE(collector_.all.empty());
    EXPECT_EQ(hex_of(collector_.all.back().data), hex_of(numbered_frame(number)));
    EXPECT_EQ(collector_.all.back().number, collector_.all.size());
  }
  static bool is_promiscuous() { return std::system("ip -d link show v | grep -q 'promiscuity 1'") == 0; }  // NOLINT

  Collector collector_;
  std::vector<std::string> notices_;
  std::vector<std::string> reasons_;
  CaptureState last_ = CaptureState::idle;
};

TEST_F(InterfaceChangeTest, DownAndUp) {
  for (const std::uint32_t workers : {1U, 2U}) {
    add_veth("v");
    notices_.clear();
    collector_.all.clear();
    auto captures = test::open_or_fail({.interfaces = {"v"}, .workers = workers});
    run("ip link set v down");
    follow(*captures[0], 1);
    run("ip link set v up");
    follow(*captures[0], 2);
    EXPECT_THAT(notices_, testing::ElementsAre("v down", "v up"));
    Sender("vp").send(numbered_frame(5));
    ASSERT_TRUE(test::wait_until([&] {
      for (const auto& capture : captures) capture->poll(milliseconds(20), collector_);
      return !collector_.all.empty();
    }));
    captures.clear();
    run("ip link del v");
  }
}

TEST_F(InterfaceChangeTest, DownAndUpAtOnce) {
  add_veth("v");
  const auto capture = test::open_one({.interfaces = {"v"}});
  run("ip link set v down && ip link set v up");
  follow(*capture, 2);
  EXPECT_THAT(notices_, testing::ElementsAre("v down", "v up"));
  expect_packet(*capture, "vp", 1);
}

TEST_F(InterfaceChangeTest, GoneAndBackWithoutPrivileges) {
  add_veth("v");
  const test::Signal dropped;
  const test::Signal gone;
  const test::Signal back;
  const test::Child child([&] {
    const auto capture = test::open_one({.interfaces = {"v"}, .mirror = true});
    test::drop_privileges();
    dropped.give();
    follow_gone(*capture, 1);
    EXPECT_THAT(notices_, testing::ElementsAre("v gone"));
    gone.give();
    follow(*capture, 2);
    EXPECT_THAT(notices_, testing::ElementsAre("v gone", "v back"));
    back.give();
    test::collect(*capture, collector_, 1);
    ASSERT_EQ(collector_.all.size(), 1U) << "the filter is still there, and no packet came twice";
    EXPECT_EQ(hex_of(collector_.all[0].data), hex_of(numbered_frame(77)));
    back.give();
  });
  dropped.take();
  EXPECT_TRUE(is_promiscuous());
  run("ip link del v");
  gone.take();
  add_veth("v");
  back.take();
  EXPECT_TRUE(is_promiscuous());
  Sender("vp").send(numbered_frame(76, 54));
  Sender("vp").send(numbered_frame(77));
  EXPECT_TRUE(child.wait());
}

TEST_F(InterfaceChangeTest, BackBeforeItIsUp) {
  add_veth("v");
  add_veth("w");
  const auto capture = test::open_one({.interfaces = {"v", "w"}});
  run("ip link del v");
  follow_gone(*capture, 1);
  expect_packet(*capture, "wp", 1);
  run("ip link add v type veth peer name vp && ip link set vp up");
  follow(*capture, 3);
  run("ip link set v up");
  follow(*capture, 4);
  EXPECT_THAT(notices_, testing::ElementsAre("v gone", "v back", "v down", "v up"));
  expect_packet(*capture, "vp", 2);
  expect_packet(*capture, "wp", 3);
}

TEST_F(InterfaceChangeTest, ReplacedBetweenTwoLooks) {
  add_veth("v");
  const auto capture = test::open_one({.interfaces = {"v"}});
  run("ip link del v");
  add_veth("v");
  follow(*capture, 2);
  EXPECT_THAT(notices_, testing::ElementsAre("v gone", "v back"));
  expect_packet(*capture, "vp", 2);
}

TEST_F(InterfaceChangeTest, AGroupThatHasLostItsOnlyInterfaceEndsWhenItIsBack) {
  add_veth("v");
  const auto captures = test::open_or_fail({.interfaces = {"v"}, .workers = 2});
  ASSERT_EQ(captures.size(), 2U);
  run("ip link del v");
  follow_gone(*captures[0], 2);
  EXPECT_THAT(notices_, testing::ElementsAre("v gone", "v failed"));
  EXPECT_THAT(reasons_, testing::ElementsAre(testing::HasSubstr("restart the sensor")));
  EXPECT_NE(last_, CaptureState::ended) << "there is nothing yet that a restart could capture on";
  add_veth("v");
  follow(*captures[0], 10);
  EXPECT_THAT(notices_, testing::ElementsAre("v gone", "v failed", "v back"));
  EXPECT_EQ(last_, CaptureState::ended);
  notices_.clear();
  follow(*captures[1], 1);
  EXPECT_EQ(last_, CaptureState::ended);
  EXPECT_THAT(notices_, testing::IsEmpty()) << "said once, not by each worker";
}

TEST_F(InterfaceChangeTest, OfAGroupWithAnotherInterfaceEndsWhenItIsBack) {
  add_veth("v");
  add_veth("w");
  const auto captures = test::open_or_fail({.interfaces = {"v", "w"}, .workers = 2});
  ASSERT_EQ(captures.size(), 2U);
  run("ip link del v");
  follow_gone(*captures[0], 2);
  EXPECT_THAT(notices_, testing::ElementsAre("v gone", "v failed"));
  EXPECT_NE(last_, CaptureState::ended);
  Sender("wp").send(numbered_frame(4));
  ASSERT_TRUE(test::wait_until([&] {
    for (const auto& capture : captures) capture->poll(milliseconds(20), collector_);
    return !collector_.all.empty();
  }));
  add_veth("v");
  follow(*captures[0], 10);
  EXPECT_THAT(notices_, testing::ElementsAre("v gone", "v failed", "v back"));
  EXPECT_EQ(last_, CaptureState::ended);
}

// While an interface is down or gone nothing turns in circles.
TEST_F(InterfaceChangeTest, WaitsWithoutWork) {
  add_veth("v");
  const auto capture = test::open_one({.interfaces = {"v"}});
  const auto busy = [&] {
    int polls = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (; std::chrono::steady_clock::now() - begin < milliseconds(1500); ++polls) {
      capture->poll(milliseconds(100), collector_);
    }
    EXPECT_LE(polls, 20);
  };
  run("ip link set v down");
  follow(*capture, 1);
  busy();
  run("ip link del v");
  follow(*capture, 2);
  busy();
  EXPECT_THAT(notices_, testing::ElementsAre("v down", "v gone"));
}

// SO_LOCK_FILTER: what took over the process could not see more than we do.
TEST_F(InterfaceChangeTest, TheFilterIsLocked) {
  add_veth("v");
  std::set<int> before;
  for (int descriptor = 0; descriptor < 64; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) >= 0) before.insert(descriptor);
  }
  const auto capture = test::open_one({.interfaces = {"v"}});
  int sockets = 0;
  for (int descriptor = 0; descriptor < 64; ++descriptor) {
    int domain = 0;
    socklen_t size = sizeof domain;
    if (before.contains(descriptor) || ::getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) continue;
    if (domain != AF_PACKET) continue;
    ++sockets;
    int locked = 0;
    EXPECT_EQ(::getsockopt(descriptor, SOL_SOCKET, SO_LOCK_FILTER, &locked, &size), 0);
    EXPECT_EQ(locked, 1);
    const auto replaced = attach_filter(descriptor, {{BPF_RET | BPF_K, 0, 0, 0xffff}});
    EXPECT_EQ(replaced.error(), EPERM);
    EXPECT_EQ(::setsockopt(descriptor, SOL_SOCKET, SO_DETACH_FILTER, &locked, sizeof locked), -1);
  }
  EXPECT_EQ(sockets, 1);
}

TEST_F(InterfaceChangeTest, WithoutPrivilegesSaysWhatItTakes) {
  add_veth("v");
  const test::Child child([] {
    test::drop_privileges();
    const auto captures = open_live({.interfaces = {"v"}});
    ASSERT_FALSE(captures);
    EXPECT_THAT(captures.error(), testing::AllOf(testing::HasSubstr("'v'"), testing::HasSubstr("CAP_NET_RAW")));
  });
  EXPECT_TRUE(child.wait());
}

}  // namespace
}  // namespace zonelag::sensor
