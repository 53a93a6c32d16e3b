// The classic capture file: a header of 24 bytes, then packets, each behind a header of 16 (draft-ietf-opsawg-pcap).
#pragma once

#include <bit>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>

#include "file_source.h"

namespace zonelag::sensor {

struct PcapHeader {
  std::endian order = std::endian::little;
  std::uint32_t nanoseconds_per_tick = 1000;
  std::size_t packet_header = 16;
  std::uint32_t max_captured = kMaxCaptured;
  decoder::LinkType link = decoder::LinkType::ethernet;
};

class PcapFile : public FileSource {
 public:
  // Whether a file that begins so is a pcap file; of any version.
  static bool recognise(decoder::Bytes beginning);
  // `bytes` stands at the beginning of such a file.
  static std::expected<std::unique_ptr<PacketSource>, CaptureProblem> open(std::unique_ptr<ByteSource> bytes);

  std::span<const decoder::Packet> next_batch() override;

 private:
  PcapFile(std::unique_ptr<ByteSource> bytes, const PcapHeader& header)
      : FileSource(std::move(bytes)), header_(header) {}
  template <std::endian kOrder>
  std::size_t parse();
  void read_on();
  void note_odd_time(std::uint32_t fraction);

  PcapHeader header_;
  bool odd_time_ = false;
};

}  // namespace zonelag::sensor
