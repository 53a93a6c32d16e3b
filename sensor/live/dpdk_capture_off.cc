#include "sensor/live/dpdk_capture.h"

namespace zonelag::sensor {

bool has_dpdk() { return false; }

std::expected<std::vector<std::unique_ptr<Capture>>, std::string> open_dpdk(const DpdkConfig& /*config*/,
                                                                            const Clock& /*clock*/) {
  return std::unexpected("this zonelag-sensor was built without DPDK (-DZONELAG_DPDK=ON)");
}

}  // namespace zonelag::sensor
