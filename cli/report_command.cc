#include <fmt/format.h>

#include <optional>

#include "aggregator/compliance.h"
#include "aggregator/report_html.h"
#include "aggregator/store/report_store.h"
#include "aggregator/time_text.h"
#include "commands.h"
#include "compliance_text.h"
#include "database.h"
#include "exit_code.h"
#include "output.h"
#include "output_file.h"
#include "recomputed.h"
#include "report_lists.h"
#include "report_rows.h"
#include "service/command_line/usage.h"

namespace zonelag::cli {
namespace {

using aggregator::ReportFilter;
using aggregator::ReportStore;
using aggregator::Stored;

ReportFilter filter_of(const ReportOptions& options) {
  ReportFilter filter;
  if (!options.zone.empty()) {
    filter.zone = decoder::ZoneName::parse(options.zone);
    if (!filter.zone) throw service::UsageError(fmt::format("--zone: '{}' is no domain name", options.zone));
  }
  if (options.serial) filter.serial = decoder::Serial(*options.serial);
  filter.from = options.from;
  filter.until = options.until;
  if (options.action == ReportAction::compliance) {
    filter.from = options.month.from;
    filter.until = options.month.until;
  }
  filter.node = options.node;
  filter.account = options.account;
  filter.open_only = options.open;
  return filter;
}

// One run of the command: what was asked for, out of an open database.
class Report {
 public:
  Report(const ReportOptions& options, ReportFilter filter, ReportStore& store)
      : options_(options), filter_(std::move(filter)), store_(store) {}

  // Finds out whose verdicts are wanted, and whether the database has them. Error: one line.
  std::expected<void, std::string> choose_policy(const aggregator::LedgerSettings& settings);

  Stored<void> print(Output& output) {
    switch (options_.action) {
      case ReportAction::rows: return rows(output);
      case ReportAction::compliance: return compliance(output);
      case ReportAction::candidates: return candidates(output);
      case ReportAction::sensors: return sensors(output);
    }
    return {};
  }
  bool written() const { return written_; }

 private:
  Stored<void> rows(Output& output);
  Stored<void> html(Output& output, const VersionSource& source);
  Stored<void> compliance(Output& output);
  Stored<void> candidates(Output& output);
  Stored<void> sensors(Output& output);
  bool colour() const { return wants_colour(options_.colour); }

  const ReportOptions& options_;
  ReportFilter filter_;
  ReportStore& store_;
  std::optional<Recomputed> recomputed_;  // the verdicts are not the database's
  bool written_ = true;
};

std::expected<void, std::string> Report::choose_policy(const aggregator::LedgerSettings& settings) {
  if (options_.policy.empty()) return {};
  const auto is_stored = store_.has_verdicts_of(options_.policy);
  if (!is_stored) return std::unexpected(is_stored.error().text);
  if (*is_stored && !options_.recompute) {
    filter_.policy = options_.policy;
    return {};
  }
  auto recomputed = Recomputed::open(store_, options_.policy, settings);
  if (!recomputed) return std::unexpected(recomputed.error());
  recomputed_.emplace(*std::move(recomputed));
  return {};
}

Stored<void> Report::rows(Output& output) {
  const VersionSource source = [this](const aggregator::Take<aggregator::VersionRow>& take) {
    return recomputed_ ? recomputed_->for_each_version(filter_, take) : store_.for_each_version(filter_, take);
  };
  if (!options_.html.empty()) return html(output, source);
  switch (options_.format) {
    case Format::json: return print_json(output, source, store_, filter_);
    case Format::csv: return print_csv(output, source);
    case Format::table: return print_table(output, source, colour());
  }
  return {};
}

Stored<void> Report::html(Output& output, const VersionSource& source) {
  aggregator::HtmlReport report;
  const auto done = source([&](aggregator::VersionRow&& version) {
    report.add(version);
    return true;
  });
  if (!done) return done;
  aggregator::ReportFacts facts;
  facts.program = program_version();
  facts.from = filter_.from;
  facts.until = filter_.until;
  if (recomputed_) facts.policies = {recomputed_->policy()};
  written_ = write_file("report", options_.html, output, [&](std::ostream& out) { report.write(facts, out); });
  return {};
}

Stored<void> Report::compliance(Output& output) {
  aggregator::Compliance compliance;
  const aggregator::Take<aggregator::JudgedRow> count = [&](aggregator::JudgedRow&& row) {
    compliance.add(row.policy, row.accounts, row.version);
    return true;
  };
  const auto done =
      recomputed_ ? recomputed_->for_each_verdict(filter_, count) : store_.for_each_verdict(filter_, count);
  if (!done) return done;
  print_compliance(output, compliance.rows(), options_.month_text, options_.format, colour());
  return {};
}

Stored<void> Report::candidates(Output& output) {
  const auto rows = store_.candidates();
  if (!rows) return std::unexpected(rows.error());
  print_candidates(output, *rows, options_.format, colour());
  return {};
}

Stored<void> Report::sensors(Output& output) {
  const auto rows = store_.sensors();
  if (!rows) return std::unexpected(rows.error());
  const auto latest = store_.latest();
  if (!latest) return std::unexpected(latest.error());
  print_sensors(output, *rows, *latest, options_.format, colour());
  return {};
}

int fail(const std::string& why) {
  complain(why);
  return kExitFailed;
}

}  // namespace

int report(const ReportOptions& options) {
  ReportFilter filter = filter_of(options);
  if (!options.html.empty()) {
    if (const auto why = why_not_writable("report", options.html)) return fail(*why);
  }
  const auto choice = choose_database(options.database);
  if (!choice) return fail(choice.error());
  const auto fail_of = [&](const aggregator::StoreError& error) {
    return fail(without_passwords(error.text, choice->config.connection));
  };
  auto store = ReportStore::open(choice->config);
  if (!store) return fail_of(store.error());
  Output output;
  Report report(options, std::move(filter), *store);
  if (const auto chosen = report.choose_policy(choice->ledger); !chosen)
    return fail(without_passwords(chosen.error(), choice->config.connection));
  const auto done = report.print(output);
  const bool good = output.finish() && report.written();
  if (!done) return fail_of(done.error());
  if (store->unreadable() > 0)
    complain(
        fmt::format("{} rows of the database were passed over: zone, address or serial is none", store->unreadable()));
  return good ? kExitOk : kExitFailed;
}

}  // namespace zonelag::cli
