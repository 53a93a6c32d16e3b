#include "running_sensor.h"

#include <httplib.h>

#include <chrono>

namespace zonelag::sensor {

std::optional<RunningSensor> ask_sensor(const std::string& listen) {
  constexpr std::chrono::seconds kWait{2};
  httplib::Client client("http://" + listen);
  client.set_connection_timeout(kWait);
  client.set_read_timeout(kWait);
  const auto metrics = client.Get("/metrics");
  if (!metrics || metrics->body.find("\nzonelag_sensor_healthy ") == std::string::npos) return std::nullopt;
  const auto health = client.Get("/health");
  if (!health) return std::nullopt;
  return RunningSensor{.well = health->status == 200, .says = health->body.substr(0, health->body.find('\n'))};
}

}  // namespace zonelag::sensor
