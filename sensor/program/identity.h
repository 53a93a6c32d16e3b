// Who this sensor is, and what it therefore looks for: pure functions of the configuration and the host's addresses.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config.h"
#include "decoder/event.h"
#include "figures.h"
#include "orders.h"
#include "sensor/pipeline.h"

namespace zonelag::sensor {

// Another value for each start; never 0.
std::uint64_t make_boot_id();

// The host's name without its domain is not taken apart: as gethostname(2) gives it.
std::string host_name();

// `files`: the captures that --read names; empty: live.
SensorIdentity identity_of(const SensorConfig& config, std::uint64_t boot_id, const std::vector<std::string>& files);

// The addresses that make a direction `out` or `in`, and the servers whose answers count: a host's own and those that
// are configured; at a mirror port, and of files, only the latter. Files without any: every server counts.
Orders orders_of(const SensorConfig& config, const std::vector<decoder::IpAddress>& host_addresses, bool files,
                 const decoder::ClockState& clock);

// What the decoder is limited to, with what depends on other settings filled in.
decoder::DecoderLimits limits_of(const SensorConfig& config);

// The heartbeat.
decoder::Event status_event(const SensorIdentity& identity, const SensorFigures& figures, const Orders& orders,
                            decoder::Timestamp now);

}  // namespace zonelag::sensor
