#include "record_walker.h"

#include <algorithm>

namespace zonelag::decoder {
namespace {

constexpr std::size_t kFixedLength = 10;       // type, class, TTL, RDLENGTH
constexpr std::size_t kMaxWantedRdata = 1024;  // a SOA has at most 530 bytes, a TSIG with SHA-512 some 400

// The head of a record: name and fixed part. `needed` bytes make it complete; `size` of it when it is.
struct Head {
  bool malformed = false;
  std::size_t needed = 0;
  std::size_t size = 0;
  std::uint16_t type = 0;
  std::uint16_t rdata_length = 0;
};

inline std::uint32_t byte_at(const std::byte* at) { return std::to_integer<std::uint32_t>(*at); }
inline std::uint16_t u16_at(const std::byte* at) {
  return static_cast<std::uint16_t>(byte_at(at) << 8 | byte_at(at + 1));
}

inline Head read_head(const std::byte* data, std::size_t size) {
  std::size_t at = 0;
  while (true) {
    if (at >= size) return {.needed = at + 1 + kFixedLength};
    const std::uint32_t label = byte_at(data + at);
    if (label >= 0xc0) {
      at += 2;
      break;
    }
    ++at;
    if (label == 0) break;
    if (label > kMaxLabelLength || at + label >= kMaxNameLength) return {.malformed = true};  // the end has a byte too
    at += label;
  }
  if (at > size || size - at < kFixedLength) return {.needed = at + kFixedLength};
  return {.size = at + kFixedLength, .type = u16_at(data + at), .rdata_length = u16_at(data + at + 8)};
}

}  // namespace

void RecordWalker::begin(const Header& header) {
  left_[0] = header.answers;
  left_[1] = header.authorities;
  left_[2] = header.additionals;
  section_ = Section::answer;
  broken_ = false;
  skip_ = 0;
  plain_ = 0;
  records_ = 0;
  carry_.clear();
}

bool RecordWalker::wanted(std::uint16_t type) const {
  return (type == kTypeSoa && section_ == Section::answer) || type == kTypeTsig;
}

void RecordWalker::flush(RecordVisitor& visitor) {
  if (plain_ == 0) return;
  visitor.plain_records(plain_);
  plain_ = 0;
}

// Accounts for one record of the present section.
inline void RecordWalker::counted(std::uint16_t type, Bytes rdata, RecordVisitor& visitor) {
  ++records_;
  --left_[static_cast<std::size_t>(section_)];
  if (wanted(type)) {
    flush(visitor);
    visitor.record(section_, type, rdata);
  } else if (section_ == Section::answer) {
    ++plain_;
  }
}

// Walks whole records in place; returns how many bytes it used. What remains is the beginning of a record.
std::size_t RecordWalker::walk(Bytes bytes, RecordVisitor& visitor) {
  const std::byte* const begin = bytes.data();
  const std::byte* at = begin;
  std::size_t size = bytes.size();
  while (true) {
    while (left_[static_cast<std::size_t>(section_)] == 0) {
      if (section_ == Section::additional) return bytes.size();  // trailing bytes are nobody's
      section_ = static_cast<Section>(static_cast<int>(section_) + 1);
    }
    const Head head = read_head(at, size);
    if (head.malformed) {
      broken_ = true;
      break;
    }
    if (head.size == 0) break;
    if (head.rdata_length > kMaxWantedRdata && wanted(head.type)) {
      broken_ = true;
      break;
    }
    const std::size_t here = size - head.size;
    if (head.rdata_length > here) {
      if (wanted(head.type)) break;
      skip_ = static_cast<std::uint32_t>(head.rdata_length - here);
      counted(head.type, {}, visitor);
      return bytes.size();
    }
    counted(head.type, {at + head.size, head.rdata_length}, visitor);
    at += head.size + head.rdata_length;
    size -= head.size + head.rdata_length;
  }
  return static_cast<std::size_t>(at - begin);
}

// Adds from `bytes` to the carried beginning of a record until that is whole; returns how many bytes it took.
std::size_t RecordWalker::finish_carried(Bytes bytes, RecordVisitor& visitor) {
  std::size_t used = 0;
  while (!carry_.empty()) {
    const Head head = read_head(carry_.data(), carry_.size());
    if (head.malformed || (head.size != 0 && wanted(head.type) && head.rdata_length > kMaxWantedRdata)) {
      broken_ = true;
      return used;
    }
    std::size_t whole = head.size == 0 ? head.needed : head.size;
    if (head.size != 0 && wanted(head.type)) whole += head.rdata_length;
    if (carry_.size() < whole) {
      const std::size_t take = std::min(whole - carry_.size(), bytes.size() - used);
      if (take == 0) return used;
      carry_.insert(carry_.end(), bytes.begin() + static_cast<std::ptrdiff_t>(used),
                    bytes.begin() + static_cast<std::ptrdiff_t>(used + take));
      used += take;
      continue;
    }
    if (!wanted(head.type)) skip_ = head.rdata_length;
    counted(head.type, Bytes{carry_}.subspan(head.size), visitor);
    carry_.clear();
  }
  return used;
}

bool RecordWalker::feed(Bytes bytes, RecordVisitor& visitor) {
  while (!broken_ && !bytes.empty()) {
    if (skip_ > 0) {
      const std::size_t skipped = std::min<std::size_t>(skip_, bytes.size());
      skip_ -= static_cast<std::uint32_t>(skipped);
      bytes = bytes.subspan(skipped);
      continue;
    }
    if (!carry_.empty()) {
      bytes = bytes.subspan(finish_carried(bytes, visitor));
      continue;
    }
    bytes = bytes.subspan(walk(bytes, visitor));
    if (broken_) break;
    if (!bytes.empty()) {
      carry_.assign(bytes.begin(), bytes.end());
      bytes = {};
    }
  }
  flush(visitor);
  return !broken_;
}

}  // namespace zonelag::decoder
