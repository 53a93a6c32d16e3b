// What one batch changes, into the tables: new rows by COPY, changed ones through a temporary table.
#pragma once

#include <set>

#include "aggregator/store/connection.h"
#include "copy_in.h"
#include "sensor_names.h"

namespace zonelag::aggregator {

class ChangeWriter {
 public:
  ChangeWriter(SensorNames& sensors, bool legacy_lags) : sensors_(sensors), legacy_lags_(legacy_lags) {}

  // The connection is in a transaction.
  Stored<void> write(Connection& connection, const Changes& changes);
  // The transaction is gone, or the connection is another one: what it made is not there.
  void forget();
  // Some partitions may be gone.
  void forget_days() { days_.clear(); }

 private:
  struct Work;  // of one write()

  Stored<void> make_partitions(Connection& connection, const Changes& changes);
  Stored<void> intern_sensors(Connection& connection, const Changes& changes);
  Stored<void> make_temporary_tables(Connection& connection, const Changes& changes);

  SensorNames& sensors_;
  bool legacy_lags_;
  std::set<Day> days_;  // that have partitions
  bool temporary_tables_ = false;
};

}  // namespace zonelag::aggregator
