// An index over somebody else's vector: open addressing, linear probing, positions only. The keys stay with the owner,
// who compares them whole (a hash is never an identity) and who rebuilds the table when positions change.
#pragma once

#include <cstdint>
#include <vector>

namespace zonelag::aggregator {

class SlotTable {
 public:
  static constexpr std::uint32_t kNone = 0xffffffffU;

  // The position for which `same(position)` holds; kNone: not there.
  template <typename Same>
  std::uint32_t find(std::uint64_t hash, Same same) const {
    if (slots_.empty()) return kNone;
    const std::uint32_t mask = position_mask();
    const std::uint32_t tag = tag_of(hash, mask);
    for (std::uint32_t at = static_cast<std::uint32_t>(hash) & mask;; at = (at + 1) & mask) {
      const std::uint32_t slot = slots_[at];
      if (slot == kNone) return kNone;
      if ((slot & ~mask) == tag && same(slot & mask)) return slot & mask;
    }
  }

  // Adds the position `size()`, whose key is not in the table yet. `hash_of(position)` is asked when the table grows.
  template <typename HashOf>
  void append(std::uint64_t hash, HashOf hash_of) {
    const std::uint32_t position = size_++;
    if (needed(size_) > slots_.size()) {
      refill(hash_of);
    } else {
      place(hash, position);
    }
  }

  // The owner has now `size` positions, in whatever order.
  template <typename HashOf>
  void rebuild(std::uint32_t size, HashOf hash_of) {
    size_ = size;
    refill(hash_of);
  }

  std::uint32_t size() const { return size_; }
  std::size_t memory_bytes() const { return slots_.capacity() * sizeof(std::uint32_t); }

 private:
  // A slot's low bits are the position. The bits above, that many as the table's size leaves, are of the hash: they
  // spare a look at the keys of neighbours, which are far away in memory. No slot in use equals kNone, because the
  // table is at most three quarters full.
  std::uint32_t position_mask() const { return static_cast<std::uint32_t>(slots_.size() - 1); }
  static std::uint32_t tag_of(std::uint64_t hash, std::uint32_t mask) {
    return static_cast<std::uint32_t>(hash >> 32) & ~mask;
  }

  static std::size_t needed(std::uint32_t size) {
    std::size_t slots = 4;
    while (slots / 4 * 3 < size) slots *= 2;
    return slots;
  }

  void place(std::uint64_t hash, std::uint32_t position) {
    const std::uint32_t mask = position_mask();
    std::uint32_t at = static_cast<std::uint32_t>(hash) & mask;
    while (slots_[at] != kNone) at = (at + 1) & mask;
    slots_[at] = tag_of(hash, mask) | position;
  }

  template <typename HashOf>
  void refill(HashOf hash_of) {
    slots_ = std::vector<std::uint32_t>(needed(size_), kNone);
    for (std::uint32_t position = 0; position < size_; ++position) place(hash_of(position), position);
  }

  std::vector<std::uint32_t> slots_;
  std::uint32_t size_ = 0;
};

}  // namespace zonelag::aggregator
