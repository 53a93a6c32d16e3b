#include "pcapng_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "decoder/frame.h"
#include "file_bytes.h"
#include "link_names.h"

namespace zonelag::sensor {
namespace {

using decoder::Bytes;

constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;  // the same in both byte orders
constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr std::uint32_t kInterfaceDescription = 1;
constexpr std::uint32_t kObsoletePacket = 2;
constexpr std::uint32_t kSimplePacket = 3;
constexpr std::uint32_t kEnhancedPacket = 6;

constexpr std::uint16_t kEndOfOptions = 0;
constexpr std::uint16_t kTimeResolution = 9;
constexpr std::uint16_t kTimeOffset = 14;

constexpr std::size_t kSmallestBlock = 12;  // type, length, length again
constexpr std::size_t kSectionHeaderFixed = 28;
constexpr std::size_t kInterfaceFixed = 20;
constexpr std::size_t kTimedPacketFixed = 32;  // enhanced and obsolete, trailer included
constexpr std::size_t kSimplePacketFixed = 16;
constexpr std::size_t kTrailer = 4;

bool is_packet(std::uint32_t type) {
  return type == kEnhancedPacket || type == kSimplePacket || type == kObsoletePacket;
}

std::size_t fixed_part(std::uint32_t type) {
  if (type == kSectionHeader) return kSectionHeaderFixed;
  if (type == kInterfaceDescription) return kInterfaceFixed;
  if (type == kSimplePacket) return kSimplePacketFixed;
  return is_packet(type) ? kTimedPacketFixed : kSmallestBlock;
}

// Blocks that are no packets but that tshark gives a frame number (tried with 4.0): custom blocks, systemd's journal,
// system calls of sysdig.
bool has_frame_number(std::uint32_t type) {
  constexpr std::uint32_t kTypes[] = {0x0bad, 0x40000bad, 9, 0x204, 0x208, 0x216, 0x217, 0x221, 0x222};
  return std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes);
}

std::string block_name(std::uint32_t type) {
  switch (type) {
    case kSectionHeader: return "section header";
    case kInterfaceDescription: return "interface description";
    case kObsoletePacket: return "packet block (obsolete)";
    case kSimplePacket: return "simple packet block";
    case kEnhancedPacket: return "enhanced packet block";
    default: return fmt::format("block of type {:#x}", type);
  }
}

}  // namespace

template <typename Number>
Number PcapngFile::number_at(const std::byte* at) const {
  return load<Number>(order_, at);
}

bool PcapngFile::recognise(Bytes beginning) {
  return beginning.size() >= 4 && load<std::endian::little, std::uint32_t>(beginning.data()) == kSectionHeader;
}

std::expected<std::unique_ptr<PacketSource>, CaptureProblem> PcapngFile::open(std::unique_ptr<ByteSource> bytes) {
  if (!bytes->need(kSectionHeaderFixed)) {
    if (auto problem = bytes->problem()) return std::unexpected(std::move(*problem));
    return std::unexpected(CaptureProblem{
        CaptureFault::not_a_capture, fmt::format("{}: cut in the pcapng section header: {} of {} bytes", bytes->name(),
                                                 bytes->available().size(), kSectionHeaderFixed)});
  }
  std::unique_ptr<PcapngFile> file(new PcapngFile(std::move(bytes)));
  file->read_to_first_packet();
  const bool useless = file->ended() && !file->problems().empty() && !is_warning(file->problems().back().fault);
  if (useless) return std::unexpected(file->problems().back());
  return file;
}

// So that a file of which nothing can be used is refused at once, as a pcap file is.
void PcapngFile::read_to_first_packet() {
  while (!ended()) {
    if (bytes().need(kSmallestBlock) && is_packet(number_at<std::uint32_t>(bytes().available().data()))) {
      if (!interfaces_.empty() && all_unknown()) {
        const auto link = static_cast<std::uint16_t>(interfaces_.front().link);
        end_with(CaptureFault::unknown_link, fmt::format("link type {} is not known to zonelag", link_type_name(link)));
      }
      return;
    }
    read_block();
  }
}

std::span<const decoder::Packet> PcapngFile::next_batch() {
  while (!ended()) {
    const std::size_t count = order_ == std::endian::little ? parse<std::endian::little>() : parse<std::endian::big>();
    if (count > 0) return {batch_.data(), count};
    read_block();
  }
  tell_skipped();
  return {};
}

