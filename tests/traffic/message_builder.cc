#include "traffic/message_builder.h"

namespace zonelag::traffic {
namespace {

constexpr std::size_t kHeaderSize = 12;
constexpr std::uint16_t kPointer = 0xc000;

std::uint32_t hash_of(ByteView wire) {
  std::uint32_t hash = 2166136261U;  // FNV-1a
  for (const std::uint8_t byte : wire) hash = (hash ^ byte) * 16777619U;
  return hash;
}

}  // namespace

void MessageBuilder::begin(std::uint16_t id, std::uint16_t flags, Framing framing) {
  out_.clear();
  if (framing == Framing::kStream) out_.put16(0);
  base_ = out_.size();
  counts_ = {};
  ++generation_;
  out_.put16(id);
  out_.put16(flags);
  out_.put_zeros(kHeaderSize - 4);
}

void MessageBuilder::question(const Name& name, RrType type) {
  this->name(name);
  out_.put16(static_cast<std::uint16_t>(type));
  out_.put16(kClassIn);
  ++counts_[static_cast<std::size_t>(Section::kQuestion)];
}

void MessageBuilder::begin_record(Section section, const Name& owner, RrType type, std::uint32_t ttl,
                                  std::uint16_t rr_class) {
  name(owner);
  out_.put16(static_cast<std::uint16_t>(type));
  out_.put16(rr_class);
  out_.put32(ttl);
  rdlength_at_ = out_.size();
  out_.put16(0);
  ++counts_[static_cast<std::size_t>(section)];
}

void MessageBuilder::end_record() {
  out_.set16(rdlength_at_, static_cast<std::uint16_t>(out_.size() - rdlength_at_ - 2));
}

void MessageBuilder::name(const Name& name) {
  ByteView rest = name.wire();
  while (rest[0] != 0) {
    if (const std::uint16_t offset = find_or_remember(rest, size()); offset != 0) {
      out_.put16(static_cast<std::uint16_t>(kPointer | offset));
      return;
    }
    const std::size_t label = std::size_t{1} + rest[0];
    out_.put_bytes(rest.first(label));
    rest = rest.subspan(label);
  }
  out_.put8(0);
}

std::uint16_t MessageBuilder::find_or_remember(ByteView wire, std::size_t here) {
  const std::uint32_t hash = hash_of(wire);
  for (std::size_t probe = 0; probe < kMaxProbes; ++probe) {
    Slot& slot = slots_[(hash + probe) % kSlots];
    if (slot.generation != generation_) {
      if (here <= kMaxPointer) slot = {generation_, hash, static_cast<std::uint16_t>(here)};
      return 0;
    }
    if (slot.hash == hash && same_name(slot.offset, wire)) return slot.offset;
  }
  return 0;
}

bool MessageBuilder::same_name(std::size_t offset, ByteView wire) const {
  const ByteView message = out_.view_from(base_);
  for (;;) {
    if (offset >= message.size()) return false;
    const std::uint8_t length = message[offset];
    if (length >= 0xc0) {
      if (message.size() - offset < 2) return false;
      const std::size_t target = (std::size_t{length & 0x3fU} << 8) | message[offset + 1];
      if (target >= offset) return false;
      offset = target;
      continue;
    }
    const std::size_t label = std::size_t{1} + length;
    if (message.size() - offset < label || wire[0] != length) return false;
    if (length == 0) return true;
    if (!std::ranges::equal(message.subspan(offset, label), wire.first(label))) return false;
    offset += label;
    wire = wire.subspan(label);
  }
}

void MessageBuilder::rewind(const Mark& mark) {
  out_.truncate(mark.size);
  counts_ = mark.counts;
}

ByteView MessageBuilder::finish() {
  for (std::size_t i = 0; i < counts_.size(); ++i) out_.set16(base_ + 4 + 2 * i, counts_[i]);
  if (base_ == 2) out_.set16(0, static_cast<std::uint16_t>(size()));
  return out_.view();
}

}  // namespace zonelag::traffic
