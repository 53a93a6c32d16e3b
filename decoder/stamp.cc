#include "stamp.h"

#include <algorithm>

namespace zonelag::decoder {

std::optional<std::string> read_text(Bytes rdata) {
  if (rdata.empty()) return std::nullopt;
  std::string value;
  Cursor cursor(rdata);
  while (cursor.left() > 0) {
    const Bytes piece = cursor.take(cursor.u8());
    if (!cursor.ok()) return std::nullopt;
    for (const std::byte byte : piece) value += static_cast<char>(byte);
  }
  return value;
}

std::vector<StampSighting> AnswerTexts::sightings() && {
  const auto by_bytes = [](const auto& text) {
    return std::pair<std::string_view, std::string_view>(text.first->owner.wire(), text.second);
  };
  std::ranges::sort(texts_, {}, by_bytes);
  const auto repeated = std::ranges::unique(texts_);
  texts_.erase(repeated.begin(), repeated.end());
  std::vector<StampSighting> sightings;
  for (auto& [watched, value] : texts_) {
    if (!sightings.empty() && sightings.back().watched == watched) {
      sightings.back().value += '\n' + value;
    } else {
      sightings.push_back({watched, std::move(value)});
    }
  }
  return sightings;
}

void StampTracker::watch(const std::vector<WatchedText>& texts) {
  watched_.clear();
  for (const WatchedText& text : texts) watched_.emplace(text.owner.wire(), text);
}

const WatchedText* StampTracker::find(std::string_view owner) const {
  const auto found = watched_.find(owner);
  return found == watched_.end() ? nullptr : &found->second;
}

StampTracker::Entry& StampTracker::find_or_insert(const IpAddress& server, std::string_view owner, bool& fresh) {
  const std::uint64_t hash = mix(server.hash() ^ std::hash<std::string_view>{}(owner));
  if (Entry* entry =
          table_.find(hash, [&](const Entry& other) { return other.server == server && other.owner == owner; })) {
    table_.touch(*entry);
    fresh = false;
    return *entry;
  }
  if (table_.full()) {
    table_.erase(*table_.oldest());
    ++counters_.stamps_evicted;
  }
  fresh = true;
  return table_.insert(hash, {.owner = std::string(owner), .server = server, .value = {}});
}

std::optional<Stamp> StampTracker::see(const IpAddress& server, StampSighting sighting) {
  ++counters_.stamps_seen;
  // Not cut: the part behind may be the one that changes.
  if (sighting.value.size() > max_bytes_) {
    ++counters_.stamps_too_long;
    return std::nullopt;
  }
  const ZoneName& owner = sighting.watched->owner;
  bool fresh = false;
  Entry& entry = find_or_insert(server, owner.wire(), fresh);
  if (!fresh) {
    if (entry.value == sighting.value) return std::nullopt;
    const auto known = std::ranges::find(entry.former, std::optional(sighting.value));
    if (known != entry.former.end()) {
      std::swap(**known, entry.value);
      ++counters_.stamps_flapped;
      return std::nullopt;
    }
    std::shift_right(entry.former.begin(), entry.former.end(), 1);
    entry.former[0] = std::move(entry.value);
  }
  entry.value = std::move(sighting.value);
  ++counters_.stamps_changed;
  return Stamp{.owner = owner.to_text(), .value = entry.value};
}

}  // namespace zonelag::decoder
