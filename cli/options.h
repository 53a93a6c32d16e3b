// The command line of `zonelag`, parsed and checked once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "format.h"
#include "report_options.h"
#include "service_options.h"

namespace CLI {
class App;
}

namespace zonelag::cli {

// What replay and explain have in common.
struct InputOptions {
  std::string inventory;                 // path; empty: none
  std::vector<std::uint16_t> ports{53};  // DNS ports
  bool quiet = false;                    // no progress bar, no notes
  Colour colour = Colour::automatic;
  std::vector<std::string> captures;  // [HOST=]FILE
};

struct ReplayOptions {
  InputOptions input;
  Format format = Format::table;
  std::string events;           // path or "-"; empty: none
  std::string report;           // path; empty: none
  std::string write_inventory;  // path or "-"; empty: none
  std::string zone;             // empty: all
  std::string sla;              // policy name or inline form; empty: the inventory's
  bool statistics = false;
};

struct ExplainOptions {
  InputOptions input;
  std::string zone;
  std::optional<std::uint32_t> serial;
  std::string node;   // hostname or address; empty: every node
  int verbosity = 0;  // 1: messages, 2: in full
};

struct Options {
  ReplayOptions replay;
  ExplainOptions explain;
  ReportOptions report;
  InventoryOptions inventory;
  DbOptions db;
  TopicsOptions topics;
};

// "zonelag 0.1.0".
std::string program_version();

// Declares all options and sub-commands on `app`; the values land in `options`, which must outlive it.
void declare(CLI::App& app, Options& options);

// Parses, and checks what can be checked without a look at files. Throws UsageError; CLI::Success for --help and
// --version.
void parse(CLI::App& app, int argc, const char* const* argv, const Options& options);

}  // namespace zonelag::cli
