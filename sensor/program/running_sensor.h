// A sensor that runs already, asked over its metrics address; for doctor.
#pragma once

#include <optional>
#include <string>

namespace zonelag::sensor {

struct RunningSensor {
  bool well = false;
  std::string says;  // GET /health: one line
};

// nullopt: what answers there, if anything, is no sensor. Takes at most a few seconds.
std::optional<RunningSensor> ask_sensor(const std::string& listen);

}  // namespace zonelag::sensor
