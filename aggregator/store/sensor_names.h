// Sensors by number: rows of evidence keep the number, programs the name.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "aggregator/changes.h"
#include "aggregator/store/connection.h"

namespace zonelag::aggregator {

class SensorNames {
 public:
  // Numbers for all of them; those that the table does not have yet are added in the present transaction.
  Stored<void> intern(Connection& connection, std::vector<std::string> names);
  bool has(const std::string& name) const { return numbers_.contains(name); }
  std::int32_t number(const std::string& name) const;  // of an interned one

  // All that the table has; when a number was met that is not known.
  Stored<void> read(Connection& connection);
  const std::string* name(std::int32_t number) const;  // null: not known

  // The transaction that may have added some is gone.
  void forget();

 private:
  void note(const Rows& rows);

  std::unordered_map<std::string, std::int32_t> numbers_;
  std::unordered_map<std::int32_t, std::string> names_;
};

// As Store::sensors() says.
Stored<std::vector<SensorChange>> load_heartbeats(Connection& connection);

}  // namespace zonelag::aggregator
