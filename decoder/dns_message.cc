#include "decoder/dns_message.h"

#include <algorithm>

namespace zonelag::decoder {
namespace {

constexpr std::uint8_t kZoneVersionSoaSerial = 0;  // RFC 9660 section 7.2

}  // namespace

bool read_name(Bytes message, std::size_t& offset, NameBuffer& name) {
  std::size_t from = offset;
  std::size_t lowest = offset;  // pointers go strictly below every place already read, so this ends
  bool jumped = false;
  std::size_t length = 0;
  while (from < message.size()) {
    const std::uint8_t label = byte_at(message, from);
    if (label >= kPointerBits) {
      if (message.size() - from < 2) return false;
      if (!jumped) offset = from + 2;
      jumped = true;
      const std::size_t target = byte_pair_at(message, from) & 0x3fffU;
      if (target >= lowest) return false;
      lowest = from = target;
      continue;
    }
    if (label > kMaxLabelLength || message.size() - from <= label) return false;
    if (kMaxNameLength - length < label + 1U) return false;
    name.bytes[length++] = static_cast<char>(label);
    for (std::size_t i = 1; i <= label; ++i)
      name.bytes[length++] = static_cast<char>(lower(byte_at(message, from + i)));
    from += label + 1U;
    if (label == 0) {
      if (!jumped) offset = from;
      name.length = static_cast<std::uint8_t>(length);
      return true;
    }
  }
  return false;
}

std::optional<Soa> read_soa(Bytes message, std::size_t offset, std::size_t length) {
  const std::size_t end = offset + length;
  if (end > message.size() || !skip_name(message, offset) || !skip_name(message, offset)) return std::nullopt;
  if (offset > end || end - offset != 20) return std::nullopt;
  Cursor cursor(message.subspan(offset, 20));
  Soa soa;
  soa.serial = Serial{cursor.u32()};
  soa.timers = {cursor.u32(), cursor.u32(), cursor.u32(), cursor.u32()};
  return soa;
}

std::optional<std::uint16_t> read_tsig_error(Bytes rdata) {
  std::size_t offset = 0;
  if (!skip_name(rdata, offset)) return std::nullopt;
  Cursor cursor(rdata.subspan(offset));
  cursor.skip(8);  // time signed, fudge
  cursor.skip(cursor.u16());
  cursor.skip(2);  // original id
  const std::uint16_t error = cursor.u16();
  return cursor.ok() ? std::optional(error) : std::nullopt;
}

std::optional<ZoneVersion> read_zone_version(Bytes opt_rdata) {
  Cursor cursor(opt_rdata);
  while (cursor.left() >= 4) {
    const std::uint16_t code = cursor.u16();
    Cursor option(cursor.take(cursor.u16()));
    if (!cursor.ok()) return std::nullopt;
    if (code != kOptionZoneVersion || option.left() != 6) continue;
    const std::uint8_t labels = option.u8();
    if (option.u8() == kZoneVersionSoaSerial) return ZoneVersion{labels, Serial{option.u32()}};
  }
  return std::nullopt;
}

}  // namespace zonelag::decoder
