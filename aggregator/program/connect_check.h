// --check --connect: a look at all that the configuration names.
#pragma once

#include <string>
#include <vector>

#include "config.h"

namespace zonelag::aggregator {

struct Look {
  std::string what;     // "database 'prod'"
  std::string finding;  // one line
  bool good = false;
  bool reached = true;  // somebody answered
};

// Changes nothing. Takes at most some seconds for each that does not answer.
std::vector<Look> look_around(const AggregatorConfig& config);

}  // namespace zonelag::aggregator
