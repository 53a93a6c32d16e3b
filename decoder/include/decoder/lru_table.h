// A bounded hash table that evicts the least recently used entry. Keys are compared whole: a hash is never an identity.
// Entries live in a deque (no move on growth, memory grows with use) and are found through an open-addressing index.
#pragma once

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

namespace zonelag::decoder {

template <typename Entry>
class LruTable {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  explicit LruTable(std::uint32_t limit) : limit_(limit == 0 ? 1 : limit), index_(kFirstIndexSize, kNone) {}

  std::uint32_t size() const { return size_; }
  bool full() const { return size_ == limit_; }

  // The entry with this hash for which `same` says yes; null: none. Does not change the order of use.
  template <typename Same>
  Entry* find(std::uint64_t hash, Same&& same) {
    const auto short_hash = static_cast<std::uint32_t>(hash >> 32);
    for (std::size_t at = short_hash & mask(); index_[at] != kNone; at = (at + 1) & mask()) {
      Slot& slot = slots_[index_[at]];
      if (slot.hash == short_hash && same(slot.entry)) return &slot.entry;
    }
    return nullptr;
  }

  // Adds an entry whose key is not in the table. The table must not be full: evict the oldest() first.
  Entry& insert(std::uint64_t hash, Entry entry) {
    if ((std::size_t{size_} + 1) * 3 > index_.size() * 2) grow_index();
    const std::uint32_t number = take_slot();
    Slot& slot = slots_[number];
    slot.hash = static_cast<std::uint32_t>(hash >> 32);
    slot.entry = std::move(entry);
    link_newest(number);
    place(slot.hash, number);
    ++size_;
    return slot.entry;
  }

  // Marks as most recently used. `entry` is one that find() or insert() returned.
  void touch(Entry& entry) {
    const std::uint32_t number = number_of(entry);
    if (number == newest_) return;
    unlink(number);
    link_newest(number);
  }

  // Least recently used; null when empty.
  Entry* oldest() { return size_ == 0 ? nullptr : &slots_[oldest_].entry; }

  void erase(Entry& entry) {
    const std::uint32_t number = number_of(entry);
    unplace(slots_[number].hash, number);
    unlink(number);
    slots_[number].entry = Entry{};
    slots_[number].newer = free_;
    free_ = number;
    --size_;
  }

  // Calls visit(entry) for every entry, oldest first; `visit` must not change the table.
  template <typename Visit>
  void for_each(Visit&& visit) {
    for (std::uint32_t at = size_ == 0 ? kNone : oldest_; at != kNone; at = slots_[at].newer) visit(slots_[at].entry);
  }

 private:
  static constexpr std::size_t kFirstIndexSize = 64;

  struct Slot {
    Entry entry{};
    std::uint32_t number = 0;
    std::uint32_t hash = 0;
    std::uint32_t older = kNone;
    std::uint32_t newer = kNone;
  };

  std::size_t mask() const { return index_.size() - 1; }

  // `entry` is the first member of its slot.
  static std::uint32_t number_of(Entry& entry) { return reinterpret_cast<Slot*>(&entry)->number; }

  std::uint32_t take_slot() {
    if (free_ != kNone) {
      const std::uint32_t number = free_;
      free_ = slots_[number].newer;
      return number;
    }
    slots_.emplace_back();
    slots_.back().number = static_cast<std::uint32_t>(slots_.size() - 1);
    return slots_.back().number;
  }

  void place(std::uint32_t hash, std::uint32_t number) {
    std::size_t at = hash & mask();
    while (index_[at] != kNone) at = (at + 1) & mask();
    index_[at] = number;
  }

  // Backward-shift deletion: no tombstones, so lookups stay short however long the table lives.
  void unplace(std::uint32_t hash, std::uint32_t number) {
    std::size_t hole = hash & mask();
    while (index_[hole] != number) hole = (hole + 1) & mask();
    for (std::size_t at = (hole + 1) & mask(); index_[at] != kNone; at = (at + 1) & mask()) {
      const std::size_t home = slots_[index_[at]].hash & mask();
      if (((at - home) & mask()) < ((at - hole) & mask())) continue;
      index_[hole] = index_[at];
      hole = at;
    }
    index_[hole] = kNone;
  }

  void grow_index() {
    std::vector<std::uint32_t> old(index_.size() * 2, kNone);
    old.swap(index_);
    for (const std::uint32_t number : old) {
      if (number != kNone) place(slots_[number].hash, number);
    }
  }

  void link_newest(std::uint32_t number) {
    Slot& slot = slots_[number];
    slot.newer = kNone;
    slot.older = newest_;
    if (newest_ != kNone) slots_[newest_].newer = number;
    newest_ = number;
    if (oldest_ == kNone) oldest_ = number;
  }

  void unlink(std::uint32_t number) {
    const Slot& slot = slots_[number];
    (slot.older == kNone ? oldest_ : slots_[slot.older].newer) = slot.newer;
    (slot.newer == kNone ? newest_ : slots_[slot.newer].older) = slot.older;
  }

  std::uint32_t limit_;
  std::uint32_t size_ = 0;
  std::uint32_t oldest_ = kNone;
  std::uint32_t newest_ = kNone;
  std::uint32_t free_ = kNone;
  std::vector<std::uint32_t> index_;
  std::deque<Slot> slots_;
};

}  // namespace zonelag::decoder
