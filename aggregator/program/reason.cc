#include "reason.h"

#include <algorithm>

namespace zonelag::aggregator {

std::string kind_of_reason(std::string_view reason) {
  constexpr std::string_view kBetween = ": ";
  std::string kind;
  while (!reason.empty()) {
    const std::size_t end = std::min(reason.find(kBetween), reason.size());
    const std::string_view part = reason.substr(0, end);
    reason.remove_prefix(std::min(end + kBetween.size(), reason.size()));
    if (part.find_first_of("0123456789") != std::string_view::npos) continue;
    if (!kind.empty()) kind += kBetween;
    kind += part;
  }
  return kind.empty() ? "other" : kind;
}

std::string without_numbers(std::string_view text) {
  std::string words;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit)
      words += c;
    else if (!words.ends_with('#'))
      words += '#';
  }
  return words;
}

}  // namespace zonelag::aggregator
