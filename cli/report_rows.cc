#include "report_rows.h"

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "aggregator/row_csv.h"
#include "aggregator/row_json.h"
#include "aggregator/row_table.h"

namespace zonelag::cli {
namespace {

using aggregator::Stored;
using aggregator::TransferRow;
using aggregator::VersionRow;

constexpr std::size_t kMostBlocks = 100;    // versions shown with their nodes
constexpr std::size_t kMostLines = 10'000;  // versions shown at all, in a table

// A zone's transfers, printed where the order of output has them.
class TransferPrinter {
 public:
  TransferPrinter(Output& output, aggregator::TransferReader reader) : output_(output), reader_(std::move(reader)) {}

  // Those of zones before `next` (a zone as text; empty: all that are left).
  Stored<void> print_before(const std::optional<std::string>& next) {
    for (;;) {
      if (rows_.empty()) {
        auto rows = reader_.next_zone();
        if (!rows) return std::unexpected(rows.error());
        if (rows->empty()) return {};
        rows_ = *std::move(rows);
        zone_ = rows_.front().zone.to_text();
      }
      if (next && zone_ >= *next) return {};
      for (const TransferRow& row : rows_) output_.line(aggregator::to_json(row));
      rows_.clear();
    }
  }

 private:
  Output& output_;
  aggregator::TransferReader reader_;
  std::vector<TransferRow> rows_;  // of the zone to come
  std::string zone_;
};

void print_version(Output& output, const VersionRow& version) {
  output.line(aggregator::to_json(version));
  for (const auto& node : version.nodes) output.line(aggregator::to_json(node));
}

}  // namespace

Stored<void> print_json(Output& output, const VersionSource& source, aggregator::ReportStore& store,
                        const aggregator::ReportFilter& filter) {
  const auto print_only = [&](VersionRow&& version) {
    print_version(output, version);
    return !output.failed();
  };
  if (filter.open_only || !filter.node.empty() || !filter.account.empty()) return source(print_only);
  auto reader = store.transfers(filter);
  if (!reader) return std::unexpected(reader.error());
  TransferPrinter transfers(output, *std::move(reader));
  std::optional<std::string> present;
  Stored<void> transfers_done;
  const auto done = source([&](VersionRow&& version) {
    const std::string zone = version.zone.to_text();
    if (present != zone) transfers_done = transfers.print_before(zone);
    present = zone;
    print_version(output, version);
    return transfers_done.has_value() && !output.failed();
  });
  if (!done || !transfers_done || output.failed()) return done ? transfers_done : done;
  return transfers.print_before(std::nullopt);
}

Stored<void> print_csv(Output& output, const VersionSource& source) {
  output.line(aggregator::csv_header());
  return source([&](VersionRow&& version) {
    for (const auto& node : version.nodes) output.line(aggregator::to_csv(node, version.verdict));
    return !output.failed();
  });
}

Stored<void> print_table(Output& output, const VersionSource& source, bool colour) {
  std::vector<VersionRow> versions;
  bool more = false;
  const auto done = source([&](VersionRow&& version) {
    more = versions.size() == kMostLines;
    if (more) return false;
    if (versions.size() == kMostBlocks) {
      for (VersionRow& shown : versions) shown.nodes = {};
    }
    if (versions.size() >= kMostBlocks) version.nodes = {};
    versions.push_back(std::move(version));
    return true;
  });
  if (!done) return done;
  if (versions.empty()) output.line("The database has no such version.");
  if (versions.size() <= kMostBlocks) {
    output.write(aggregator::to_table(versions, {.colour = colour}));
    return {};
  }
  output.write(aggregator::overview_table(versions, {.colour = colour}));
  output.line("");
  if (more) output.line(fmt::format("These are the first {}; --format json or csv has all.", kMostLines));
  output.line("With --zone, --serial, --from and --until fewer are shown, with their nodes.");
  return {};
}

}  // namespace zonelag::cli
