#include "pcap_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "decoder/frame.h"
#include "file_bytes.h"
#include "link_names.h"

namespace zonelag::sensor {
namespace {

using decoder::Bytes;

constexpr std::size_t kFileHeader = 24;
constexpr std::uint32_t kMicroseconds = 0xa1b2c3d4;
constexpr std::uint32_t kNanoseconds = 0xa1b23c4d;
// Alexey Kuznetzov's patched libpcap: 8 bytes more before each packet (interface, protocol, packet type).
constexpr std::uint32_t kModified = 0xa1b2cd34;
constexpr std::uint16_t kMajor = 2;
constexpr std::uint16_t kMinor = 4;  // before it, lengths were in the other order on some systems

bool is_magic(std::uint32_t magic) { return magic == kMicroseconds || magic == kNanoseconds || magic == kModified; }

std::optional<std::endian> order_of(Bytes beginning) {
  if (beginning.size() < 4) return std::nullopt;
  for (const auto order : {std::endian::little, std::endian::big}) {
    if (is_magic(load<std::uint32_t>(order, beginning.data()))) return order;
  }
  return std::nullopt;
}

std::unexpected<CaptureProblem> failure(CaptureFault fault, const ByteSource& bytes, const std::string& what) {
  return std::unexpected(CaptureProblem{fault, fmt::format("{}: {}", bytes.name(), what)});
}

std::expected<PcapHeader, CaptureProblem> read_header(const ByteSource& bytes) {
  const std::byte* const at = bytes.available().data();
  PcapHeader header;
  header.order = *order_of(bytes.available());
  const auto u16 = [&](std::size_t offset) { return load<std::uint16_t>(header.order, at + offset); };
  const auto u32 = [&](std::size_t offset) { return load<std::uint32_t>(header.order, at + offset); };
  if (u16(4) != kMajor || u16(6) != kMinor) {
    return failure(CaptureFault::unsupported_version, bytes,
                   fmt::format("pcap version {}.{} is not supported, only {}.{}", u16(4), u16(6), kMajor, kMinor));
  }
  if (u32(0) == kNanoseconds) header.nanoseconds_per_tick = 1;
  if (u32(0) == kModified) header.packet_header += 8;
  header.max_captured = std::clamp(u32(16), kMaxCaptured, kHardMaxCaptured);
  // The upper 16 bits tell of an FCS behind each frame; IP's own length cuts it off.
  const auto link = static_cast<std::uint16_t>(u32(20) & 0xffff);
  header.link = static_cast<decoder::LinkType>(link);
  if (!decoder::is_known(header.link)) {
    return failure(CaptureFault::unknown_link, bytes,
                   fmt::format("link type {} is not known to zonelag", link_type_name(link)));
  }
  return header;
}

}  // namespace

bool PcapFile::recognise(Bytes beginning) { return order_of(beginning).has_value(); }

std::expected<std::unique_ptr<PacketSource>, CaptureProblem> PcapFile::open(std::unique_ptr<ByteSource> bytes) {
  if (!bytes->need(kFileHeader)) {
    if (auto problem = bytes->problem()) return std::unexpected(std::move(*problem));
    return failure(CaptureFault::not_a_capture, *bytes,
                   fmt::format("cut in the pcap file header: {} of {} bytes", bytes->available().size(), kFileHeader));
  }
  auto header = read_header(*bytes);
  if (!header) return std::unexpected(std::move(header.error()));
  bytes->consume(kFileHeader);
  return std::unique_ptr<PacketSource>(new PcapFile(std::move(bytes), *header));
}

std::span<const decoder::Packet> PcapFile::next_batch() {
  while (!ended()) {
    const std::size_t count =
        header_.order == std::endian::little ? parse<std::endian::little>() : parse<std::endian::big>();
    if (count > 0) return {batch_.data(), count};
    read_on();
  }
  return {};
}

// All packets that are complete in the window, at most a batch.
template <std::endian kOrder>
std::size_t PcapFile::parse() {
  const Bytes window = bytes().available();
  const std::byte* at = window.data();
  const std::byte* const end = at + window.size();
  const std::size_t header = header_.packet_header;
  const std::uint32_t ticks_per_second = 1'000'000'000U / header_.nanoseconds_per_tick;
  const auto tick = static_cast<std::int64_t>(header_.nanoseconds_per_tick);
  std::size_t count = 0;
  while (count < kBatch && static_cast<std::size_t>(end - at) >= header) {
    const auto captured = load<kOrder, std::uint32_t>(at + 8);
    if (captured > header_.max_captured || captured > static_cast<std::size_t>(end - at) - header) break;
    prefetch(at);
    const std::int64_t seconds = load<kOrder, std::uint32_t>(at);  // unsigned: until 2106
    const auto fraction = load<kOrder, std::uint32_t>(at + 4);
    decoder::Packet& packet = batch_[count++];
    packet.time = decoder::Timestamp(decoder::Duration(seconds * 1'000'000'000 + fraction * tick));
    packet.data = {at + header, captured};
    packet.wire_length = load<kOrder, std::uint32_t>(at + 12);
    packet.link = header_.link;
    packet.number = ++number_;
    if (fraction >= ticks_per_second) [[unlikely]]
      note_odd_time(fraction);
    at += header + captured;
  }
  bytes().consume(static_cast<std::size_t>(at - window.data()));
  return count;
}

// The window begins with a packet that is incomplete or corrupt: the first makes it grow, the second is the end.
void PcapFile::read_on() {
  const std::uint64_t next = number_ + 1;
  if (!bytes().need(header_.packet_header)) {
    const std::size_t left = bytes().available().size();
    if (left == 0 && !bytes().problem()) return end();
    return end_cut(fmt::format("cut in the header of packet {}: {} of {} bytes", next, left, header_.packet_header));
  }
  const auto captured = load<std::uint32_t>(header_.order, bytes().available().data() + 8);
  if (captured > header_.max_captured) {
    return end_with(CaptureFault::corrupt, fmt::format("corrupt at packet {} (offset {}): it claims {} captured bytes",
                                                       next, bytes().offset(), captured));
  }
  if (bytes().need(header_.packet_header + captured)) return;
  const std::size_t left = bytes().available().size() - header_.packet_header;
  end_cut(fmt::format("cut in packet {}: {} of {} bytes", next, left, captured));
}

// Some writers forget the carry: the second that is too much is added, and said once.
void PcapFile::note_odd_time(std::uint32_t fraction) {
  if (odd_time_) return;
  odd_time_ = true;
  warn(CaptureFault::odd_time,
       fmt::format("packet {} has {} {} beyond its second; such times are added up", number_, fraction,
                   header_.nanoseconds_per_tick == 1 ? "nanoseconds" : "microseconds"));
}

}  // namespace zonelag::sensor
