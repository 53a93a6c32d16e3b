#include "unknown_sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "aggregator/time_text.h"

namespace zonelag::cli {

std::string unknown_table(const std::vector<aggregator::UnknownSource>& sources) {
  if (sources.empty()) return {};
  std::string text = "\nNot in the inventory\n";
  const std::size_t shown = std::min(sources.size(), kShownSources);
  for (std::size_t i = 0; i < shown; ++i) {
    const aggregator::UnknownSource& source = sources[i];
    text += fmt::format("  {:<24} {:>8} event{}  last: {}{}\n", source.address.to_string(), source.events,
                        source.events == 1 ? " " : "s", source.last_zone.to_text(),
                        source.is_customer ? "  (a customer's, for a zone that is not its)" : "");
  }
  if (sources.size() > shown) text += fmt::format("  and {} more\n", sources.size() - shown);
  return text;
}

std::string to_json(const aggregator::UnknownSource& source) {
  nlohmann::ordered_json record;
  record["record"] = "unknown_source";
  record["address"] = source.address.to_string();
  record["events"] = source.events;
  record["first_seen"] = aggregator::rfc3339(source.first_seen);
  record["last_seen"] = aggregator::rfc3339(source.last_seen);
  record["zone"] = source.last_zone.to_text();
  record["customer"] = source.is_customer;
  return record.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace zonelag::cli
