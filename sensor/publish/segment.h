// What is known of one file of the spool.
#pragma once

#include <cstdint>

#include "decoder/time.h"

namespace zonelag::sensor {

struct Segment {
  std::uint64_t first = 0;            // index of its first record
  std::uint64_t end = 0;              // behind its last one
  std::uint64_t bytes = 0;            // of the file
  std::uint64_t readable = 0;         // bytes up to its end, or up to where it is damaged
  decoder::Timestamp newest;          // when its last record was written
  std::uint64_t waiting_records = 0;  // neither delivered nor lost
  std::uint64_t waiting_bytes = 0;
};

}  // namespace zonelag::sensor
