// Rows of the queries in report_sql.h as the aggregator's types. Private to the room.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aggregator/store/report_store.h"
#include "read_session.h"

namespace zonelag::aggregator {

// One row of versions_query.
struct VersionFields {
  VersionRow version;             // without nodes
  std::vector<Role> known_roles;  // of which some node has it; asked for where a node is open only
  std::optional<NodeRow> node;
};

// Each is empty where a text is no name, address or serial: a row that an older installation wrote.
std::optional<VersionFields> read_version(Fields& fields);
std::optional<decoder::Event> read_transfer(Fields& fields);
std::optional<JudgedRow> read_verdict(Fields& fields);

using SensorNamesById = std::map<std::int64_t, std::string>;

// One row of evidence_query: the version that it belongs to, without evidence, and one of its evidence rows.
struct EvidenceFields {
  StoredVersion version;
  StoredEvidence row;
};
std::optional<EvidenceFields> read_evidence(Fields& fields, const SensorNamesById& sensors);

}  // namespace zonelag::aggregator
