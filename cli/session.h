// Captures through sensor pipelines, and files of events: what replay and explain share.
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
  std::size_t event_files = 0;
  std::uint64_t packets = 0;
  std::vector<std::string> notes;  // what was told on standard error about the input
};

// The captures and event files of a command, opened. The consumer must outlive it. Error: one line.
class Session {
 public:
  static std::expected<Session, std::string> open(const InputOptions& options, const aggregator::Inventory& inventory,
                                                  const decoder::DecoderLimits& limits,
                                                  sensor::EventConsumer& consumer);

  // Reads them all, until Ctrl-C or `stop`. What was wrong with them is told on standard error.
  ReadResult read(Interrupt& interrupt, std::stop_source& stop);
  const sensor::Replay& replay() const { return replay_; }

 private:
  Session(const InputOptions& options, std::vector<std::string> event_files, std::vector<sensor::CaptureSite> sites,
          std::vector<std::string> absent, sensor::Replay replay, sensor::EventConsumer& consumer);
  void read_events(ReadResult& result, const std::stop_token& stop);
  void note(ReadResult& result, const std::string& text) const;
  void tell_problems(ReadResult& result, bool interrupted) const;
  void tell_no_dns(ReadResult& result) const;

  const InputOptions& options_;
  std::vector<std::string> event_files_;
  std::vector<sensor::CaptureSite> sites_;
  std::vector<std::string> absent_;  // hostnames of the inventory without a capture
  sensor::Replay replay_;
  sensor::EventConsumer& consumer_;
};

}  // namespace zonelag::cli
