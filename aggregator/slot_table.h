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
    if (count_ == 0) return kNone;
    const std::uint32_t mask = count_ - 1;
    const std::uint32_t tag = tag_of(hash);
    for (std::uint32_t at = static_cast<std::uint32_t>(hash) & mask;; at = (at + 1) & mask) {
      const std::uint32_t slot = slot_at(at);
      if (slot == empty()) return kNone;
      if ((slot & ~mask) == tag && same(slot & mask)) return slot & mask;
    }
  }

  // Adds the position `size()`, whose key is not in the table yet. `hash_of(position)` is asked when the table grows.
  template <typename HashOf>
  void append(std::uint64_t hash, HashOf hash_of) {
    const std::uint32_t position = size_++;
    if (needed(size_) > count_) {
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
  std::size_t memory_bytes() const { return words_.capacity() * sizeof(words_[0]); }

 private:
  // A slot's low bits are the position. The bits above, that many as the table's size leaves, are of the hash: they
  // spare a look at the keys of neighbours, which are far away in memory. No slot in use equals empty(), because the
  // table is at most three quarters full.
  // A slot has 32 bits, and 16 where that leaves as many for the hash as for the position: most tables are small.
  static constexpr std::uint32_t kMostNarrow = 256;
  bool is_narrow() const { return count_ <= kMostNarrow; }
  std::uint32_t empty() const { return is_narrow() ? 0xffffU : 0xffffffffU; }
  std::uint32_t tag_of(std::uint64_t hash) const {
    return static_cast<std::uint32_t>(hash >> 32) & empty() & ~(count_ - 1);
  }
  std::uint32_t slot_at(std::uint32_t at) const {
    if (is_narrow()) return words_[at];
    const std::size_t low = std::size_t{at} * 2;
    return words_[low] | static_cast<std::uint32_t>(words_[low + 1]) << 16;
  }
  void set_slot(std::uint32_t at, std::uint32_t slot) {
    if (is_narrow()) {
      words_[at] = static_cast<std::uint16_t>(slot);
      return;
    }
    const std::size_t low = std::size_t{at} * 2;
    words_[low] = static_cast<std::uint16_t>(slot);
    words_[low + 1] = static_cast<std::uint16_t>(slot >> 16);
  }

  static std::uint32_t needed(std::uint32_t size) {
    std::uint32_t slots = 4;
    while (slots / 4 * 3 < size) slots *= 2;
    return slots;
  }

  void place(std::uint64_t hash, std::uint32_t position) {
    const std::uint32_t mask = count_ - 1;
    std::uint32_t at = static_cast<std::uint32_t>(hash) & mask;
    while (slot_at(at) != empty()) at = (at + 1) & mask;
    set_slot(at, tag_of(hash) | position);
  }

  template <typename HashOf>
  void refill(HashOf hash_of) {
    count_ = needed(size_);
    words_ = std::vector<std::uint16_t>(std::size_t{count_} * (is_narrow() ? 1 : 2), 0xffff);
    for (std::uint32_t position = 0; position < size_; ++position) place(hash_of(position), position);
  }

  std::vector<std::uint16_t> words_;
  std::uint32_t count_ = 0;  // slots: a power of two; 0: nothing was ever added
  std::uint32_t size_ = 0;
};

}  // namespace zonelag::aggregator
