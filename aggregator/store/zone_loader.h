// Versions with their evidence, as a ledger wants them back.
#pragma once

#include <functional>

#include "aggregator/store/connection.h"
#include "sensor_names.h"

namespace zonelag::aggregator {

class ZoneLoader {
 public:
  ZoneLoader(Connection& connection, SensorNames& sensors) : connection_(connection), sensors_(sensors) {}

  // As Store says of load() and open_zones(). One zone for each wanted one, in their order, whether it has versions or
  // not.
  Stored<std::vector<StoredZone>> load(std::span<const WantedZone> wanted);
  Stored<void> open_zones(std::span<const std::int32_t> partitions, std::int32_t layout, Timestamp since,
                          Timestamp settled_since, const std::function<void(StoredZone&&)>& take);

 private:
  // Zones, by number, and from which first_seen on their versions are wanted (max: none).
  struct Since {
    std::vector<std::string> zones;  // as text
    std::vector<std::int64_t> ns;
    std::vector<std::int64_t> new_zones;  // numbers of those whose other open nodes are wanted
  };
  // Where a version of the result is.
  struct Place {
    std::size_t zone;
    std::size_t version;
  };

  Stored<void> find_oldest(std::span<const WantedZone> wanted, Since& since);
  Stored<void> fill(const Since& since, std::vector<StoredZone>& zones);
  Stored<std::vector<Place>> read_versions(const Since& since, std::vector<StoredZone>& zones);
  Stored<void> read_details(const Since& since, const std::vector<Place>& places, std::vector<StoredZone>& zones);
  Stored<void> note_evidence(const Rows& rows, const std::vector<Place>& places, std::vector<StoredZone>& zones);
  Stored<std::string> sensor(std::string_view number);

  Connection& connection_;
  SensorNames& sensors_;
};

}  // namespace zonelag::aggregator
