// What a start finds in the spool's directory.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <string>

#include "segment.h"
#include "spool_directory.h"

namespace zonelag::sensor {

struct RecoveredSpool {
  std::deque<Segment> segments;  // oldest first
  std::uint64_t next_index = 1;  // greater than any that may have been in use
  std::uint64_t unreadable = 0;  // records known to be lost
};

// `done`: up to here all is delivered. Cuts a torn tail off, and removes segments that are done by their names alone.
// Error: one line that names the file.
std::expected<RecoveredSpool, std::string> recover_spool(const SpoolDirectory& directory, std::uint64_t done);

}  // namespace zonelag::sensor
