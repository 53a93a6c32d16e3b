#include "report_sql.h"

#include <fmt/format.h>

#include "read_session.h"

namespace zonelag::aggregator {
namespace {

// Conditions joined by AND, and the parameters they name.
class Conditions {
 public:
  std::string parameter(std::string value) {
    parameters_.push_back(std::move(value));
    return fmt::format("${}", parameters_.size());
  }
  void add(const std::string& condition) { text_ += (text_.empty() ? "WHERE " : " AND ") + condition; }
  const std::string& text() const { return text_; }
  std::vector<std::string>& parameters() { return parameters_; }

 private:
  std::string text_;
  std::vector<std::string> parameters_;
};

std::string nanoseconds(Timestamp time) { return std::to_string(time.time_since_epoch().count()); }

std::string date(std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

// A version's day is that of the first_seen it was first written with. Later evidence may move first_seen back, by as
// long as a sensor's spool was held up, or forward a little when a node turns out not to be one: partitions far from
// the period need no look.
constexpr std::chrono::days kBefore{2};
constexpr std::chrono::days kAfter{40};

void add_period(Conditions& conditions, const ReportFilter& filter) {
  using std::chrono::days;
  if (filter.from) {
    conditions.add(fmt::format("v.first_seen_ns >= {}::bigint", conditions.parameter(nanoseconds(*filter.from))));
    const auto day = std::chrono::floor<days>(*filter.from) - kBefore;
    conditions.add(fmt::format("v.day >= {}::date", conditions.parameter(date(day))));
  }
  if (filter.until) {
    conditions.add(fmt::format("v.first_seen_ns < {}::bigint", conditions.parameter(nanoseconds(*filter.until))));
    const auto day = std::chrono::floor<days>(*filter.until) + kAfter;
    conditions.add(fmt::format("v.day <= {}::date", conditions.parameter(date(day))));
  }
}

constexpr const char* kOfVersion = "r.zone = v.zone AND r.serial = v.serial AND r.day = v.day";

// Whose a version is: the accounts that the inventory gives its zone to, else those whose servers announced it.
std::string accounts() {
  return fmt::format(
      "coalesce(nullif(ARRAY(SELECT DISTINCT c.accountname FROM customer_nameservers c WHERE "
      "coalesce(nullif(lower(rtrim(c.zone, '.')), ''), '.') = "
      "v.zone AND c.accountname <> '' ORDER BY 1), '{{}}'), ARRAY(SELECT DISTINCT r.dsc_name FROM serial_rows r WHERE "
      "{} "
      "AND r.ns_type = 'customer' AND r.dsc_name <> '' ORDER BY 1))",
      kOfVersion);
}

Conditions conditions_of(const ReportFilter& filter) {
  Conditions conditions;
  if (filter.zone) conditions.add(fmt::format("v.zone = {}::text", conditions.parameter(filter.zone->to_text())));
  if (filter.serial) {
    conditions.add(fmt::format("v.serial = {}::bigint", conditions.parameter(std::to_string(filter.serial->value()))));
  }
  add_period(conditions, filter);
  conditions.add("v.inventory <> 0");  // 0: no version, see changes.h
  if (!filter.account.empty())
    conditions.add(fmt::format("{}::text = ANY({})", conditions.parameter(filter.account), accounts()));
  return conditions;
}

// Roles of which some node has the version: what an open node's lags could be measured from.
std::string known_roles() {
  return fmt::format(
      "CASE WHEN v.open_nodes <> '{{}}' THEN array_to_string(ARRAY(SELECT DISTINCT r.ns_type::text FROM serial_rows r "
      "WHERE {} AND r.ns_type IN ('customer', 'incoming', 'distribution') AND r.status <> 'disabled'), E'\\x1f') END",
      kOfVersion);
}

std::string version_columns(bool own_policy) {
  std::string columns = "v.zone, v.serial, v.first_seen_ns";
  for (const char* name : {"delta1", "delta2", "delta3_min", "delta3_median", "delta3_p90", "delta3_max", "min_lag",
                           "median_lag", "percentile_90_lag", "max_lag", "avg_lag", "delta3_avg"}) {
    columns += ", " + us(std::string("v.") + name);
  }
  columns += ", v.ns_count, v.ns_expected, v.ns_open, ";
  columns += own_policy ? "d.verdict, d.policy" : "v.verdict, v.policy";
  return columns + ", " + known_roles();
}

std::string node_columns() {
  std::string columns = "n.hostname, n.loc, n.dsc_name, n.ns_type, n.status, n.srcip, n.basis, n.superseded_by";
  for (const char* name : {"received_at", "not_before", "transferred_at", "announced_at", "offered_at", "served_at",
                           "customer_lag", "incoming_lag", "distribution_lag", "clock_error"}) {
    columns += ", " + us(std::string("n.") + name);
  }
  return columns + ", " + listed("n.unknown_references");
}

std::string node_condition(const ReportFilter& filter, Conditions& conditions, std::string_view hostname,
                           std::string_view srcip) {
  if (filter.node.empty()) return "";
  const std::string node = conditions.parameter(filter.node);
  const auto address = decoder::IpAddress::parse(filter.node);
  const std::string spelled = conditions.parameter(address ? address->to_string() : filter.node);
  return fmt::format(" AND ({} = {}::text OR {} = {}::text)", hostname, node, srcip, spelled);
}

// The nodes of v: those that have it, then those that are open.
std::string nodes_of_version(const ReportFilter& filter, Conditions& conditions) {
  constexpr const char* kFields =
      "SELECT r.hostname, r.loc, r.dsc_name, r.ns_type::text, r.status::text, r.srcip, r.basis, r.superseded_by, "
      "r.received_at, r.not_before, r.transferred_at, r.announced_at, r.offered_at, r.served_at, r.customer_lag, "
      "r.incoming_lag, r.distribution_lag, r.clock_error, r.unknown_references FROM serial_rows r WHERE ";
  const std::string live =
      kFields + std::string(kOfVersion) + node_condition(filter, conditions, "r.hostname", "r.srcip");
  const std::string open =
      "SELECT o.hostname, s.loc, s.dsc_name, coalesce(s.ns_type::text, 'secondary'), coalesce(s.status::text, "
      "'production'), coalesce(nullif(s.ip4, ''), s.ip6), 'none', NULL::bigint, NULL::timestamptz, NULL::timestamptz, "
      "NULL::timestamptz, NULL::timestamptz, NULL::timestamptz, NULL::timestamptz, NULL::interval, NULL::interval, "
      "NULL::interval, NULL::interval, NULL::text[] FROM unnest(v.open_nodes) o(hostname) LEFT JOIN nameservers s ON "
      "s.hostname = o.hostname WHERE "
      "true" +
      node_condition(filter, conditions, "o.hostname", "coalesce(nullif(s.ip4, ''), s.ip6)");
  return filter.open_only ? open : live + " UNION ALL " + open;
}

}  // namespace

Query versions_query(const ReportFilter& filter) {
  Conditions conditions = conditions_of(filter);
  if (filter.open_only) conditions.add("v.open_nodes <> '{}'");
  const std::string nodes = nodes_of_version(filter, conditions);
  // All versions, unless rows of some nodes only are wanted.
  const bool some = filter.open_only || !filter.node.empty();
  std::string verdict;
  if (!filter.policy.empty()) {
    verdict = fmt::format(
        "LEFT JOIN verdicts d ON d.zone = v.zone AND d.serial = v.serial AND d.day = v.day AND d.policy = {}::text",
        conditions.parameter(filter.policy));
  }
  constexpr const char* kNames =
      "hostname, loc, dsc_name, ns_type, status, srcip, basis, superseded_by, received_at, not_before, transferred_at, "
      "announced_at, offered_at, served_at, customer_lag, incoming_lag, distribution_lag, clock_error, "
      "unknown_references";
  std::string text = fmt::format(
      "SELECT {}, {} FROM versions v {} {} JOIN LATERAL ({}) n({}) ON true {} ORDER BY v.zone, v.first_seen_ns, "
      "v.serial",
      version_columns(!filter.policy.empty()), node_columns(), verdict, some ? "" : "LEFT", nodes, kNames,
      conditions.text());
  return {std::move(text), std::move(conditions.parameters())};
}

Query transfers_query(const ReportFilter& filter) {
  Conditions conditions;
  if (filter.zone) conditions.add(fmt::format("t.zone = {}::text", conditions.parameter(filter.zone->to_text())));
  if (filter.serial)
    conditions.add(fmt::format("t.serial = {}::bigint", conditions.parameter(std::to_string(filter.serial->value()))));
  if (filter.from)
    conditions.add(fmt::format("t.started_ns >= {}::bigint", conditions.parameter(nanoseconds(*filter.from))));
  if (filter.until)
    conditions.add(fmt::format("t.started_ns < {}::bigint", conditions.parameter(nanoseconds(*filter.until))));
  std::string text =
      "SELECT t.zone, t.server, t.server_port, t.client, t.client_port, t.transport, t.message_id, t.asked, t.got, "
      "t.from_serial, t.serial, t.started_ns, t.ended_ns, t.messages, t.records, t.bytes, t.outcome, t.reason, t.rcode "
      "FROM transfers t " +
      conditions.text() + " ORDER BY t.zone, t.started_ns";
  return {std::move(text), std::move(conditions.parameters())};
}

Query verdicts_query(const ReportFilter& filter) {
  Conditions conditions = conditions_of(filter);
  if (!filter.policy.empty()) conditions.add(fmt::format("d.policy = {}::text", conditions.parameter(filter.policy)));
  std::string text = fmt::format(
      "SELECT d.policy, d.verdict, {}, v.zone, v.serial, v.first_seen_ns, {} FROM versions v JOIN verdicts d ON d.zone "
      "= "
      "v.zone AND d.serial = v.serial AND d.day = v.day {}",
      us("d.figure"), listed(accounts()), conditions.text());
  return {std::move(text), std::move(conditions.parameters())};
}

Query evidence_query(const ReportFilter& filter) {
  Conditions conditions;
  if (filter.zone) conditions.add(fmt::format("v.zone = {}::text", conditions.parameter(filter.zone->to_text())));
  if (filter.from) {
    conditions.add(fmt::format("v.last_evidence_ns >= {}::bigint", conditions.parameter(nanoseconds(*filter.from))));
    const auto day = std::chrono::floor<std::chrono::days>(*filter.from) - kAfter;
    conditions.add(fmt::format("v.day >= {}::date", conditions.parameter(date(day))));
  }
  std::string columns =
      "v.zone, v.serial, v.first_seen_ns, v.last_evidence_ns, (v.day - DATE '1970-01-01'), v.inventory, e.hostname, "
      "e.srcip, e.receptions";
  for (const char* kind : {"announced", "offered", "served", "received"})
    columns += fmt::format(", e.{0}_ns, e.{0}_sensor, e.{0}_error_us", kind);
  columns += ", " + listed("e.lower_ns") + ", " + listed("e.lower_serial");
  std::string text = fmt::format(
      "SELECT {} FROM versions v JOIN evidence e ON e.zone = v.zone AND e.serial = v.serial AND e.day = v.day {} ORDER "
      "BY "
      "v.zone, v.first_seen_ns, v.serial",
      columns, conditions.text());
  return {std::move(text), std::move(conditions.parameters())};
}

Query accounts_query(const ZoneName& zone, Serial serial) {
  return {
      fmt::format("SELECT {} FROM versions v WHERE v.zone = $1::text AND v.serial = $2::bigint", listed(accounts())),
      {zone.to_text(), std::to_string(serial.value())}};
}

}  // namespace zonelag::aggregator
