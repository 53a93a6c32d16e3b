// `zonelag-sensor doctor`: what a sensor needs on this host, looked at one by one, and what to do about what is
// missing.
#pragma once

#include <string>
#include <vector>

#include "config.h"
#include "sensor/clock.h"

namespace zonelag::sensor {

enum class Finding : std::uint8_t { ok, warning, failed };
const char* to_string(Finding finding);

struct Diagnosis {
  std::string what;  // "interface eth0"
  Finding finding = Finding::ok;
  std::string found;   // one line
  std::string advice;  // what to do; empty: nothing
};

// Looks at interfaces, privileges, ring memory, clock, spool, metrics' port, broker and topic, in this order. Opens
// what a sensor would open, and closes it again; captures nothing. Takes some seconds where a broker does not answer.
std::vector<Diagnosis> diagnose(const SensorConfig& config, const Clock& clock);

// A line each and a closing line, or one JSON object a line.
std::string diagnosis_text(const std::vector<Diagnosis>& diagnoses, bool colour);
std::string diagnosis_json(const std::vector<Diagnosis>& diagnoses);

}  // namespace zonelag::sensor
