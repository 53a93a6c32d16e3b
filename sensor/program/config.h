// Everything that can be set of zonelag-sensor: one typed struct, filled from the file and the command line, checked
// once. settings.cc has the names, help texts and units.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "decoder/decoder.h"
#include "decoder/signals.h"
#include "sensor/live/live_config.h"
#include "sensor/publish/kafka_config.h"
#include "sensor/publish/spool.h"
#include "service/log_level.h"

namespace zonelag::sensor {

enum class SourceKind : std::uint8_t { pcap, dpdk };
enum class Deduplicate : std::uint8_t { automatic, always, never };  // automatic: mirror ports, several interfaces, any

struct SensorConfig {
  std::string id;    // sensor_id; empty: the host's name
  std::string node;  // hostname in the inventory; empty: the sensor's id, at a mirror port none
  std::chrono::milliseconds heartbeat{10'000};  // between status events
  SourceKind source = SourceKind::pcap;
  LiveConfig live;
  DpdkConfig dpdk;
  Deduplicate deduplicate = Deduplicate::automatic;
  std::vector<decoder::IpAddress> addresses;  // of this host, besides those that the kernel knows
  // servers: besides the host's own addresses. A sensor sees the answers of the whole world at a resolver's host.
  decoder::Signals signals{.all_servers = false};
  // Less than for files, where memory is there for the taking: beside a name server, what nobody needs in a minute
  // goes.
  decoder::DecoderLimits limits{.frame = {.max_fragment_bytes = 4U << 20},
                                .tcp = {.max_held_bytes = 16U << 20},
                                .dns = {.max_notify_pairs = 1U << 14,
                                        .max_interests = 1U << 13,
                                        .max_udp_transfers = 1U << 13,
                                        .max_held_bytes = 8U << 20}};
  KafkaConfig kafka;
  SpoolConfig spool{.directory = "/var/lib/zonelag/spool"};
  std::uint32_t queue_events = 8192;  // between the workers and the publisher
  std::string events;                 // file for events in place of Kafka; "-": standard output; empty: Kafka
  std::string metrics_listen = "127.0.0.1:9153";  // empty: off
  service::LogFormat log_format = service::LogFormat::text;
  std::string log_level = "info";
  std::string user;  // to run as once the captures are open; empty: stay who it is
  bool seccomp = true;
};

}  // namespace zonelag::sensor
