// Captures through sensor pipelines: what replay and explain share.
#pragma once

#include <expected>
#include <optional>
#include <stop_token>
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

struct ReadResult {
  int exit_code = 0;  // kExitOk, kExitIncomplete or kExitInterrupted
  std::size_t captures = 0;
  std::uint64_t packets = 0;
  std::vector<std::string> notes;  // what was told on standard error about the input
};

// The captures of a command, opened. Error: one line.
class Session {
 public:
  static std::expected<Session, std::string> open(const InputOptions& options, const aggregator::Inventory& inventory,
                                                  const decoder::DecoderLimits& limits,
                                                  sensor::EventConsumer& consumer);

  // Reads all captures, until Ctrl-C or `stop`. What was wrong with them is told on standard error.
  ReadResult read(Interrupt& interrupt, std::stop_source& stop);
  const sensor::Replay& replay() const { return replay_; }

 private:
  Session(const InputOptions& options, std::vector<sensor::CaptureSite> sites, std::vector<std::string> absent,
          sensor::Replay replay);
  void note(ReadResult& result, const std::string& text) const;
  void tell_problems(ReadResult& result, bool interrupted) const;
  void tell_no_dns(ReadResult& result) const;

  const InputOptions& options_;
  std::vector<sensor::CaptureSite> sites_;
  std::vector<std::string> absent_;  // hostnames of the inventory without a capture
  sensor::Replay replay_;
};

}  // namespace zonelag::cli
