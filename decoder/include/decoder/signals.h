// What a sensor looks for, and at whose servers.
#pragma once

#include <vector>

#include "decoder/net.h"
#include "decoder/zone_name.h"

namespace zonelag::decoder {

// A TXT record whose value is reported when it changes: where the zone's owner writes a time stamp into the zone.
struct WatchedText {
  ZoneName owner;
  ZoneName zone;  // that the owner belongs to
  friend bool operator==(const WatchedText&, const WatchedText&) = default;
};

struct Signals {
  bool notify = true;
  bool transfer = true;
  bool served = true;
  std::vector<WatchedText> stamps;  // empty: none
  // Only answers from these addresses are looked at for served and stamp: a resolver's host sees authoritative answers
  // of the whole world. all_servers: from any address (captures of others, whose servers are not known).
  bool all_servers = true;
  std::vector<IpAddress> servers;
  friend bool operator==(const Signals&, const Signals&) = default;
};

}  // namespace zonelag::decoder
