// What pcap and pcapng readers share: the batch, the numbering, the problems.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sensor/byte_source.h"
#include "sensor/capture_file.h"
#include "sensor/packet_source.h"

namespace zonelag::sensor {

class FileSource : public PacketSource {
 public:
  std::span<const CaptureProblem> problems() const override { return problems_; }
  void interrupt() override { bytes_->interrupt(); }
  std::uint64_t bytes_read() const override { return bytes_->bytes_read(); }
  std::uint64_t total_bytes() const override { return bytes_->total_bytes(); }

 protected:
  explicit FileSource(std::unique_ptr<ByteSource> bytes) : bytes_(std::move(bytes)) {}

  ByteSource& bytes() { return *bytes_; }
  // One packet's place ahead of the parser is brought to the cache: headers of packets are a chase over cold lines.
  static void prefetch(const std::byte* at) {
    // Past the window's end is harmless to the machine; as pointer arithmetic it would not be.
    __builtin_prefetch(reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(at) + kPrefetchDistance));
  }

  // The capture's end. These make a problem's text "FILE: what" and say what became of the packets before it.
  void end_with(CaptureFault fault, const std::string& what);
  // The bytes ended: because of the compressed data or the disk, if something is wrong with these, else `what`.
  void end_cut(const std::string& what);
  void end() { ended_ = true; }
  bool ended() const { return ended_; }
  void warn(CaptureFault fault, const std::string& what);

  std::uint64_t number_ = 0;  // of the packet read last
  std::array<decoder::Packet, kBatch> batch_;

 private:
  static constexpr std::uintptr_t kPrefetchDistance = 1024;
  std::string fate_of_rest() const;
  void add(CaptureProblem problem);

  std::unique_ptr<ByteSource> bytes_;
  std::vector<CaptureProblem> problems_;  // at most kMaxProblems
  bool ended_ = false;
};

}  // namespace zonelag::sensor
