// Watched TXT records in authoritative answers, reduced to "value changed".
#pragma once

#include <array>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "decoder/dns_message.h"
#include "decoder/dns_sink.h"
#include "decoder/lru_table.h"
#include "decoder/signals.h"

namespace zonelag::decoder {

// The character strings of a TXT record (RFC 1035 section 3.3.14), joined; nullopt: malformed.
std::optional<std::string> read_text(Bytes rdata);

// What one answer says of one watched owner.
struct StampSighting {
  const WatchedText* watched = nullptr;
  std::string value;
};

// Collects the TXT records of one answer: several records of one owner come in any order, and are one value.
class AnswerTexts {
 public:
  void add(const WatchedText& watched, std::string value) { texts_.emplace_back(&watched, std::move(value)); }
  bool empty() const { return texts_.empty(); }
  // One sighting for each owner, its values as event.proto says.
  std::vector<StampSighting> sightings() &&;

 private:
  std::vector<std::pair<const WatchedText*, std::string>> texts_;
};

class StampTracker {
 public:
  StampTracker(const DnsLimits& limits, DnsCounters& counters)
      : max_bytes_(limits.max_stamp_bytes), table_(limits.max_stamps), counters_(counters) {}

  // Instead of those before. What is known of owners that are still watched, or are again, stays.
  void watch(const std::vector<WatchedText>& texts);
  bool watches() const { return !watched_.empty(); }
  // Null: nobody watches the owner (canonical wire form). Valid until watch().
  const WatchedText* find(std::string_view owner) const;

  // The event's body when the value is new for this server and owner; nothing otherwise.
  std::optional<Stamp> see(const IpAddress& server, StampSighting sighting);

  std::uint32_t size() const { return table_.size(); }

 private:
  // As with serials (served.h): a reload mixes old and new answers for a moment.
  static constexpr std::size_t kRemembered = 3;

  struct Entry {
    std::string owner;
    IpAddress server;
    std::string value;
    std::array<std::optional<std::string>, kRemembered> former{};
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>{}(name); }
  };

  Entry& find_or_insert(const IpAddress& server, std::string_view owner, bool& fresh);

  std::size_t max_bytes_;
  std::unordered_map<std::string, WatchedText, Hash, std::equal_to<>> watched_;  // by owner
  LruTable<Entry> table_;
  DnsCounters& counters_;
};

}  // namespace zonelag::decoder
