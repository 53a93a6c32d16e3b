#include "aggregator/inventory_diff.h"

#include <fmt/format.h>

#include <map>
#include <utility>

namespace zonelag::aggregator {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;  // name, value as text

std::string text_of(const std::optional<IpAddress>& address) { return address ? address->to_string() : "none"; }
std::string text_of(const std::optional<ZoneName>& zone) { return zone ? zone->to_text() : "*"; }
std::string text_of(const std::string& text) { return fmt::format("\"{}\"", text); }

template <typename T>
std::string list_of(const std::vector<T>& values) {
  std::string text;
  for (const T& value : values) text += (text.empty() ? "" : ", ") + text_of(value);
  return "[" + text + "]";
}
std::string list_of(const std::vector<IpAddress>& values) {
  std::string text;
  for (const IpAddress& value : values) text += (text.empty() ? "" : ", ") + value.to_string();
  return "[" + text + "]";
}

std::string name_of(const Nameserver& row) { return fmt::format("nameserver \"{}\"", row.hostname); }
std::string name_of(const CustomerNameserver& row) {
  return fmt::format("customer_nameserver {} for zone {}", row.ip.to_string(), text_of(row.zone));
}
std::string name_of(const Policy& row) { return fmt::format("policy \"{}\"", row.name); }

Fields fields_of(const Nameserver& row) {
  return {{"ip4", text_of(row.ip4)},        {"ip6", text_of(row.ip6)},           {"anycast", list_of(row.anycast)},
          {"loc", text_of(row.loc)},        {"dsc_name", text_of(row.dsc_name)}, {"ns_type", to_string(row.ns_type)},
          {"status", to_string(row.status)}};
}
Fields fields_of(const CustomerNameserver& row) { return {{"accountname", text_of(row.accountname)}}; }
Fields fields_of(const Policy& row) {
  return {{"zones", list_of(row.zones)},         {"account", text_of(row.account)},
          {"lag", to_string(row.lag)},           {"percentile", fmt::format("{}", row.percentile)},
          {"limit", format_duration(row.limit)}, {"deadline", format_duration(row.deadline)}};
}

std::vector<std::string> changed_fields(const Fields& before, const Fields& after) {
  std::vector<std::string> changed;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i].second == after[i].second) continue;
    changed.push_back(fmt::format("{}: {} -> {}", before[i].first, before[i].second, after[i].second));
  }
  return changed;
}

template <typename Row>
std::map<std::string, const Row*> by_name(const std::vector<Row>& rows) {
  std::map<std::string, const Row*> named;
  for (const Row& row : rows) named.emplace(name_of(row), &row);
  return named;
}

template <typename Row>
void add_differences(const std::vector<Row>& before, const std::vector<Row>& after,
                     std::vector<InventoryDifference>& into) {
  const auto old_rows = by_name(before);
  const auto new_rows = by_name(after);
  for (const Row& row : after) {
    const auto same = old_rows.find(name_of(row));
    if (same == old_rows.end()) {
      into.push_back({RowChange::added, name_of(row), {}});
      continue;
    }
    auto fields = changed_fields(fields_of(*same->second), fields_of(row));
    if (!fields.empty()) into.push_back({RowChange::changed, name_of(row), std::move(fields)});
  }
  for (const Row& row : before) {
    if (!new_rows.contains(name_of(row))) into.push_back({RowChange::removed, name_of(row), {}});
  }
}

template <typename Row>
std::vector<Row> merged(const std::vector<Row>& base, const std::vector<Row>& with) {
  std::vector<Row> rows = base;
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < rows.size(); ++i) places.emplace(name_of(rows[i]), i);
  for (const Row& row : with) {
    const auto [place, fresh] = places.emplace(name_of(row), rows.size());
    if (fresh) {
      rows.push_back(row);
    } else {
      rows[place->second] = row;
    }
  }
  return rows;
}

}  // namespace

std::vector<InventoryDifference> difference(const InventoryRows& before, const InventoryRows& after) {
  std::vector<InventoryDifference> differences;
  add_differences(before.nameservers, after.nameservers, differences);
  add_differences(before.customers, after.customers, differences);
  add_differences(before.policies, after.policies, differences);
  return differences;
}

InventoryRows merge(const InventoryRows& base, const InventoryRows& with) {
  return {.nameservers = merged(base.nameservers, with.nameservers),
          .customers = merged(base.customers, with.customers),
          .policies = merged(base.policies, with.policies)};
}

}  // namespace zonelag::aggregator
