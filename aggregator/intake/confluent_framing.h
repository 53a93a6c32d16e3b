// What Confluent's serializers write before a protobuf message: a zero byte, the schema's id in four bytes, big-endian,
// and which of the schema's messages it is: the path of its indexes as zigzag varints with their count before them,
// where the first message of all is the count 0 alone.
#pragma once

#include <cstdint>
#include <string>

namespace zonelag::aggregator {

// `index`: the message's position among the outermost of the schema.
inline void append_confluent_prefix(std::uint32_t schema_id, int index, std::string& out) {
  out.push_back('\0');
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(schema_id >> shift & 0xffU));
  if (index == 0) return out.push_back('\0');
  static constexpr char kOne = 2;  // zigzag
  out.push_back(kOne);
  for (auto left = static_cast<std::uint32_t>(index) << 1U;; left >>= 7U) {
    const bool last = left < 0x80U;
    out.push_back(static_cast<char>((left & 0x7fU) | (last ? 0U : 0x80U)));
    if (last) return;
  }
}

}  // namespace zonelag::aggregator
