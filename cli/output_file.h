// A file of results beside standard output: the HTML report, the starter inventory.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "output.h"

namespace zonelag::cli {

// Checks `path` as a place to write to before anything is read, so that a long run does not end with nowhere to put
// its results. "-" is standard output. `what` ("report") begins every message. Error: one line. A capture is never
// overwritten: "--report a.pcap" is a forgotten value, and captures can't be made again.
std::optional<std::string> why_not_writable(std::string_view what, const std::string& path);

// Writes `path` by `write`; false: it could not be written, and standard error says why.
bool write_file(std::string_view what, const std::string& path, Output& standard_output,
                const std::function<void(std::ostream&)>& write);

}  // namespace zonelag::cli
