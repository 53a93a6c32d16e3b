// Authoritative answers, reduced on the spot to "serial changed".
#pragma once

#include <array>

#include "compact_name.h"
#include "decoder/dns_message.h"
#include "decoder/dns_sink.h"
#include "decoder/lru_table.h"

namespace zonelag::decoder {

struct ServedSighting {
  std::string_view zone;  // canonical wire form
  Serial serial;
  ServedVia via = ServedVia::soa_answer;
  std::optional<SoaTimers> timers;
};

class ServedTracker {
 public:
  ServedTracker(const DnsLimits& limits, DnsCounters& counters) : table_(limits.max_served), counters_(counters) {}

  // The event's body when the serial is new for this server and zone; nothing otherwise.
  std::optional<Served> see(const IpAddress& server, Timestamp time, const ServedSighting& sighting);

  std::uint32_t size() const { return table_.size(); }

 private:
  // A reload swaps worker processes one after the other, so old and new answers mix for a moment: the last few serials
  // are remembered, and seeing one of them again is no change.
  static constexpr std::size_t kRemembered = 3;

  // A million of these is what a large name server makes: every byte counts, and with LruTable's share it is 64.
  struct Entry {
    CompactName zone;
    IpAddress server;
    Timestamp last_seen;
    Serial serial;
    std::array<Serial, kRemembered> former{};  // newest first; while there were fewer, the first of all fills the rest
  };

  std::optional<Served> change(Entry& entry, Timestamp time, const ServedSighting& sighting);

  LruTable<Entry> table_;
  DnsCounters& counters_;
};

}  // namespace zonelag::decoder
