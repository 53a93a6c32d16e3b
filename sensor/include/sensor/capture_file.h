// Capture files: pcap and pcapng, plain or compressed, from a path or from standard input.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "sensor/byte_source.h"
#include "sensor/packet_source.h"

namespace zonelag::sensor {

// Packets handed out at once.
inline constexpr std::size_t kBatch = 256;
// libpcap's MAXIMUM_SNAPLEN: a packet that claims more was not captured but made up, unless the file's own snaplen is
// larger; and never more than this.
inline constexpr std::uint32_t kMaxCaptured = 262'144;
inline constexpr std::uint32_t kHardMaxCaptured = 1U << 20;

// Opens and reads as far as the first packet. What comes after the file is open is told by problems().
std::expected<std::unique_ptr<PacketSource>, CaptureProblem> open_capture(const std::string& path,
                                                                          std::size_t buffer_bytes = kDefaultBuffer);

// All of `paths`, in their order, with buffers that are together bounded however many there are; or what is wrong with
// the first that cannot be read.
std::expected<std::vector<std::unique_ptr<PacketSource>>, CaptureProblem> open_captures(
    const std::vector<std::string>& paths);

}  // namespace zonelag::sensor
