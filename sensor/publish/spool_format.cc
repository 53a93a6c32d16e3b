#include "spool_format.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <charconv>

namespace zonelag::sensor {
namespace {

constexpr std::string_view kMagic{"zlspool\0", 8};
constexpr std::uint32_t kVersion = 1;
constexpr std::string_view kSuffix = ".log";
constexpr std::size_t kDigits = 20;
constexpr std::size_t kLengthAt = 4;
constexpr std::size_t kKeyLengthAt = 8;

// Not stored, but part of the checksum: a record is whole only in its own place.
std::uint32_t seed_of(std::uint64_t index) { return static_cast<std::uint32_t>(index ^ (index >> 32U)); }

void set_u32(std::string& out, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) out[at + i] = static_cast<char>(value >> (8 * i));
}

}  // namespace

void put_u32(std::string& out, std::uint32_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>(value >> shift));
}

void put_u64(std::string& out, std::uint64_t value) {
  put_u32(out, static_cast<std::uint32_t>(value));
  put_u32(out, static_cast<std::uint32_t>(value >> 32U));
}

std::uint32_t get_u32(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

std::uint64_t get_u64(std::string_view bytes, std::size_t at) {
  return std::uint64_t{get_u32(bytes, at + 4)} << 32U | get_u32(bytes, at);
}

std::uint32_t checksum(std::string_view bytes, std::uint32_t seed) {
  return static_cast<std::uint32_t>(::crc32_z(seed, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::string segment_name(std::uint64_t first) { return fmt::format("{:020}{}", first, kSuffix); }

std::optional<std::uint64_t> segment_first(std::string_view name) {
  if (name.size() != kDigits + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  std::uint64_t first = 0;
  const std::string_view digits = name.substr(0, kDigits);
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), first);
  if (parsed.ec != std::errc{} || parsed.ptr != digits.end() || first == 0 || first > kMaxSpoolIndex)
    return std::nullopt;
  return first;
}

std::string encode_segment_header(std::uint64_t first) {
  std::string out(kMagic);
  put_u32(out, kVersion);
  put_u64(out, first);
  put_u32(out, checksum(out));
  return out;
}

SegmentHeader check_segment_header(std::string_view bytes, std::uint64_t first) {
  if (bytes.size() < kSegmentHeaderBytes || !bytes.starts_with(kMagic)) return SegmentHeader::damaged;
  const std::size_t checked = kSegmentHeaderBytes - 4;
  if (get_u32(bytes, checked) != checksum(bytes.substr(0, checked))) return SegmentHeader::damaged;
  if (get_u32(bytes, kMagic.size()) != kVersion) return SegmentHeader::other_version;
  return get_u64(bytes, kMagic.size() + 4) == first ? SegmentHeader::whole : SegmentHeader::damaged;
}

void encode_record(std::string& out, std::uint64_t index, std::string_view key, std::string_view value) {
  const std::size_t begin = out.size();
  const std::size_t size = kRecordHeaderBytes + key.size() + value.size();
  out.resize(begin + kRecordHeaderBytes);
  set_u32(out, begin + kLengthAt, static_cast<std::uint32_t>(size));
  out[begin + kKeyLengthAt] = static_cast<char>(key.size());
  out[begin + kKeyLengthAt + 1] = static_cast<char>(key.size() >> 8U);
  out.append(key).append(value);
  set_u32(out, begin, checksum(std::string_view(out).substr(begin + kLengthAt), seed_of(index)));
}

std::optional<std::size_t> record_size(std::string_view header) {
  if (header.size() < kRecordHeaderBytes) return std::nullopt;
  const std::size_t size = get_u32(header, kLengthAt);
  if (size < kRecordHeaderBytes || size > kRecordHeaderBytes + kMaxSpoolKey + kMaxSpoolValue) return std::nullopt;
  return size;
}

std::optional<SpoolRecord> parse_record(std::string_view bytes, std::uint64_t index) {
  if (get_u32(bytes, 0) != checksum(bytes.substr(kLengthAt), seed_of(index))) return std::nullopt;
  const std::size_t key_size = static_cast<std::size_t>(static_cast<unsigned char>(bytes[kKeyLengthAt])) |
                               static_cast<std::size_t>(static_cast<unsigned char>(bytes[kKeyLengthAt + 1])) << 8U;
  const std::string_view body = bytes.substr(kRecordHeaderBytes);
  if (key_size > body.size()) return std::nullopt;
  return SpoolRecord{index, body.substr(0, key_size), body.substr(key_size)};
}

}  // namespace zonelag::sensor
