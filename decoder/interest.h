// Between which servers a transfer is due, and of which zones: a connection that fails carries no zone name, so it is
// put down to the zones that the primary has just announced or offered to the secondary that then tried to connect.
#pragma once

#include <string>
#include <vector>

#include "decoder/dns_sink.h"
#include "decoder/lru_table.h"

namespace zonelag::decoder {

class InterestTable {
 public:
  InterestTable(const DnsLimits& limits, DnsCounters& counters)
      : window_(limits.interest_window), table_(limits.max_interests), counters_(counters) {}

  // `server` told `client` of `zone` (canonical wire form).
  void raise(const IpAddress& server, const IpAddress& client, std::string_view zone, Timestamp time);
  // `client` asked for the transfer.
  void settle(const IpAddress& server, const IpAddress& client, std::string_view zone);
  // Zones raised within the window before `time` and not settled since; they are settled by this.
  std::vector<std::string> take(const IpAddress& server, const IpAddress& client, Timestamp time);

 private:
  static constexpr std::size_t kZones = 16;  // of one pair; the oldest makes room

  struct Zone {
    std::string name;
    Timestamp time;
  };
  struct Entry {
    IpAddress server;
    IpAddress client;
    std::vector<Zone> zones;
  };

  Entry* find(const IpAddress& server, const IpAddress& client);

  Duration window_;
  LruTable<Entry> table_;
  DnsCounters& counters_;
};

}  // namespace zonelag::decoder
