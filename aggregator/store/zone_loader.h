// Versions with their evidence, as a ledger wants them back.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "aggregator/store/connection.h"
#include "sensor_names.h"

namespace zonelag::aggregator {

class ZoneLoader {
 public:
  ZoneLoader(Connection& connection, SensorNames& sensors) : connection_(connection), sensors_(sensors) {}

  // As Store says of load() and open_zones(). One zone for each wanted one, in their order, whether it has versions or
  // not. One round trip where there is nothing to load.
  Stored<std::vector<StoredZone>> load(std::span<const WantedZone> wanted);
  Stored<void> open_zones(std::span<const std::int32_t> partitions, std::int32_t layout, Timestamp since,
                          Timestamp settled_since, const std::function<void(StoredZone&&)>& take);

 private:
  // A zone while it is being read; queries name it by its number.
  struct Reading {
    StoredZone zone;
    std::string name;                                           // as text
    std::set<std::uint32_t> taken;                              // serials of zone.versions
    std::map<std::uint32_t, std::vector<StoredVersion>> newer;  // than this wanted serial; not all if they are too many
    std::map<std::string, std::int64_t> open;                   // hostname: in how many versions

    void add(StoredVersion&& version);
    void add_found(StoredVersion&& version);
    StoredZone finish() &&;
  };
  using Readings = std::vector<Reading>;
  struct Place {
    const ZoneName* zone;
    StoredVersion* version;
  };

  Stored<void> find_wanted(std::span<const WantedZone> wanted, Readings& readings);
  Stored<void> add_what_they_rest_on(Readings& readings);
  Stored<void> read_details(Readings& readings);
  Stored<void> note_evidence(const Rows& rows, std::span<const Place> places);
  Stored<void> give_open(Readings& readings, const std::function<void(StoredZone&&)>& take);
  Stored<std::string> sensor(std::string_view number);

  Connection& connection_;
  SensorNames& sensors_;
};

}  // namespace zonelag::aggregator
