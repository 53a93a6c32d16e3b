#include "aggregator/rows.h"

#include <array>

namespace zonelag::aggregator {

const char* to_string(Role role) {
  constexpr std::array kNames{"unknown", "customer", "incoming", "distribution", "secondary"};
  return kNames[static_cast<std::size_t>(role)];
}

const char* to_string(NodeStatus status) {
  constexpr std::array kNames{"production", "maintenance", "disabled"};
  return kNames[static_cast<std::size_t>(status)];
}

const char* to_string(Basis basis) {
  constexpr std::array kNames{"none", "announced", "offered", "served", "received"};
  return kNames[static_cast<std::size_t>(basis)];
}

const char* to_string(Verdict verdict) {
  constexpr std::array kNames{"none", "met", "breached", "open", "undecidable"};
  return kNames[static_cast<std::size_t>(verdict)];
}

}  // namespace zonelag::aggregator
