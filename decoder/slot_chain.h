// Lists of slots, linked through slot numbers. A slot is in at most one of the lists of a chain. The links are kept
// apart from what the slots hold, so that moving a slot within a list touches few cache lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace zonelag::decoder {

class SlotChain {
 public:
  static constexpr std::uint32_t kEmpty = 0xffff'ffff;

  explicit SlotChain(std::uint32_t lists) : lists_(lists) { grow(lists); }

  // Slots below `slots` can be put into lists.
  void reserve(std::uint32_t slots) { grow(std::size_t{lists_} + slots); }

  // The first slot of a list; kEmpty when there is none.
  std::uint32_t front(std::uint32_t list) const {
    const std::uint32_t first = nodes_[list].next;
    return first == list ? kEmpty : first - lists_;
  }
  bool contains(std::uint32_t slot) const { return nodes_[slot + lists_].next != slot + lists_; }

  // To the end of `list`, from wherever it is.
  void put_last(std::uint32_t list, std::uint32_t slot) {
    const std::uint32_t node = slot + lists_;
    const std::uint32_t last = nodes_[list].previous;
    if (last == node) return;
    remove(slot);
    const std::uint32_t before = nodes_[list].previous;
    nodes_[node] = {.previous = before, .next = list};
    nodes_[before].next = node;
    nodes_[list].previous = node;
  }
  void remove(std::uint32_t slot) {
    const std::uint32_t node = slot + lists_;
    const auto [previous, next] = nodes_[node];
    nodes_[previous].next = next;
    nodes_[next].previous = previous;
    nodes_[node] = {.previous = node, .next = node};
  }

 private:
  struct Node {
    std::uint32_t previous;
    std::uint32_t next;
  };

  // A node alone is linked to itself. The first nodes are the lists' ends, so no link is ever missing.
  void grow(std::size_t size) {
    for (auto node = static_cast<std::uint32_t>(nodes_.size()); node < size; ++node) nodes_.push_back({node, node});
  }

  std::uint32_t lists_;
  std::vector<Node> nodes_;
};

}  // namespace zonelag::decoder
