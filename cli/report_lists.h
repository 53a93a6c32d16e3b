// Candidates and sensors for people and for machines.
#pragma once

#include <vector>

#include "aggregator/store/report_store.h"
#include "format.h"
#include "output.h"

namespace zonelag::cli {

void print_candidates(Output& output, const std::vector<aggregator::Candidate>& rows, Format format, bool colour);
// `latest`: the latest event time of all, from which silence counts.
void print_sensors(Output& output, const std::vector<aggregator::SensorReport>& rows,
                   const std::optional<decoder::Timestamp>& latest, Format format, bool colour);

}  // namespace zonelag::cli
