// Captures through the product's own code, set against what servers' logs and the driver say of the same run.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "decoder/time.h"

namespace zonelag::truth {

struct Tally {
  std::size_t captures = 0;
  std::vector<std::string> problems;  // captures that are cut short, and the like
  std::size_t versions = 0;
  std::size_t node_rows = 0;
  std::size_t facts = 0;    // serials that a log says were loaded
  std::size_t hits = 0;     // ... that have a live time in our rows
  std::size_t excused = 0;  // ... that no packet shows
  std::vector<std::string> misses;
  std::vector<std::string> phantoms;    // what we say and no log says
  std::vector<std::string> outside;     // log lines outside of our interval by more than the tolerance
  std::vector<std::string> late;        // live times after a client had the serial in an answer that was captured
  std::size_t figures = 0;              // transfers with figures in a BIND's log and in ours
  std::vector<std::string> mismatches;  // ... that differ, or that we have not
  decoder::Duration largest_error{};
};

// The scenario in `folder` (inventory.toml, truth.jsonl, captures), by its hosts' captures or by its mirror port's.
// Throws std::runtime_error when something of it cannot be read.
Tally check(const std::filesystem::path& folder, bool mirror);

// One line.
std::string to_string(const Tally& tally);

}  // namespace zonelag::truth
