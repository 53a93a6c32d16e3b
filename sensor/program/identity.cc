#include "identity.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <random>

#include "metrics.h"

namespace zonelag::sensor {

std::uint64_t make_boot_id() {
  std::random_device device;
  const std::uint64_t id = std::uint64_t{device()} << 32 | device();
  return id == 0 ? 1 : id;
}

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

SensorIdentity identity_of(const SensorConfig& config, std::uint64_t boot_id, const std::vector<std::string>& files) {
  SensorIdentity identity{.sensor_id = config.id.empty() ? host_name() : config.id,
                          .boot_id = boot_id,
                          .node = config.node,
                          .captures = files};
  if (identity.node.empty() && !config.live.mirror && files.empty()) identity.node = identity.sensor_id;
  return identity;
}

Orders orders_of(const SensorConfig& config, const std::vector<decoder::IpAddress>& host_addresses, bool files,
                 const decoder::ClockState& clock) {
  Orders orders{.own_addresses = config.addresses, .signals = config.signals};
  if (!files) orders.clock = clock;
  if (!files && !config.live.mirror) {
    orders.own_addresses.insert(orders.own_addresses.end(), host_addresses.begin(), host_addresses.end());
  }
  auto& servers = orders.signals.servers;
  servers.insert(servers.end(), orders.own_addresses.begin(), orders.own_addresses.end());
  orders.signals.all_servers = files && servers.empty();
  return orders;
}

decoder::DecoderLimits limits_of(const SensorConfig& config) {
  decoder::DecoderLimits limits = config.limits;
  limits.frame.ports = config.live.ports;
  const bool copies = config.live.mirror || config.live.interfaces.size() > 1 ||
                      std::ranges::find(config.live.interfaces, "any") != config.live.interfaces.end();
  limits.frame.drop_duplicates =
      config.deduplicate == Deduplicate::always || (config.deduplicate == Deduplicate::automatic && copies);
  return limits;
}

decoder::Event status_event(const SensorIdentity& identity, const SensorFigures& figures, const Orders& orders,
                            decoder::Timestamp now) {
  decoder::Event event;
  event.sensor_id = identity.sensor_id;
  event.boot_id = identity.boot_id;
  event.clock = figures.clock;
  event.node = identity.node;
  event.captured_at = now;
  event.body = decoder::Status{.counters = status_counters(figures),
                               .dropped = status_dropped(figures),
                               .version = figures.version,
                               .own_addresses = orders.own_addresses};
  return event;
}

}  // namespace zonelag::sensor
