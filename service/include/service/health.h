// Whether a program is well, in words that say what to look at.
#pragma once

#include <string>
#include <vector>

namespace zonelag::service {

struct Health {
  std::vector<std::string> reasons;  // one line each; empty: well
  std::vector<std::string> notes;    // worth knowing, but the program does its work
  bool well() const { return reasons.empty(); }
};

}  // namespace zonelag::service
