// What a runner wants of its database besides the state.
#pragma once

#include "aggregator/store/store.h"

namespace zonelag::aggregator {

class Upkeep {
 public:
  virtual ~Upkeep() = default;
  // Error: schema, with what to do.
  virtual Stored<void> check_schema() = 0;
  // Whether somebody changed inventory, services or policies since the last call. Does not wait.
  virtual bool inventory_changed() = 0;
  // Partitions of tables made for the days ahead of `now`, those beyond retention dropped.
  virtual Stored<void> maintain(Timestamp now) = 0;
};

}  // namespace zonelag::aggregator
