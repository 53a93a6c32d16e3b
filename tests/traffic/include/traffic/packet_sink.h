// Where packets go.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "traffic/time.h"
#include "traffic/wire_buffer.h"

namespace zonelag::traffic {

class PacketSink {
 public:
  PacketSink() = default;
  PacketSink(const PacketSink&) = delete;
  PacketSink& operator=(const PacketSink&) = delete;
  virtual ~PacketSink() = default;

  void packet(Time time, ByteView frame) { packet(time, frame, frame.size()); }
  /// `wire_size` is the frame's length on the wire; `captured` may be shorter.
  void packet(Time time, ByteView captured, std::size_t wire_size) {
    ++packets_;
    bytes_ += captured.size();
    take(time, captured, wire_size);
  }

  std::uint64_t packets() const { return packets_; }
  /// Captured bytes, without any file format's own.
  std::uint64_t bytes() const { return bytes_; }
  /// Packets are no longer kept; a scenario stops when it sees this.
  bool failed() const { return failed_; }

 protected:
  virtual void take(Time time, ByteView captured, std::size_t wire_size) = 0;
  void fail() { failed_ = true; }

 private:
  std::uint64_t packets_ = 0;
  std::uint64_t bytes_ = 0;
  bool failed_ = false;
};

/// Keeps everything in memory, for tests.
class MemorySink final : public PacketSink {
 public:
  struct Packet {
    Time time;
    std::vector<std::uint8_t> bytes;
    std::size_t wire_size = 0;
    bool operator==(const Packet&) const = default;
  };
  const std::vector<Packet>& all() const { return all_; }

 protected:
  void take(Time time, ByteView captured, std::size_t wire_size) override {
    all_.push_back({time, {captured.begin(), captured.end()}, wire_size});
  }

 private:
  std::vector<Packet> all_;
};

}  // namespace zonelag::traffic
