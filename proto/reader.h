// Reads the values of a parsed message into decoder's types with a sticky failure, as decoder::Cursor does for wire
// bytes: read all fields in a row, check once. Only the first failure is kept; what is read after it is of no use.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "decoder/event.h"
#include "enums.h"
#include "proto/codec.h"

namespace zonelag::proto {

// `field` is in each case the path that an error names.
class Reader {
 public:
  std::uint16_t u16(std::uint32_t value, const char* field) { return narrow<std::uint16_t>(value, field); }
  std::uint8_t u8(std::uint32_t value, const char* field) { return narrow<std::uint8_t>(value, field); }
  decoder::Timestamp time(const google::protobuf::Timestamp& value, const char* field);
  // Not negative.
  decoder::Duration duration(const google::protobuf::Duration& value, const char* field);
  std::string text(const std::string& value, const char* field);
  decoder::ZoneName zone(const std::string& value, const char* field);
  decoder::IpAddress address(const std::string& value, const char* field);

  template <class Enum>
  Enum pick(int value, const char* field) {
    const auto known = from_wire<Enum>(value);
    if (!known) fail(CodecFault::unknown_value, field);
    return known.value_or(Enum{});
  }

  void fail(CodecFault fault, const char* field) {
    if (!error_) error_ = CodecError{fault, field};
  }
  const std::optional<CodecError>& error() const { return error_; }

 private:
  template <class Narrow>
  Narrow narrow(std::uint32_t value, const char* field) {
    if (value > std::numeric_limits<Narrow>::max()) fail(CodecFault::out_of_range, field);
    return static_cast<Narrow>(value);
  }

  std::optional<CodecError> error_;
};

}  // namespace zonelag::proto
