// Opening: what needs privilege first, then giving it up, then everything else.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "file_capture.h"
#include "identity.h"
#include "sensor.h"
#include "sensor/live/dpdk_capture.h"
#include "sensor/live/live_capture.h"
#include "service/restriction/privileges.h"
#include "service/restriction/system_calls.h"
#include "spool_home.h"

namespace zonelag::sensor {

Sensor::Sensor(SensorConfig config, std::vector<std::string> files, service::Log& log, const Clock& clock)
    : config_(std::move(config)),
      files_(std::move(files)),
      log_(log),
      clock_(clock),
      identity_(identity_of(config_, make_boot_id(), files_)),
      started_(clock.now()),
      queue_(config_.queue_events, files_.empty() ? WhenFull::drop : WhenFull::wait) {}

Sensor::~Sensor() = default;

std::expected<std::unique_ptr<Sensor>, std::string> Sensor::open(SensorConfig config, std::vector<std::string> files,
                                                                 service::Log& log, const Clock& clock) {
  std::unique_ptr<Sensor> sensor(new Sensor(std::move(config), std::move(files), log, clock));
  for (const auto step : {&Sensor::open_captures, &Sensor::open_around, &Sensor::restrict, &Sensor::open_output}) {
    if (auto done = ((*sensor).*step)(); !done) return std::unexpected(std::move(done.error()));
  }
  return sensor;
}

std::expected<void, std::string> Sensor::open_captures() {
  if (!files_.empty()) {
    auto opened = FileCapture::open(files_, config_.live.filter);
    if (!opened) return std::unexpected(std::move(opened.error()));
    file_capture_ = opened->get();
    captures_.push_back(*std::move(opened));
    return {};
  }
  auto opened = config_.source == SourceKind::dpdk ? open_dpdk(config_.dpdk, clock_) : open_live(config_.live);
  if (!opened) return std::unexpected(std::move(opened.error()));
  captures_ = *std::move(opened);
  return {};
}

std::expected<void, std::string> Sensor::open_around() {
  auto host = HostAddresses::open();
  if (!host) return std::unexpected(std::move(host.error()));
  host_ = *std::move(host);
  if (!config_.metrics_listen.empty()) {
    auto http = service::HttpServer::open(config_.metrics_listen);
    if (!http) return std::unexpected(std::move(http.error()));
    http_ = *std::move(http);
  }
  if (!config_.events.empty()) return {};
  return make_spool_directory(config_.spool.directory, config_.user);
}

// Everything that is opened from here on is opened as the user that the sensor runs as, and so after a restart, too.
std::expected<void, std::string> Sensor::restrict() {
  if (files_.empty()) {
    if (auto dropped = service::drop_privileges(config_.user); !dropped) return dropped;
  }
  if (config_.seccomp) return service::restrict_system_calls();
  return {};
}

std::expected<void, std::string> Sensor::open_output() {
  KafkaConfig kafka = config_.kafka;
  if (kafka.client_id.empty()) kafka.client_id = identity_.sensor_id;
  auto opened = config_.events.empty() ? KafkaOutput::open(config_.spool, kafka, clock_, log_.kafka_line())
                                       : FileOutput::open(config_.events);
  if (!opened) {
    std::string problem = std::move(opened.error());
    // Who opens it may not be who started us.
    if (problem.ends_with(std::strerror(EACCES))) problem += fmt::format(" for user '{}'", service::current_user());
    return std::unexpected(std::move(problem));
  }
  output_ = *std::move(opened);
  return {};
}

}  // namespace zonelag::sensor
