// DPDK as a second source, for mirror ports only (-DZONELAG_DPDK=ON): N queues of one port to N workers, time stamps
// from the mbuf's dynamic field where the driver fills it (microseconds with net_pcap), else one clock reading a burst.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "sensor/clock.h"
#include "sensor/live/capture.h"
#include "sensor/live/live_config.h"

namespace zonelag::sensor {

// False: this program was built without DPDK, and open_dpdk() says so.
bool has_dpdk();

// Initialises EAL, once a process, and starts the port. `clock` must outlive the captures. Error: one line.
std::expected<std::vector<std::unique_ptr<Capture>>, std::string> open_dpdk(const DpdkConfig& config,
                                                                            const Clock& clock);

}  // namespace zonelag::sensor
