#include "config_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "service/kafka/kafka_check.h"

namespace zonelag::sensor {
namespace {

using service::ConfigCheck;
using service::show_duration;
using service::show_size;
using std::chrono::milliseconds;

class Check {
 public:
  Check(const SensorConfig& config, bool reading) : config_(config), reading_(reading) {}

  ConfigCheck run() {
    check_names();
    if (!reading_) check_capture();
    check_dpdk();
    check_signals();
    check_output();
    if (config_.events.empty()) check_kafka();
    check_spool();
    service::check_listen("metrics.listen", config_.metrics_listen, result_);
    return std::move(result_);
  }

 private:
  void error(std::string_view key, std::string what) { result_.errors.push_back({key, std::move(what)}); }
  void warn(std::string_view key, std::string what) { result_.warnings.push_back({key, std::move(what)}); }
  bool is_dpdk() const { return config_.source == SourceKind::dpdk; }

  void check_name(std::string_view key, const std::string& name) {
    constexpr std::size_t kLongest = 255;
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (std::ranges::any_of(name, is_control)) error(key, "contains a control character");
    if (name.size() > kLongest) error(key, fmt::format("is longer than {} bytes", kLongest));
  }

  void check_names() {
    check_name("sensor.id", config_.id);
    check_name("sensor.node", config_.node);
  }

  void check_capture() {
    const std::vector<std::string>& interfaces = config_.live.interfaces;
    if (!is_dpdk() && interfaces.empty()) error("capture.interfaces", "no interface is given: name one, or any");
    if (interfaces.size() > 1 && std::ranges::find(interfaces, "any") != interfaces.end())
      error("capture.interfaces", "any is every interface: it can't be given with others");
    std::set<std::string> seen;
    for (const std::string& interface : interfaces) {
      if (!seen.insert(interface).second) error("capture.interfaces", fmt::format("'{}' is given twice", interface));
    }
    if (config_.live.ports.empty()) error("capture.ports", "no port is given");
    if (config_.live.block_timeout < milliseconds(10) || config_.live.block_timeout > milliseconds(50))
      warn("capture.block_timeout",
           fmt::format("{} is not from 10ms to 50ms: shorter costs time, longer delays events and fills the ring",
                       show_duration(config_.live.block_timeout)));
  }

  void check_dpdk() {
    if (!is_dpdk()) return;
    if (config_.dpdk.eal.empty()) error("dpdk.eal", "no argument is given, but capture.source is dpdk");
    if (!config_.live.mirror)
      error("capture.mirror", "must be true with capture.source dpdk: it takes the port away from the system");
    if (!config_.live.interfaces.empty())
      warn("capture.interfaces", "is not used: capture.source is dpdk, and its port is dpdk.port");
  }

  void check_signals() {
    const decoder::Signals& signals = config_.signals;
    const bool answers = signals.served || !signals.stamps.empty();
    if (!signals.notify && !signals.transfer && !answers)
      error("signals.notify", "every signal is switched off: there is nothing to report");
    if (config_.live.mirror && answers && signals.servers.empty() && !signals.all_servers)
      warn("capture.servers",
           "none is given: at a mirror port no answer counts as served, and no stamp is seen; name the name servers");
  }

  void check_output() {
    if (config_.kafka.brokers.empty() && config_.events.empty())
      error("kafka.brokers", "none is given, and no file in output.events: events have nowhere to go");
    if (!config_.kafka.brokers.empty() && !config_.events.empty())
      error("output.events", "is given together with kafka.brokers: events go to one of them");
  }

  void check_kafka() {
    service::check_topic("kafka.topic", config_.kafka.topic, result_);
    service::check_connection(config_.kafka, result_);
  }

  void check_spool() {
    const SpoolConfig& spool = config_.spool;
    if (spool.directory.empty() && config_.events.empty()) error("spool.directory", "is empty");
    if (spool.segment_bytes > spool.max_bytes)
      error("spool.segment_size", fmt::format("{} is more than spool.max_size ({})", show_size(spool.segment_bytes),
                                              show_size(spool.max_bytes)));
  }

  const SensorConfig& config_;
  const bool reading_;
  ConfigCheck result_;
};

}  // namespace

service::ConfigCheck check_config(const SensorConfig& config, bool reading) { return Check(config, reading).run(); }

}  // namespace zonelag::sensor
