// What an event says, in a few words.
#pragma once

#include <string>

#include "decoder/event.h"

namespace zonelag::cli {

// "NOTIFY with serial 7, attempt 2", "IXFR from 6 completed, serial 7, came as incremental, ...".
std::string describe(const decoder::Event& event);

// "192.0.2.1#53 > 192.0.2.2#5353", or "from 192.0.2.1#53" where who asked is not known.
std::string way_of(const decoder::Event& event);

}  // namespace zonelag::cli
