// Reading DNS messages (RFC 1035 section 4) that are whole and contiguous. Nothing here allocates or throws. What each
// packet goes through is inline.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "decoder/cursor.h"
#include "decoder/event.h"
#include "decoder/zone_name.h"

namespace zonelag::decoder {

inline constexpr std::size_t kHeaderLength = 12;
inline constexpr std::uint16_t kTypeTxt = 16;    // RFC 1035 section 3.3.14
inline constexpr std::uint16_t kTypeOpt = 41;    // RFC 6891
inline constexpr std::uint16_t kTypeTsig = 250;  // RFC 8945
inline constexpr std::uint16_t kTypeIxfr = 251;  // RFC 1995
inline constexpr std::uint16_t kTypeAxfr = 252;  // RFC 5936
inline constexpr std::uint16_t kTypeAny = 255;
inline constexpr std::uint16_t kClassIn = 1;
inline constexpr std::uint8_t kOpcodeQuery = 0;
inline constexpr std::uint8_t kOpcodeNotify = 4;         // RFC 1996
inline constexpr std::uint8_t kOpcodeUpdate = 5;         // RFC 2136
inline constexpr std::uint16_t kOptionZoneVersion = 19;  // RFC 9660

inline constexpr std::uint8_t kRcodeNoError = 0;
inline constexpr std::uint8_t kRcodeNxDomain = 3;
inline constexpr std::uint8_t kRcodeRefused = 5;
inline constexpr std::uint8_t kRcodeNotAuth = 9;

inline constexpr std::uint8_t kPointerBits = 0xc0;  // RFC 1035 section 4.1.4

constexpr bool is_transfer_type(std::uint16_t type) { return type == kTypeAxfr || type == kTypeIxfr; }

inline std::uint8_t byte_at(Bytes bytes, std::size_t index) { return std::to_integer<std::uint8_t>(bytes[index]); }

inline std::uint16_t byte_pair_at(Bytes bytes, std::size_t index) {
  return static_cast<std::uint16_t>(byte_at(bytes, index) << 8 | byte_at(bytes, index + 1));
}

struct Header {
  std::uint16_t id = 0;
  std::uint16_t flags = 0;
  std::uint16_t questions = 0;
  std::uint16_t answers = 0;
  std::uint16_t authorities = 0;
  std::uint16_t additionals = 0;

  bool response() const { return (flags & 0x8000) != 0; }
  std::uint8_t opcode() const { return static_cast<std::uint8_t>(flags >> 11 & 0xf); }
  bool authoritative() const { return (flags & 0x0400) != 0; }
  bool truncated() const { return (flags & 0x0200) != 0; }
  std::uint8_t rcode() const { return static_cast<std::uint8_t>(flags & 0xf); }
};

// `bytes` has at least kHeaderLength.
inline Header read_header(Bytes bytes) {
  return {byte_pair_at(bytes, 0), byte_pair_at(bytes, 2), byte_pair_at(bytes, 4),
          byte_pair_at(bytes, 6), byte_pair_at(bytes, 8), byte_pair_at(bytes, 10)};
}

// A name in canonical wire form (see ZoneName) without an allocation.
struct NameBuffer {
  std::array<char, kMaxNameLength> bytes;  // not initialised: `length` says what is valid
  std::uint8_t length = 0;
  std::string_view wire() const { return {bytes.data(), length}; }
};

// The name at `offset`, decompressed and lower-cased into `name`; `offset` is moved behind it. False: it is no name
// by the limits of RFC 1035 (labels, 255 bytes, pointers strictly backwards).
bool read_name(Bytes message, std::size_t& offset, NameBuffer& name);
// Moves `offset` behind the name without following pointers. False: it ends outside the message or has a bad label.
inline bool skip_name(Bytes message, std::size_t& offset) {
  std::size_t from = offset;
  while (from < message.size()) {
    const std::uint8_t label = byte_at(message, from);
    if (label == 0 || label >= kPointerBits) {
      const std::size_t size = label == 0 ? 1 : 2;
      if (message.size() - from < size) return false;
      offset = from + size;
      return true;
    }
    if (label > kMaxLabelLength) return false;
    from += label + 1U;
  }
  return false;
}

struct Question {
  std::size_t name_offset = 0;
  std::uint16_t type = 0;
  std::uint16_t klass = 0;
};

struct Record {
  std::size_t owner_offset = 0;
  std::uint16_t type = 0;
  std::uint16_t klass = 0;
  std::size_t rdata_offset = 0;
  std::uint16_t rdata_length = 0;
};

// Reads a question or record at `offset` and moves it behind. False: it does not fit the message.
inline bool read_question(Bytes message, std::size_t& offset, Question& question) {
  question.name_offset = offset;
  if (!skip_name(message, offset) || message.size() - offset < 4) return false;
  question.type = byte_pair_at(message, offset);
  question.klass = byte_pair_at(message, offset + 2);
  offset += 4;
  return true;
}

inline bool read_record(Bytes message, std::size_t& offset, Record& record) {
  record.owner_offset = offset;
  if (!skip_name(message, offset) || message.size() - offset < 10) return false;
  record.type = byte_pair_at(message, offset);
  record.klass = byte_pair_at(message, offset + 2);
  record.rdata_length = byte_pair_at(message, offset + 8);
  record.rdata_offset = offset + 10;
  if (message.size() - record.rdata_offset < record.rdata_length) return false;
  offset = record.rdata_offset + record.rdata_length;
  return true;
}

struct Soa {
  Serial serial;
  SoaTimers timers;
};

// RDATA of a SOA that starts at `offset` of `message` (RFC 1035 section 3.3.13); names are skipped, not expanded, so
// `message` may be the record's own bytes only. Nullopt: malformed, or longer than `length`.
std::optional<Soa> read_soa(Bytes message, std::size_t offset, std::size_t length);

// The error field of a TSIG's RDATA (RFC 8945 section 4.2), 0 for none; nullopt: malformed.
std::optional<std::uint16_t> read_tsig_error(Bytes rdata);

struct ZoneVersion {
  std::uint8_t label_count = 0;  // labels of the query name that are the zone's
  Serial serial;
};

// The SOA-SERIAL version in an OPT's RDATA (RFC 9660 section 2); nullopt: there is none.
std::optional<ZoneVersion> read_zone_version(Bytes opt_rdata);

}  // namespace zonelag::decoder
