#include "session.h"

#include <unistd.h>

#include "capture_set.h"
#include "exit_code.h"
#include "output.h"
#include "progress_bar.h"
#include "statistics.h"

namespace zonelag::cli {

std::expected<aggregator::Inventory, std::string> open_inventory(const InputOptions& options) {
  if (options.inventory.empty()) return aggregator::Inventory{};
  return aggregator::load_inventory(options.inventory);
}

std::optional<ReadResult> read_captures(const InputOptions& options, const aggregator::Inventory& inventory,
                                        const decoder::DecoderLimits& limits, sensor::EventConsumer& consumer,
                                        const Interrupt& interrupt, bool statistics) {
  const auto sites = locate_captures(options.captures, inventory);
  if (!sites) {
    complain(sites.error());
    return std::nullopt;
  }
  decoder::DecoderLimits own = limits;
  own.frame.ports = options.ports;
  auto replay = sensor::Replay::open(*sites, own, consumer);
  if (!replay) {
    complain(replay.error().text);
    return std::nullopt;
  }
  ProgressBar bar(!options.quiet && is_terminal(STDERR_FILENO));
  replay->run([&](const sensor::ReplayProgress& progress) { bar.show(progress); }, interrupt.token());
  bar.clear();
  ReadResult result;
  result.packets = replay->progress().packets;
  for (const sensor::CaptureProblem& problem : replay->problems()) {
    complain(problem.text);
    result.problems.push_back(problem.text);
    if (!sensor::is_warning(problem.fault)) result.exit_code = kExitIncomplete;
  }
  if (statistics) print_statistics(*replay);
  if (interrupt.requested()) {
    complain("interrupted: what follows rests on what had been read by then");
    result.exit_code = kExitInterrupted;
  }
  return result;
}

}  // namespace zonelag::cli
