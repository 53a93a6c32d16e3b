#include <algorithm>
#include <array>
#include <istream>
#include <ostream>
#include <utility>

#include "proto/codec.h"

namespace zonelag::proto {
namespace {

// kMaxRecordSize needs three bytes of seven bits; a longer varint with zeros on top is legal, if odd.
constexpr int kMaxVarintBytes = 10;
constexpr std::size_t kChunk = 4096;

void append_varint(std::string& out, std::size_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>((value & 0x7f) | 0x80));
  out.push_back(static_cast<char>(value));
}

std::unexpected<CodecError> failed(CodecFault fault, const char* field) {
  return std::unexpected(CodecError{fault, field});
}

// nullopt: nothing more in the stream. More than kMaxRecordSize is too_long, whatever it is.
std::expected<std::optional<std::size_t>, CodecError> read_length(std::istream& in) {
  std::size_t length = 0;
  bool too_long = false;
  for (int i = 0; i < kMaxVarintBytes; ++i) {
    const auto next = in.get();
    if (next == std::istream::traits_type::eof()) {
      if (i == 0 && !in.bad()) return std::nullopt;
      return failed(CodecFault::cut_short, "length");
    }
    const auto bits = static_cast<std::size_t>(next & 0x7f);
    if (bits != 0 && bits > (kMaxRecordSize >> (7 * i))) too_long = true;
    if (!too_long) length |= bits << (7 * i);
    if ((next & 0x80) != 0) continue;
    if (too_long || length > kMaxRecordSize) return failed(CodecFault::too_long, "length");
    return length;
  }
  return failed(CodecFault::not_protobuf, "length");
}

// In chunks: the storage grows with what is there, not with what the length claims.
bool read_bytes(std::istream& in, std::size_t length, std::string& record) {
  std::array<char, kChunk> chunk{};
  while (length > 0) {
    const std::size_t wanted = std::min(length, chunk.size());
    in.read(chunk.data(), static_cast<std::streamsize>(wanted));
    if (static_cast<std::size_t>(in.gcount()) != wanted) return false;
    record.append(chunk.data(), wanted);
    length -= wanted;
  }
  return true;
}

}  // namespace

void encode_delimited(const decoder::Event& event, std::string& out) {
  const std::size_t begin = out.size();
  encode(event, out);
  std::string length;
  append_varint(length, out.size() - begin);
  out.insert(begin, length);
}

bool write_delimited(std::ostream& out, const decoder::Event& event) {
  std::string record;
  encode_delimited(event, record);
  out << record;
  return !out.fail();
}

std::expected<std::optional<decoder::Event>, CodecError> read_delimited(std::istream& in) {
  const auto length = read_length(in);
  if (!length) {
    in.setstate(std::ios::badbit);  // where the next record begins is not known
    return std::unexpected(length.error());
  }
  if (!*length) return std::nullopt;
  std::string record;
  if (!read_bytes(in, **length, record)) {
    in.setstate(std::ios::badbit);
    return failed(CodecFault::cut_short, "");
  }
  auto event = decode(record);
  if (!event) return std::unexpected(std::move(event).error());
  return std::move(*event);
}

}  // namespace zonelag::proto
