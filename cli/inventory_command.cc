#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "aggregator/inventory_diff.h"
#include "commands.h"
#include "exit_code.h"
#include "inventory_file.h"
#include "output.h"

namespace zonelag::cli {
namespace {

int fail(std::string_view why) {
  complain(why);
  return kExitFailed;
}

// False: there are some, and they are told.
bool is_consistent(const InventoryFile& file) {
  for (const std::string& defect : file.contradictions) complain(fmt::format("{}: {}", file.name, defect));
  return file.contradictions.empty();
}

template <typename Rows>
std::string counted(const Rows& rows, std::string_view kind) {
  return fmt::format("{} {}{}", rows.size(), kind, rows.size() == 1 ? "" : "s");
}

std::string by_word(const aggregator::InventoryRows& rows, const auto& word_of, const auto& words) {
  std::string text;
  for (const auto word : words) {
    const auto count = std::ranges::count_if(rows.nameservers, [&](const auto& row) { return word_of(row) == word; });
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, to_string(word));
  }
  return text;
}

std::string summary(const aggregator::InventoryRows& rows) {
  using aggregator::NodeStatus;
  using aggregator::Role;
  std::string text = counted(rows.nameservers, "nameserver");
  if (!rows.nameservers.empty()) {
    text += fmt::format(" ({}; {})",
                        by_word(
                            rows, [](const auto& row) { return row.ns_type; },
                            std::array{Role::incoming, Role::distribution, Role::secondary}),
                        by_word(
                            rows, [](const auto& row) { return row.status; },
                            std::array{NodeStatus::production, NodeStatus::maintenance, NodeStatus::disabled}));
  }
  return text + ", " + counted(rows.customers, "customer nameserver") + ", " +
         (rows.policies.size() == 1 ? "1 policy" : fmt::format("{} policies", rows.policies.size()));
}

int check(const InventoryOptions& options) {
  const auto file = read_inventory_file(options.file);
  if (!file) return fail(file.error());
  const bool good = is_consistent(*file);
  Output output;
  output.line(summary(file->rows));
  return output.finish() && good ? kExitOk : kExitFailed;
}

}  // namespace

int inventory(const InventoryOptions& options) { return check(options); }

}  // namespace zonelag::cli
