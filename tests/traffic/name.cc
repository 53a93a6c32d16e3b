#include "traffic/name.h"

#include <cassert>
#include <cstring>

namespace zonelag::traffic {

std::optional<Name> Name::parse(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (text == ".") return Name{};
  if (text.ends_with('.')) text.remove_suffix(1);
  Name name;
  std::size_t size = 0;
  for (;;) {
    const std::string_view label = text.substr(0, text.find('.'));
    if (label.empty() || label.size() > kMaxLabel || size + 1 + label.size() + 1 > kMaxSize) return std::nullopt;
    name.bytes_[size++] = static_cast<std::uint8_t>(label.size());
    std::memcpy(name.bytes_.data() + size, label.data(), label.size());
    size += label.size();
    if (label.size() == text.size()) break;
    text.remove_prefix(label.size() + 1);
  }
  name.bytes_[size++] = 0;
  name.size_ = static_cast<std::uint8_t>(size);
  return name;
}

Name Name::of(std::string_view text) {
  const auto name = parse(text);
  assert(name);
  return *name;
}

void Name::assign(std::string_view label, const Name& parent) {
  assert(!label.empty() && label.size() <= kMaxLabel && parent.size_ + label.size() + 1 <= kMaxSize);
  const std::size_t parent_size = parent.size_;
  std::memmove(bytes_.data() + 1 + label.size(), parent.bytes_.data(), parent_size);
  bytes_[0] = static_cast<std::uint8_t>(label.size());
  std::memcpy(bytes_.data() + 1, label.data(), label.size());
  size_ = static_cast<std::uint8_t>(1 + label.size() + parent_size);
}

std::string numbered(std::string_view prefix, std::uint64_t number) {
  // Not prefix + number in one expression: at -O3, GCC 12 warns of an overlap there that cannot be (its bug 105651).
  std::string label{prefix};
  label += std::to_string(number);
  return label;
}

}  // namespace zonelag::traffic
