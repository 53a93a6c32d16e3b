// One captured packet, as every source (file, live, DPDK) hands it over.
#pragma once

#include <cstdint>

#include "decoder/cursor.h"
#include "decoder/time.h"

namespace zonelag::decoder {

// The LINKTYPE_ numbers that frame.h decodes (https://www.tcpdump.org/linktypes.html).
enum class LinkType : std::uint16_t {
  null = 0,
  ethernet = 1,
  raw_old = 12,      // DLT_RAW of most BSDs
  raw_openbsd = 14,  // DLT_RAW of OpenBSD
  pppoe = 51,
  raw = 101,
  loop = 108,
  linux_sll = 113,
  ipv4 = 228,
  ipv6 = 229,
  linux_sll2 = 276,
};

struct Packet {
  Timestamp time;
  Bytes data;                     // what was captured; a view, valid until the source is asked for more
  std::uint32_t wire_length = 0;  // what was on the wire; at least data.size() unless the capture lies
  LinkType link = LinkType::ethernet;
  std::uint64_t number = 0;  // position in its capture, from 1, as tshark's frame.number
};

}  // namespace zonelag::decoder
