// PostgresStore's upkeep, with the retention that is set.
#pragma once

#include "aggregator/store/postgres.h"
#include "upkeep.h"

namespace zonelag::aggregator {

class PostgresUpkeep final : public Upkeep {
 public:
  PostgresUpkeep(PostgresStore& store, std::chrono::days keep_rows, std::chrono::days keep_versions)
      : store_(store), keep_rows_(keep_rows), keep_versions_(keep_versions) {}

  Stored<void> check_schema() override { return store_.check_schema(); }
  bool inventory_changed() override { return store_.inventory_changed(); }
  Stored<void> maintain(Timestamp now) override { return store_.maintain(now, keep_rows_, keep_versions_); }

 private:
  PostgresStore& store_;
  const std::chrono::days keep_rows_;
  const std::chrono::days keep_versions_;
};

}  // namespace zonelag::aggregator
