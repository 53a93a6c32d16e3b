// Live capture with libpcap (TPACKET_V3).
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "sensor/live/capture.h"
#include "sensor/live/live_config.h"

namespace zonelag::sensor {

// One capture for each worker. Needs CAP_NET_RAW; what comes later (an interface that goes down, disappears and comes
// back) does not. Error: one line that names the interface or the filter and says what to do.
std::expected<std::vector<std::unique_ptr<Capture>>, std::string> open_live(const LiveConfig& config);

// An interface that is there: name, whether it is up, its link type's name; for doctor.
struct InterfaceState {
  std::string name;
  bool up = false;
};
std::vector<InterfaceState> list_interfaces();

}  // namespace zonelag::sensor
