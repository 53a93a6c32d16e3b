// Packets that the network card lost before the kernel had them, as /sys/class/net/NAME/statistics counts them: what
// pcap_stats() calls ps_ifdrop. The files are opened at start: later the sensor may have no way to them.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "sensor/descriptor.h"

namespace zonelag::sensor {

class CardDrops {
 public:
  // An interface without such files (any) counts nothing.
  explicit CardDrops(const std::string& interface, const std::string& root = "/sys/class/net");
  // Since construction. What an interface that went away no longer tells stays as it was.
  std::uint64_t count();

 private:
  struct Counter {
    Descriptor file;
    std::uint64_t last = 0;
  };
  std::array<Counter, 2> counters_;
  std::uint64_t count_ = 0;
};

}  // namespace zonelag::sensor
