// A network namespace of the test's own, packets sent in it, and a consumer that keeps what a capture hands over.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "packets.h"
#include "sensor/live/live_capture.h"

namespace zonelag::sensor::test {

using decoder::test::Raw;

inline constexpr std::chrono::seconds kPatience{20};

// With a status of 0, or the test fails.
void run(const std::string& command);

// Until `done` says so; false: patience was at an end first.
bool wait_until(const std::function<bool()>& done);

// The process (its one thread) in a new, empty network namespace, which ends with the last process in it: nothing to
// clean up, and no names that others could have, too.
class NetworkTest : public testing::Test {
 protected:
  void SetUp() override;
  // NAME <-> NAMEp, both up, with an MTU for whatever the tests send. No IPv6 chatter.
  static void add_veth(const std::string& name);
};

// Sends frames as they are.
class Sender {
 public:
  explicit Sender(const std::string& interface);
  ~Sender();
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  void send(const Raw& frame) const;
  void send(const std::vector<Raw>& frames) const {
    for (const Raw& frame : frames) send(frame);
  }

 private:
  int socket_ = -1;
};

struct Kept {
  decoder::Timestamp time;
  std::uint32_t wire_length = 0;
  decoder::LinkType link{};
  std::uint64_t number = 0;
  Raw data;
};

class Collector final : public BatchConsumer {
 public:
  void packets(std::span<const decoder::Packet> batch) override;

  std::vector<Kept> all;
  std::vector<std::string> data() const;
};

// In hex, for messages that can be read.
std::string hex_of(const Raw& bytes);

// A DNS-like datagram that differs by `number` in its payload.
Raw numbered_frame(std::uint32_t number, std::uint16_t port = 53);

// The captures, or a failure of the test and none.
std::vector<std::unique_ptr<Capture>> open_or_fail(const LiveConfig& config);
std::unique_ptr<Capture> open_one(const LiveConfig& config);

// Polls until it has `count` packets in all, then as long as packets still come.
void collect(Capture& capture, Collector& collector, std::size_t count);

}  // namespace zonelag::sensor::test
