#include "sensor/live/live_capture.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "decoder/frame.h"
#include "network.h"
#include "sensor/capture_file.h"

namespace zonelag::sensor {
namespace {

using std::chrono::milliseconds;
using test::Collector;
using test::hex_of;
using test::numbered_frame;
using test::Raw;
using test::Sender;

using LiveCaptureTest = test::NetworkTest;

decoder::Timestamp now() { return std::chrono::time_point_cast<decoder::Duration>(std::chrono::system_clock::now()); }

// All packets of a capture that tests/decoder's and the truth's tests read, too.
std::vector<Raw> customers_frames() {
  const std::string path = std::string(ZONELAG_SOURCE_DIR) + "/pcaps/chain-A/customer.pcap";
  const auto file = open_capture(path);
  std::vector<Raw> frames;
  if (!file) {
    ADD_FAILURE() << file.error().text;
    return frames;
  }
  for (auto batch = (*file)->next_batch(); !batch.empty(); batch = (*file)->next_batch()) {
    for (const auto& packet : batch) frames.emplace_back(packet.data.begin(), packet.data.end());
  }
  return frames;
}

TEST_F(LiveCaptureTest, GivesWhatIsSentInOrder) {
  add_veth("v");
  const auto capture = test::open_one({.interfaces = {"v"}});
  std::vector<std::string> wanted;
  std::uint64_t bytes = 0;
  const Sender sender("vp");
  const auto before = now();
  for (const Raw& frame : customers_frames()) {
    sender.send(frame);
    decoder::FrameDecoder decoder{{}};
    if (decoder.decode({.data = frame, .wire_length = static_cast<std::uint32_t>(frame.size())}) == nullptr) continue;
    wanted.push_back(hex_of(frame));
    bytes += frame.size();
  }
  const auto after = now();
  ASSERT_GT(wanted.size(), 50U);
  Collector collector;
  test::collect(*capture, collector, wanted.size());
  EXPECT_EQ(collector.data(), wanted);
  EXPECT_EQ(capture->figures(), (CaptureFigures{.packets = wanted.size(), .bytes = bytes}));
  bool has_nanoseconds = false;
  auto last = before;
  for (std::size_t at = 0; at < collector.all.size(); ++at) {
    const auto& kept = collector.all[at];
    EXPECT_EQ(kept.number, at + 1);
    EXPECT_EQ(kept.link, decoder::LinkType::ethernet);
    EXPECT_EQ(kept.wire_length, kept.data.size());
    EXPECT_GE(kept.time, last);
    EXPECT_LE(kept.time, after);
    last = kept.time;
    has_nanoseconds |= kept.time.time_since_epoch().count() % 1000 != 0;
  }
  EXPECT_TRUE(has_nanoseconds);
  EXPECT_THAT(capture->take_notices(), testing::IsEmpty());
}

TEST_F(LiveCaptureTest, SeesWhatTheHostSendsToo) {
  add_veth("v");
  const auto capture = test::open_one({.interfaces = {"v"}});
  Sender("v").send(numbered_frame(1));
  Collector collector;
  test::collect(*capture, collector, 1);
  EXPECT_EQ(collector.all.size(), 1U);
}

TEST_F(LiveCaptureTest, OfSeveralInterfacesCountsThrough) {
  add_veth("v");
  add_veth("w");
  const auto capture = test::open_one({.interfaces = {"v", "w"}});
  Sender("vp").send(numbered_frame(1));
  Sender("wp").send(numbered_frame(2));
  Sender("vp").send(numbered_frame(3));
  Collector collector;
  test::collect(*capture, collector, 3);
  EXPECT_THAT(collector.data(), testing::UnorderedElementsAre(hex_of(numbered_frame(1)), hex_of(numbered_frame(2)),
                                                              hex_of(numbered_frame(3))));
  for (std::size_t at = 0; at < collector.all.size(); ++at) EXPECT_EQ(collector.all[at].number, at + 1);
}

TEST_F(LiveCaptureTest, GivesLoopbackOnce) {
  for (const char* const interface : {"lo", "any"}) {
    const auto capture = test::open_one({.interfaces = {interface}});
    const Sender sender("lo");
    for (std::uint32_t number = 0; number < 10; ++number) sender.send(numbered_frame(number));
    Collector collector;
    test::collect(*capture, collector, 10);
    EXPECT_EQ(collector.all.size(), 10U) << interface;
  }
}

TEST_F(LiveCaptureTest, CutsAtTheSnapLength) {
  add_veth("v");
  const auto capture = test::open_one({.interfaces = {"v"}, .snap_length = 64});
  const Raw frame = decoder::test::ethernet(0x0800, decoder::test::ipv4(decoder::test::udp(decoder::test::zeros(500))));
  Sender("vp").send(frame);
  Collector collector;
  test::collect(*capture, collector, 1);
  ASSERT_EQ(collector.all.size(), 1U);
  EXPECT_EQ(collector.all[0].data, decoder::test::first(frame, 64));
  EXPECT_EQ(collector.all[0].wire_length, frame.size());
}

// What is still in the ring when the interface's queue is opened must be what passed the filter.
TEST_F(LiveCaptureTest, GivesNothingUnfilteredAtTheBeginning) {
  add_veth("v");
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> sent = 0;
  std::thread noise([&] {
    const Sender sender("vp");
    for (; !stop; ++sent) sender.send(numbered_frame(7, 9999));
  });
  EXPECT_TRUE(test::wait_until([&] { return sent > 100; }));
  std::vector<std::unique_ptr<Capture>> captures;
  for (const std::uint32_t workers : {1U, 3U, 1U, 3U, 1U, 3U, 1U, 3U}) {
    for (auto& capture : test::open_or_fail({.interfaces = {"v"}, .workers = workers, .ring_bytes = 3U << 20})) {
      captures.push_back(std::move(capture));
    }
  }
  stop = true;
  noise.join();
  Collector collector;
  for (const auto& capture : captures) test::collect(*capture, collector, 0);
  EXPECT_THAT(collector.all, testing::IsEmpty());
}

TEST_F(LiveCaptureTest, CountsWhatTheRingHadNoRoomFor) {
  add_veth("v");
  const auto capture = test::open_one({.interfaces = {"v"}, .ring_bytes = 1U << 20});
  constexpr std::uint32_t kSent = 60'000;
  const Sender sender("vp");
  for (std::uint32_t number = 0; number < kSent; ++number) {
    sender.send(numbered_frame(number));
    if (number % 16'384 == 0) capture->figures();  // the kernel forgets its count when it has told
  }
  Collector collector;
  test::collect(*capture, collector, 1);
  const CaptureFigures figures = capture->figures();
  EXPECT_EQ(figures.packets, collector.all.size());
  EXPECT_GT(figures.dropped, 10'000U);
  EXPECT_EQ(figures.packets + figures.dropped, kSent);
}

// More in the ring than one poll() hands over.
TEST_F(LiveCaptureTest, HandsOverABoundedNumber) {
  add_veth("v");
  const auto capture = test::open_one({.interfaces = {"v"}});
  const Sender sender("vp");
  for (std::uint32_t number = 0; number < 5000; ++number) sender.send(numbered_frame(number));
  Collector collector;
  std::size_t before = 0;
  ASSERT_TRUE(test::wait_until([&] {
    EXPECT_NE(capture->poll(milliseconds(100), collector), CaptureState::ended);
    EXPECT_LE(collector.all.size() - before, 1024U);
    before = collector.all.size();
    return before == 5000;
  }));
}

TEST_F(LiveCaptureTest, WakesUp) {
  add_veth("v");
  const auto capture = test::open_one({.interfaces = {"v"}});
  Collector collector;
  const auto begin = std::chrono::steady_clock::now();
  capture->wake();  // before the wait: remembered
  EXPECT_EQ(capture->poll(milliseconds(900), collector), CaptureState::idle);
  std::thread other([&] { capture->wake(); });
  EXPECT_EQ(capture->poll(milliseconds(900), collector), CaptureState::idle);
  other.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(800));
  EXPECT_EQ(capture->poll(milliseconds(30), collector), CaptureState::idle);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(30)) << "a wake-up is used up";
}

TEST_F(LiveCaptureTest, SaysWhatCannotBeCaptured) {
  add_veth("v");
  const auto error = [](const LiveConfig& config) {
    const auto captures = open_live(config);
    EXPECT_FALSE(captures);
    return captures ? std::string() : captures.error();
  };
  EXPECT_THAT(error({.interfaces = {"eth9"}}),
              testing::AllOf(testing::HasSubstr("'eth9'"), testing::HasSubstr("there are: lo, v, vp")));
  EXPECT_THAT(error({}), testing::HasSubstr("no interface"));
  EXPECT_THAT(error({.interfaces = {"v", "v"}}), testing::HasSubstr("'v' is named twice"));
  EXPECT_THAT(error({.interfaces = {"any", "v"}}), testing::HasSubstr("'any'"));
  EXPECT_THAT(error({.interfaces = {"any"}, .mirror = true}), testing::HasSubstr("promiscuous"));
  EXPECT_THAT(error({.interfaces = {"v"}, .filter = "porr 53"}),
              testing::AllOf(testing::HasSubstr("'porr 53'"), testing::HasSubstr("syntax error")));
  test::run("ip link set v down");
  EXPECT_THAT(error({.interfaces = {"v"}}), testing::AllOf(testing::HasSubstr("'v'"), testing::HasSubstr("down")));
}

TEST_F(LiveCaptureTest, IsPromiscuousOnlyAtAMirrorPort) {
  add_veth("v");
  const auto count = [] { return std::system("ip -d link show v | grep -q 'promiscuity 1'"); };  // NOLINT
  auto capture = test::open_one({.interfaces = {"v"}});
  EXPECT_NE(count(), 0);
  capture = test::open_one({.interfaces = {"v"}, .mirror = true});
  EXPECT_EQ(count(), 0);
}

TEST_F(LiveCaptureTest, ListsInterfaces) {
  add_veth("v");
  test::run("ip link set vp down");
  std::vector<std::string> states;
  for (const auto& [name, up] : list_interfaces()) states.push_back(name + (up ? " up" : " down"));
  EXPECT_THAT(states, testing::ElementsAre("lo up", "v up", "vp down"));
}

}  // namespace
}  // namespace zonelag::sensor
