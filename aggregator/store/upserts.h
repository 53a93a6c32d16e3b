// Statements for what changes a few rows a batch, whether they are there or not. Rows in the order of their keys, so
// that two processes that write the same ones wait for each other and not for ever.
#pragma once

#include "aggregator/store/connection.h"
#include "sensor_names.h"

namespace zonelag::aggregator {

Statement upsert_sensors(std::span<const SensorChange> sensors);
Statement upsert_blind_times(std::span<const BlindTime> blind, const SensorNames& sensors);
Statement upsert_candidates(std::span<const CandidateChange> candidates);
Statement insert_services(std::span<const ServiceChange> services);

}  // namespace zonelag::aggregator
