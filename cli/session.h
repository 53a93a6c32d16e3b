// Captures through sensor pipelines: what replay and explain share.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "aggregator/inventory.h"
#include "decoder/decoder.h"
#include "interrupt.h"
#include "options.h"
#include "sensor/replay.h"

namespace zonelag::cli {

// The inventory that the options name, or an empty one. Error: one line.
std::expected<aggregator::Inventory, std::string> open_inventory(const InputOptions& options);

// Reads all captures into `consumer`. Nothing: they could not be opened, and standard error says why. Else what was
// wrong with them has been told, and the value says how much of the input was lost.
struct ReadResult {
  int exit_code = 0;  // kExitOk, kExitIncomplete or kExitInterrupted
  std::uint64_t packets = 0;
  std::vector<std::string> problems;  // as told
};
std::optional<ReadResult> read_captures(const InputOptions& options, const aggregator::Inventory& inventory,
                                        const decoder::DecoderLimits& limits, sensor::EventConsumer& consumer,
                                        const Interrupt& interrupt, bool statistics);

}  // namespace zonelag::cli
