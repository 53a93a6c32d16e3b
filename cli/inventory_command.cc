#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "aggregator/inventory_diff.h"
#include "aggregator/store/inventory_store.h"
#include "aggregator/store/migrations.h"
#include "commands.h"
#include "database.h"
#include "exit_code.h"
#include "inventory_file.h"
#include "output.h"
#include "output_file.h"

namespace zonelag::cli {
namespace {

using aggregator::Connection;
using aggregator::InventoryDifference;
using aggregator::InventoryRows;
using aggregator::RowChange;

int fail(std::string_view why) {
  complain(why);
  return kExitFailed;
}

// False: it contradicts itself, which is told row by row.
bool is_consistent(std::string_view name, const std::vector<std::string>& contradictions) {
  for (const std::string& defect : contradictions) complain(fmt::format("{}: {}", name, defect));
  return contradictions.empty();
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

template <typename Word, std::size_t kCount>
std::string by_word(const InventoryRows& rows, Word aggregator::Nameserver::* member,
                    const std::array<Word, kCount>& words) {
  std::string text;
  for (const Word word : words) {
    const auto count = std::ranges::count(rows.nameservers, word, member);
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, to_string(word));
  }
  return text;
}

// "3 nameservers (1 incoming, 2 secondary; 3 production), 8 customer nameservers, 1 policy".
std::string summary(const InventoryRows& rows) {
  using aggregator::NodeStatus;
  using aggregator::Role;
  std::string text = counted(rows.nameservers.size(), "nameserver", "nameservers");
  if (!rows.nameservers.empty()) {
    text += fmt::format(" ({}; {})",
                        by_word(rows, &aggregator::Nameserver::ns_type,
                                std::array{Role::incoming, Role::distribution, Role::secondary}),
                        by_word(rows, &aggregator::Nameserver::status,
                                std::array{NodeStatus::production, NodeStatus::maintenance, NodeStatus::disabled}));
  }
  return text + ", " + counted(rows.customers.size(), "customer nameserver", "customer nameservers") + ", " +
         counted(rows.policies.size(), "policy", "policies");
}

int check(const InventoryOptions& options) {
  const auto file = read_inventory_file(options.file);
  if (!file) return fail(file.error());
  const bool good = is_consistent(file->name, file->contradictions);
  Output output;
  output.line(summary(file->rows));
  return output.finish() && good ? kExitOk : kExitFailed;
}

void print_difference(Output& output, const InventoryDifference& difference) {
  constexpr std::array kSigns{'+', '~', '-'};
  output.line(fmt::format("{} {}", kSigns[static_cast<std::size_t>(difference.change)], difference.row));
  for (const std::string& field : difference.fields) output.line("    " + field);
}

std::string totals(const std::vector<InventoryDifference>& differences) {
  const auto count = [&](RowChange change) {
    return std::ranges::count(differences, change, &InventoryDifference::change);
  };
  return fmt::format("{} added, {} changed, {} removed", count(RowChange::added), count(RowChange::changed),
                     count(RowChange::removed));
}

// Whether no nameserver or customer of those that are there would stay: a wrong file, most likely.
bool removes_everything(const InventoryRows& before, const std::vector<InventoryDifference>& differences) {
  const std::size_t rows = before.nameservers.size() + before.customers.size();
  const auto removed = std::ranges::count_if(differences, [](const InventoryDifference& difference) {
    return difference.change == RowChange::removed && !difference.row.starts_with("policy");
  });
  return rows > 0 && static_cast<std::size_t>(removed) == rows;
}

// An open connection to a database whose schema is ours.
class Session {
 public:
  static std::expected<Session, std::string> open(const DatabaseOptions& options) {
    auto choice = choose_database(options);
    if (!choice) return std::unexpected(choice.error());
    const std::string uri = choice->config.connection;
    auto connection = Connection::open(choice->config);
    if (!connection) return std::unexpected(without_passwords(connection.error().text, uri));
    if (auto right = aggregator::check_schema(*connection); !right) return std::unexpected(right.error().text);
    return Session(*std::move(connection));
  }
  Connection& connection() { return connection_; }
  const std::string& place() const { return connection_.place(); }

 private:
  explicit Session(Connection connection) : connection_(std::move(connection)) {}
  Connection connection_;
};

int import_file(const InventoryOptions& options) {
  const auto file = read_inventory_file(options.file);
  if (!file) return fail(file.error());
  if (!is_consistent(file->name, file->contradictions)) return kExitFailed;
  auto session = Session::open(options.database);
  if (!session) return fail(session.error());
  const auto before = aggregator::load_inventory_rows(session->connection());
  if (!before) return fail(before.error().text);
  const InventoryRows after = options.merge ? aggregator::merge(*before, file->rows) : file->rows;
  // What is merged may contradict what is there.
  if (!is_consistent(file->name + " with " + session->place(), aggregator::contradictions(after))) return kExitFailed;
  const auto differences = aggregator::difference(*before, after);
  Output output;
  for (const InventoryDifference& difference : differences) print_difference(output, difference);
  if (!options.replace && !options.merge && removes_everything(*before, differences)) {
    output.finish();
    return fail(
        fmt::format("{}: no row of {} would be left: is it the right file, the right database? --replace "
                    "replaces all, --merge removes none",
                    file->name, session->place()));
  }
  if (options.dry_run) {
    output.line(fmt::format("{}: would be {}", session->place(), totals(differences)));
    return output.finish() ? kExitOk : kExitFailed;
  }
  const auto mode = options.merge ? aggregator::InventoryMode::merge : aggregator::InventoryMode::replace;
  const auto saved = aggregator::save_inventory_rows(session->connection(), file->rows, mode);
  if (!saved) {
    output.finish();
    return fail(fmt::format("{}: nothing was changed", saved.error().text));
  }
  output.line(fmt::format("{}: {}", session->place(), totals(differences)));
  return output.finish() ? kExitOk : kExitFailed;
}

int export_file(const InventoryOptions& options) {
  const bool to_file = !options.file.empty() && options.file != "-";
  std::error_code ignored;
  if (to_file && !options.force && std::filesystem::exists(options.file, ignored))
    return fail(fmt::format("inventory '{}': is there already, and is not overwritten without --force", options.file));
  auto session = Session::open(options.database);
  if (!session) return fail(session.error());
  const auto rows = aggregator::load_inventory_rows(session->connection());
  if (!rows) return fail(rows.error().text);
  // It is written all the same: as a file it can be put right.
  const bool good = is_consistent(session->place(), aggregator::contradictions(*rows));
  Output output;
  const std::string path = to_file ? options.file : "-";
  const bool written =
      write_file("inventory", path, output, [&](std::ostream& out) { out << aggregator::to_toml(*rows); });
  return output.finish() && written && good ? kExitOk : kExitFailed;
}

}  // namespace

int inventory(const InventoryOptions& options) {
  switch (options.action) {
    case InventoryAction::check: return check(options);
    case InventoryAction::import_file: return import_file(options);
    case InventoryAction::export_file: return export_file(options);
  }
  return kExitFailed;
}

}  // namespace zonelag::cli
