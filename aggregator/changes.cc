#include "aggregator/changes.h"

namespace zonelag::aggregator {

const char* to_string(Blindness kind) {
  constexpr std::array kNames{"dropped packets", "lost events", "silent"};
  return kNames[static_cast<std::size_t>(kind)];
}

bool Changes::empty() const { return rows() == 0; }

std::size_t Changes::rows() const {
  return evidence.size() + versions.size() + nodes.size() + removed_nodes.size() + services.size() + candidates.size() +
         transfers.size() + sensors.size() + blind_times.size();
}

void Changes::clear() {
  evidence.clear();
  versions.clear();
  nodes.clear();
  removed_nodes.clear();
  services.clear();
  candidates.clear();
  transfers.clear();
  sensors.clear();
  blind_times.clear();
}

}  // namespace zonelag::aggregator