template <std::endian kOrder>
PcapngFile::PacketFields PcapngFile::read_fields(BlockHeader block, const std::byte* at, std::uint32_t snap_length) {
  const auto u32 = [at](std::size_t offset) { return load<kOrder, std::uint32_t>(at + offset); };
  PacketFields fields;
  if (block.type == kSimplePacket) {
    fields.wire_length = u32(8);
    fields.captured = std::min(fields.wire_length, block.length - static_cast<std::uint32_t>(kSimplePacketFixed));
    if (snap_length != 0) fields.captured = std::min(fields.captured, snap_length);
    fields.timed = false;
    fields.header = kSimplePacketFixed - kTrailer;
    return fields;
  }
  // The obsolete block has a 16-bit interface and a count of drops where the enhanced has a 32-bit interface.
  fields.interface = block.type == kObsoletePacket ? load<kOrder, std::uint16_t>(at + 8) : u32(8);
  fields.ticks = static_cast<std::uint64_t>(u32(12)) << 32 | u32(16);
  fields.captured = u32(20);
  fields.wire_length = u32(24);
  fields.header = kTimedPacketFixed - kTrailer;
  return fields;
}

// All packets that are complete in the window, at most a batch, up to anything else.
template <std::endian kOrder>
std::size_t PcapngFile::parse() {
  const Bytes window = bytes().available();
  const std::byte* at = window.data();
  const std::byte* const end = at + window.size();
  std::size_t count = 0;
  while (count < kBatch && static_cast<std::size_t>(end - at) >= kSmallestBlock) {
    const BlockHeader block{load<kOrder, std::uint32_t>(at), load<kOrder, std::uint32_t>(at + 4)};
    if (!is_packet(block.type) || block.length < fixed_part(block.type) || block.length % 4 != 0) break;
    if (block.length > kMaxRecord || block.length > static_cast<std::size_t>(end - at)) break;
    if (load<kOrder, std::uint32_t>(at + block.length - kTrailer) != block.length) break;
    prefetch(at);
    const PacketFields fields = read_fields<kOrder>(block, at, snap_length_of_first());
    if (!accept(fields, block, at, batch_[count])) break;
    if (interfaces_[fields.interface].known) ++count;
    at += block.length;
  }
  bytes().consume(static_cast<std::size_t>(at - window.data()));
  return count;
}

// False: the fields contradict themselves. A packet of an unknown link type is counted, and left out by the caller.
bool PcapngFile::accept(const PacketFields& fields, BlockHeader block, const std::byte* at, decoder::Packet& packet) {
  if (fields.interface >= interfaces_.size()) return false;
  if (fields.captured > block.length - fields.header - kTrailer || fields.captured > kHardMaxCaptured) return false;
  Interface& interface = interfaces_[fields.interface];
  ++number_;
  if (!interface.known) ++interface.skipped;
  if (fields.timed) {
    previous_time_ = interface.unit.to_time(fields.ticks);
  } else if (!told_no_time_) {
    told_no_time_ = true;
    warn(CaptureFault::no_time,
         fmt::format("packet {} has no time of its own; such packets get the time of the one before", number_));
  }
  packet.time = previous_time_;
  packet.data = {at + fields.header, fields.captured};
  packet.wire_length = fields.wire_length;
  packet.link = interface.link;
  packet.number = number_;
  return true;
}

void PcapngFile::read_block() {
  const std::size_t seen = bytes().available().size();
  BlockHeader block;
  if (!read_block_header(block)) return;
  if (block.type == kSectionHeader) return read_section_header();
  if (block.length < fixed_part(block.type) || block.length % 4 != 0 || block.length > kMaxBlock) {
    return refuse(block, fmt::format("claims a length of {} bytes", block.length));
  }
  if (block.type == kInterfaceDescription) return read_interface(block);
  if (is_packet(block.type)) return read_packet(block, seen);
  pass_over(block);
}

// False: the file ended, cleanly or within the header.
bool PcapngFile::read_block_header(BlockHeader& block) {
  block_offset_ = bytes().offset();
  if (!bytes().need(kSmallestBlock)) {
    const std::size_t left = bytes().available().size();
    if (left == 0 && !bytes().problem()) {
      end();
    } else {
      end_cut(fmt::format("cut in the block at offset {}: {} bytes of it are there", block_offset_, left));
    }
    return false;
  }
  const std::byte* const at = bytes().available().data();
  block = {number_at<std::uint32_t>(at), number_at<std::uint32_t>(at + 4)};
  return true;
}

void PcapngFile::read_section_header() {
  if (!bytes().need(kSectionHeaderFixed)) {
    const std::size_t left = bytes().available().size();
    return end_cut(fmt::format("cut in the section header at offset {}: {} of {} bytes", block_offset_, left,
                               kSectionHeaderFixed));
  }
  const std::byte* const at = bytes().available().data();
  const bool little = load<std::endian::little, std::uint32_t>(at + 8) == kByteOrderMagic;
  const bool big = load<std::endian::big, std::uint32_t>(at + 8) == kByteOrderMagic;
  if (!little && !big) return refuse({kSectionHeader, 0}, "has no byte-order magic");
  tell_skipped();
  interfaces_.clear();
  order_ = little ? std::endian::little : std::endian::big;
  const auto major = number_at<std::uint16_t>(at + 12);
  if (major != 1) {
    return end_with(CaptureFault::unsupported_version,
                    fmt::format("pcapng version {}.{} (section at offset {}) is not supported, only 1.x", major,
                                number_at<std::uint16_t>(at + 14), block_offset_));
  }
  const BlockHeader block{kSectionHeader, number_at<std::uint32_t>(at + 4)};
  if (block.length < kSectionHeaderFixed || block.length % 4 != 0 || block.length > kMaxBlock) {
    return refuse(block, fmt::format("claims a length of {} bytes", block.length));
  }
  pass_over(block);
}

