// decoder::Event <-> protobuf `zonelag.v1.Event` (proto/zonelag/v1/event.proto). No generated type is seen from here.
// All functions are pure and may be called from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "decoder/event.h"

namespace zonelag::proto {

// Value of Event.schema that is written and understood.
inline constexpr std::uint32_t kSchemaVersion = 1;

// A larger record is refused before it is looked at: Kafka's own default limit for a record (max.message.bytes).
inline constexpr std::size_t kMaxRecordSize = std::size_t{1} << 20;

enum class CodecFault : std::uint8_t {
  not_protobuf,
  not_json,
  unknown_schema,
  missing,  // a field without which the event means nothing
  not_a_name,
  not_an_address,
  not_text,       // a zero byte, which PostgreSQL's text does not take
  bad_time,       // not a valid Timestamp or Duration, or outside of 1677 to 2262 (64 bits of nanoseconds)
  out_of_range,   // a number that the field cannot have, such as port 65536
  unknown_value,  // of an enum
  too_long,       // more than kMaxRecordSize
  cut_short,      // the stream ends within a record
};
const char* to_string(CodecFault fault);

struct CodecError {
  CodecFault fault = CodecFault::not_protobuf;
  std::string field;  // path from Event, e.g. "transfer.asked"; empty: the record as a whole
  friend bool operator==(const CodecError&, const CodecError&) = default;
};
// One line for a log: "event: transfer.asked: unknown value".
std::string to_string(const CodecError& error);

// Bytes of text that are no UTF-8 (file names, configured names) and zero bytes are written as U+FFFD: else the record
// could not be read back. A served or stamp event's destination is never written: who asked stays on the sensor.
// Every other event equals decode(encode(event)), provided that clock.max_error is not negative.
std::string encode(const decoder::Event& event);
// Appends to `out`, whose storage may be reused.
void encode(const decoder::Event& event, std::string& out);

// Fields that this version does not know are skipped; a body or enum value that it does not know is an error.
std::expected<decoder::Event, CodecError> decode(std::span<const std::byte> record);
std::expected<decoder::Event, CodecError> decode(std::string_view record);

// protobuf's canonical JSON mapping with the field names of event.proto, on one line without a line end. 64-bit counts
// are strings, enums their names, times RFC 3339; fields at their default are left out.
std::string to_json(const decoder::Event& event);
// Unknown fields are an error here: this reads what people write.
std::expected<decoder::Event, CodecError> from_json(std::string_view json);

// protobuf's length-delimited framing (parseDelimitedFrom and its like): a varint with the length, then the record.
// Appends to `out`, whose storage may be reused.
void encode_delimited(const decoder::Event& event, std::string& out);
// False: the stream has failed.
[[nodiscard]] bool write_delimited(std::ostream& out, const decoder::Event& event);
// nullopt at the end of the stream. After a fault within a record the next call reads the next record. After a fault of
// the framing (field "length", or cut_short) the rest is lost: the stream is bad(), and further calls say cut_short.
std::expected<std::optional<decoder::Event>, CodecError> read_delimited(std::istream& in);

// The protobuf library writes a line to stderr for text that is no UTF-8. decode() says it already; a program that logs
// itself calls this once, at its start, before it has threads.
void silence_library_log();

}  // namespace zonelag::proto
