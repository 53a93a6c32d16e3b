// Addresses that the inventory does not know, or knows for other zones only. Bounded: those seen least recently go.
#pragma once

#include <vector>

#include "aggregator/join.h"
#include "keyed_hash.h"
#include "slot_table.h"

namespace zonelag::aggregator {

class UnknownSources {
 public:
  UnknownSources(std::uint32_t limit, const KeyedHash& hash) : limit_(limit), hash_(hash) {}

  void count(const IpAddress& address, const ZoneName& zone, Timestamp at, bool is_customer);
  std::vector<UnknownSource> by_events() const;  // most events first, then by address
  std::uint64_t evicted() const { return evicted_; }
  std::size_t memory_bytes() const;

 private:
  void evict();

  std::uint32_t limit_;
  KeyedHash hash_;
  std::vector<UnknownSource> sources_;
  SlotTable slots_;
  std::uint64_t evicted_ = 0;
};

}  // namespace zonelag::aggregator
