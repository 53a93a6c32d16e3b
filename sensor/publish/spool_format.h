// The bytes of the spool's files: docs/spool.md. Pure; no file is touched here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sensor/publish/spool.h"

namespace zonelag::sensor {

inline constexpr std::size_t kSegmentHeaderBytes = 24;
inline constexpr std::size_t kRecordHeaderBytes = 10;
inline constexpr std::size_t kMaxSpoolKey = 0xFFFF;
inline constexpr std::size_t kMaxSpoolValue = std::size_t{1} << 20;
// Indexes beyond are of no file of ours: what is added to one that was read never wraps.
inline constexpr std::uint64_t kMaxSpoolIndex = std::uint64_t{1} << 62;

void put_u32(std::string& out, std::uint32_t value);
void put_u64(std::string& out, std::uint64_t value);
std::uint32_t get_u32(std::string_view bytes, std::size_t at);
std::uint64_t get_u64(std::string_view bytes, std::size_t at);
// zlib's crc32 (IEEE 802.3), begun at `seed`.
std::uint32_t checksum(std::string_view bytes, std::uint32_t seed = 0);

std::string segment_name(std::uint64_t first);
// nullopt: not the name of a segment.
std::optional<std::uint64_t> segment_first(std::string_view name);

enum class SegmentHeader : std::uint8_t { whole, damaged, other_version };
std::string encode_segment_header(std::uint64_t first);
SegmentHeader check_segment_header(std::string_view bytes, std::uint64_t first);

void encode_record(std::string& out, std::uint64_t index, std::string_view key, std::string_view value);
// Size of the record that begins with these bytes, header included; nullopt: none begins so. At least
// kRecordHeaderBytes.
std::optional<std::size_t> record_size(std::string_view header);
// `bytes` are a whole record, as record_size() says; nullopt: not the one with this index.
std::optional<SpoolRecord> parse_record(std::string_view bytes, std::uint64_t index);

}  // namespace zonelag::sensor
