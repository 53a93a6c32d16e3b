#include "unknown_table.h"

#include <fmt/format.h>

#include <algorithm>

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

}  // namespace zonelag::cli
