// The table's part on the program itself, and DPDK's.
#include "service/common_settings.h"
#include "service/setting_kinds.h"
#include "settings.h"

namespace zonelag::sensor {
namespace {

using service::field;
using service::kAsItIs;
using service::list;
using service::number;
using service::Parsed;
using service::text;

Parsed<std::string> parse_argument(std::string_view text) {
  if (!text.empty()) return std::string(text);
  return std::unexpected(std::string("an argument is empty"));
}

Setting eal() {
  Setting setting = list("dpdk.eal", "ARGUMENT",
                         "arguments of DPDK's environment (EAL), one each: --dpdk-eal=--no-huge --dpdk-eal=-m",
                         field(&SensorConfig::dpdk, &DpdkConfig::eal), parse_argument, kAsItIs);
  setting.commas = false;  // --vdev=net_pcap0,rx_pcap=...
  return setting;
}

void add_program(std::vector<Setting>& table) {
  table.push_back(service::metrics_listen(field(&SensorConfig::metrics_listen)));
  table.push_back(service::log_format(field(&SensorConfig::log_format)));
  table.push_back(service::log_level(field(&SensorConfig::log_level)));
  table.push_back(text("privileges.user", "USER", "to run as once the captures are open; empty: whoever started it",
                       field(&SensorConfig::user)));
  table.push_back(service::seccomp(field(&SensorConfig::seccomp)));
}

void add_dpdk(std::vector<Setting>& table) {
  table.push_back(eal());
  table.push_back(number("dpdk.port", "number of the port; its queues are as many as capture.workers",
                         field(&SensorConfig::dpdk, &DpdkConfig::port), {0, 65'535}));
  table.push_back(number("dpdk.mbufs", "packet buffers of all queues", field(&SensorConfig::dpdk, &DpdkConfig::mbufs),
                         {1, 16'777'215}));
  table.push_back(number("dpdk.idle_polls_to_end",
                         "a device that replays a file has ended after so many empty polls; 0: never",
                         field(&SensorConfig::dpdk, &DpdkConfig::idle_polls_to_end), {0, 4'294'967'295}));
}

}  // namespace

void add_program_settings(std::vector<Setting>& table) {
  add_program(table);
  add_dpdk(table);
}

}  // namespace zonelag::sensor
