// Writes pcap files (draft-ietf-opsawg-pcap), always little-endian, link type Ethernet.
#pragma once

#include <cstdio>
#include <expected>
#include <memory>
#include <string>

#include "traffic/packet_sink.h"

namespace zonelag::traffic {

enum class Precision : std::uint8_t { kNano, kMicro };

class PcapWriter final : public PacketSink {
 public:
  /// `path` may be "-" for stdout. The error is one line that names the file.
  static std::expected<std::unique_ptr<PcapWriter>, std::string> open(const std::string& path, Precision precision);

  /// Writes what is left. After a failure (now or before) the file is removed, and the error says what happened.
  std::expected<void, std::string> close();

  std::uint64_t file_bytes() const { return file_bytes_; }

  static constexpr std::uint32_t kSnapLength = 262144;

 protected:
  void take(Time time, ByteView captured, std::size_t wire_size) override;

 private:
  struct Closer {
    void operator()(std::FILE* file) const;
  };
  using File = std::unique_ptr<std::FILE, Closer>;

  PcapWriter(File file, std::string path, Precision precision);
  void put32(std::uint32_t value);
  void flush();

  static constexpr std::size_t kBufferSize = std::size_t{1} << 20;

  File file_;
  std::string path_;
  std::uint32_t tick_;  ///< nanoseconds of one unit of a packet's fraction field
  int error_ = 0;
  std::uint64_t file_bytes_ = 0;
  std::size_t used_ = 0;
  std::vector<std::uint8_t> buffer_;
};

}  // namespace zonelag::traffic
