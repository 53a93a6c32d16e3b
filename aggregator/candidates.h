// Who shows versions and is not in the inventory. Counts are of rows that are new in the store, so that a repeat counts
// nothing. Private to the room.
#pragma once

#include <map>
#include <string>

#include "aggregator/changes.h"
#include "evidence.h"

namespace zonelag::aggregator {

class Candidates {
 public:
  // `row`: new in the store.
  void add(const StoredEvidence& row, bool is_customer);
  void take(Changes& into);

 private:
  std::map<std::string, CandidateChange> changes_;  // by srcip
};

}  // namespace zonelag::aggregator
