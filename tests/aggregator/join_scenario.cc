#include "join_scenario.h"

namespace zonelag::aggregator {
namespace {

std::string text(const std::optional<Duration>& duration) { return duration ? std::to_string(duration->count()) : "-"; }
std::string text(const std::optional<Timestamp>& time) {
  return time ? std::to_string(time->time_since_epoch().count()) : "-";
}
std::string text(const std::optional<Serial>& serial) { return serial ? std::to_string(serial->value()) : "-"; }

void append(std::string& line, std::initializer_list<std::string> fields) {
  for (const std::string& field : fields) line += " [" + field + "]";
}

void append(std::string& line, const LagSummary& summary) {
  append(line, {text(summary.min), text(summary.median), text(summary.p90), text(summary.max), text(summary.avg)});
}

std::string describe(const NodeRow& row) {
  std::string line = " ";
  append(line, {row.zone.to_text(),
                std::to_string(row.serial.value()),
                row.hostname,
                row.loc,
                row.dsc_name,
                to_string(row.role),
                to_string(row.status),
                row.srcip,
                text(row.live_at),
                text(row.not_before),
                to_string(row.basis),
                text(row.superseded_by),
                text(row.received_at),
                text(row.announced_at),
                text(row.offered_at),
                text(row.served_at),
                text(row.customer_lag),
                text(row.incoming_lag),
                text(row.distribution_lag),
                text(row.clock_error)});
  for (const Role role : row.unknown_references) append(line, {to_string(role)});
  return line + "\n";
}

}  // namespace

std::string describe(const VersionRow& version) {
  std::string line = version.zone.to_text();
  append(line, {std::to_string(version.serial.value()), text(std::optional(version.first_seen)), text(version.delta1),
                text(version.delta2), std::to_string(version.ns_count), std::to_string(version.ns_expected),
                std::to_string(version.ns_open), to_string(version.verdict), version.policy});
  append(line, version.delta3);
  append(line, version.incoming_lag);
  line += "\n";
  for (const NodeRow& row : version.nodes) line += describe(row);
  return line;
}

std::string describe(const Join& join, const Policy* policy) {
  std::string lines;
  join.for_each_version([&](const VersionRow& version) { lines += describe(version); }, policy);
  return lines;
}

std::vector<VersionRow> Scenario::versions(std::string_view name, const Policy* policy) const {
  std::vector<VersionRow> rows;
  join_.for_each_version_of(zone(name), [&](const VersionRow& version) { rows.push_back(version); }, policy);
  return rows;
}

std::vector<std::uint32_t> Scenario::serials(std::string_view name) const {
  std::vector<std::uint32_t> serials;
  for (const VersionRow& version : versions(name)) serials.push_back(version.serial.value());
  return serials;
}

std::optional<VersionRow> Scenario::version(std::uint32_t serial, const Policy* policy) const {
  for (const VersionRow& version : versions("example.at", policy)) {
    if (version.serial == Serial(serial)) return version;
  }
  return std::nullopt;
}

std::optional<NodeRow> Scenario::row(std::uint32_t serial, std::string_view srcip) const {
  const auto found = version(serial);
  if (!found) return std::nullopt;
  for (const NodeRow& node : found->nodes) {
    if (node.srcip == srcip) return node;
  }
  return std::nullopt;
}

}  // namespace zonelag::aggregator