void PcapngFile::read_interface(BlockHeader block) {
  if (block.length > kMaxRecord) return refuse(block, fmt::format("claims a length of {} bytes", block.length));
  if (!bytes().need(block.length)) return cut_in(block);
  const Bytes all = bytes().available().first(block.length);
  if (!trailer_agrees(block)) return;
  if (interfaces_.size() == kMaxInterfaces) {
    return refuse(block, fmt::format("is one more than {} interfaces", kMaxInterfaces));
  }
  Interface interface;
  interface.link = static_cast<decoder::LinkType>(number_at<std::uint16_t>(all.data() + 8));
  interface.known = decoder::is_known(interface.link);
  interface.snap_length = number_at<std::uint32_t>(all.data() + 12);
  if (!read_options(all.subspan(16, block.length - kInterfaceFixed), interface)) {
    return refuse(block, "has options that do not fit into it");
  }
  interfaces_.push_back(interface);
  bytes().consume(block.length);
}

bool PcapngFile::read_options(Bytes options, Interface& interface) {
  std::uint8_t resolution = 6;
  std::int64_t offset = 0;
  while (options.size() >= 4) {
    const auto code = number_at<std::uint16_t>(options.data());
    const std::size_t length = number_at<std::uint16_t>(options.data() + 2);
    options = options.subspan(4);
    if (code == kEndOfOptions) break;
    if (length > options.size()) return false;
    if (code == kTimeResolution) {
      if (length != 1) return false;
      resolution = std::to_integer<std::uint8_t>(options[0]);
    } else if (code == kTimeOffset) {
      if (length != 8) return false;
      offset = number_at<std::int64_t>(options.data());
    }
    options = options.subspan(std::min((length + 3) / 4 * 4, options.size()));
  }
  interface.unit = TimeUnit(resolution, offset);
  return true;
}

// parse() did not take it: it was not all there, or it is corrupt. `seen`: the bytes that parse() had.
void PcapngFile::read_packet(BlockHeader block, std::size_t seen) {
  const std::uint64_t next = number_ + 1;
  if (block.length > kMaxRecord) return refuse(block, fmt::format("claims a length of {} bytes", block.length));
  if (!bytes().need(block.length)) {
    return end_cut(
        fmt::format("cut in packet {}: {} of its block's {} bytes", next, bytes().available().size(), block.length));
  }
  if (seen < block.length || !trailer_agrees(block)) return;
  const std::byte* const at = bytes().available().data();
  const auto fields = order_ == std::endian::little
                          ? read_fields<std::endian::little>(block, at, snap_length_of_first())
                          : read_fields<std::endian::big>(block, at, snap_length_of_first());
  if (fields.interface >= interfaces_.size()) {
    return refuse(block,
                  fmt::format("(packet {}) is of interface {}, which was not described", next, fields.interface));
  }
  refuse(block, fmt::format("(packet {}) claims {} captured bytes", next, fields.captured));
}

void PcapngFile::pass_over(BlockHeader block) {
  if (!bytes().skip(block.length - kTrailer) || !bytes().need(kTrailer)) return cut_in(block);
  if (number_at<std::uint32_t>(bytes().available().data()) != block.length) {
    return refuse(block, "has two lengths that differ");
  }
  bytes().consume(kTrailer);
  if (has_frame_number(block.type)) ++number_;
}

bool PcapngFile::trailer_agrees(BlockHeader block) {
  if (number_at<std::uint32_t>(bytes().available().data() + block.length - kTrailer) == block.length) return true;
  refuse(block, "has two lengths that differ");
  return false;
}

void PcapngFile::refuse(BlockHeader block, const std::string& why) {
  end_with(CaptureFault::corrupt, fmt::format("{} at offset {} {}", block_name(block.type), block_offset_, why));
}

void PcapngFile::cut_in(BlockHeader block) {
  end_cut(fmt::format("cut in the {} of {} bytes at offset {}", block_name(block.type), block.length, block_offset_));
}

bool PcapngFile::all_unknown() const {
  return std::none_of(interfaces_.begin(), interfaces_.end(), [](const Interface& each) { return each.known; });
}

void PcapngFile::tell_skipped() {
  for (std::size_t index = 0; index < interfaces_.size(); ++index) {
    Interface& interface = interfaces_[index];
    if (interface.skipped == 0) continue;
    const auto link = static_cast<std::uint16_t>(interface.link);
    warn(CaptureFault::interface_skipped,
         fmt::format("{} packets of interface {} were passed over: link type {} is not known to zonelag",
                     std::exchange(interface.skipped, 0), index, link_type_name(link)));
  }
}

}  // namespace zonelag::sensor
