#include "runner_metrics.h"

namespace zonelag::aggregator {
namespace {

using Figures = RunnerFigures;
using Family = service::MetricFamily<Figures>;
using Families = std::vector<Family>;
using Row = service::MetricRow<Figures>;
constexpr auto kCounter = service::MetricKind::counter;
constexpr auto kGauge = service::MetricKind::gauge;

template <auto member>
std::uint64_t count(const Figures& figures) {
  return static_cast<std::uint64_t>(figures.*member);
}
template <auto member>
std::uint64_t ledger(const Figures& figures) {
  return figures.ledger.*member;
}
template <auto member>
std::uint64_t join(const Figures& figures) {
  return figures.ledger.join.*member;
}
template <auto text>
std::uint64_t is_good(const Figures& figures) {
  return (figures.*text).empty() ? 1 : 0;
}

Row row(service::MetricCount<Figures> read, const char* label = "") { return {.label_value = label, .read = read}; }

Families event_families() {
  return {
      {"zonelag_aggregator_events_total",
       kCounter,
       "Events whose consequences are committed.",
       "",
       {row(count<&Figures::events>)}},
      {"zonelag_aggregator_evidence_total",
       kCounter,
       "Facts about a node and a version that events told, those told before included.",
       "",
       {row(join<&JoinCounters::evidence>)}},
      {"zonelag_aggregator_events_without_evidence_total",
       kCounter,
       "Events that tell of no node's version: answers to NOTIFY, transfers that failed, heartbeats.",
       "",
       {row(join<&JoinCounters::no_evidence>)}},
      {"zonelag_aggregator_repeated_events_total",
       kCounter,
       "Events that had been seen before, by their sensor's sequence numbers: of a spool, or read again after a "
       "failure.",
       "",
       {row(ledger<&LedgerCounters::repeated>)}},
      {"zonelag_aggregator_strays_total",
       kCounter,
       "Events found in a partition that is not their zone's, and sent home: the topic has grown.",
       "",
       {row(count<&Figures::strays>)}},
      {"zonelag_aggregator_skipped_records_total",
       kCounter,
       "Records that were gone from the topic before they were read. Anything but 0 is data lost.",
       "",
       {row(count<&Figures::skipped>)}},
      {"zonelag_aggregator_unattributed_events_total",
       kCounter,
       "Events of an address that names no node: not in the inventory (unknown_source), a customer's that announced a "
       "zone not its own (foreign_customer), or shared by several nodes (anycast).",
       "reason",
       {row(join<&JoinCounters::unknown_source>, "unknown_source"),
        row(join<&JoinCounters::foreign_customer>, "foreign_customer"),
        row(join<&JoinCounters::anycast_unattributed>, "anycast")}},
  };
}

Families progress_families() {
  return {
      {"zonelag_aggregator_partitions",
       kGauge,
       "Partitions of the topic that Kafka has given to this process.",
       "",
       {row(count<&Figures::partitions>)}},
      {"zonelag_aggregator_topic_partitions",
       kGauge,
       "Partitions that the topic has.",
       "",
       {row(count<&Figures::layout>)}},
      {"zonelag_aggregator_backlog_records",
       kGauge,
       "Records between what was read and the end of the partitions held: the consumer's lag.",
       "",
       {row(count<&Figures::backlog>)}},
      {"zonelag_aggregator_event_age_seconds",
       kGauge,
       "How far the latest event of all partitions that is committed lies behind the clock. Heartbeats keep it low "
       "while "
       "sensors live.",
       "",
       {Row{.read = [](const Figures& figures) { return figures.event_age; }}}},
      {"zonelag_aggregator_transactions_total",
       kCounter,
       "Transactions committed.",
       "",
       {row(count<&Figures::transactions>)}},
      {"zonelag_aggregator_rollbacks_total",
       kCounter,
       "Times that the state was thrown away and read again from the database, after whatever failed.",
       "",
       {row(count<&Figures::rollbacks>)}},
      {"zonelag_aggregator_fences_total",
       kCounter,
       "Transactions refused since another process holds the partition, or since the topic grew.",
       "",
       {row(count<&Figures::fences>)}},
      {"zonelag_aggregator_rebalances_total",
       kCounter,
       "Partitions given to this process, given away, or lost (calls for the first two, partitions for the last).",
       "kind",
       {row(count<&Figures::assignments>, "assigned"), row(count<&Figures::revocations>, "revoked"),
        row(count<&Figures::lost>, "lost")}},
      {"zonelag_aggregator_outbox_messages",
       kGauge,
       "Messages committed and not yet acknowledged by Kafka.",
       "",
       {row(count<&Figures::outbox>)}},
      {"zonelag_aggregator_inventories_total",
       kCounter,
       "Times that another inventory was read from the database.",
       "",
       {row(count<&Figures::inventories>)}},
      {"zonelag_aggregator_inventory_good",
       kGauge,
       "0 while the inventory in the database contradicts itself: an older one is used, or none.",
       "",
       {row(is_good<&Figures::inventory>)}},
      {"zonelag_aggregator_upkeep_good",
       kGauge,
       "0 while partitions of tables can't be made for the days ahead, or dropped after retention.",
       "",
       {row(is_good<&Figures::upkeep>)}},
  };
}

Families memory_families() {
  return {
      {"zonelag_aggregator_versions", kGauge, "Versions in memory.", "", {row(count<&Figures::versions>)}},
      {"zonelag_aggregator_zones", kGauge, "Zones in memory.", "", {row(count<&Figures::zones>)}},
      {"zonelag_aggregator_pairs", kGauge, "Pairs of version and node in memory.", "", {row(count<&Figures::pairs>)}},
      {"zonelag_aggregator_memory_bytes", kGauge, "Memory of all these.", "", {row(count<&Figures::memory>)}},
      {"zonelag_aggregator_versions_total",
       kCounter,
       "Versions that came into memory from the database (restored), left it (closed), or came back since late "
       "evidence was found (reopened).",
       "what",
       {row(ledger<&LedgerCounters::restored_versions>, "restored"),
        row(ledger<&LedgerCounters::closed_versions>, "closed"),
        row(ledger<&LedgerCounters::reopened_versions>, "reopened")}},
      {"zonelag_aggregator_rows_unchanged_total",
       kCounter,
       "Rows that were computed again and were what the database has.",
       "",
       {row(ledger<&LedgerCounters::rows_unchanged>)}},
      {"zonelag_aggregator_evictions_total",
       kCounter,
       "What a limit pushed out of memory.",
       "what",
       {row(join<&JoinCounters::versions_evicted>, "versions"), row(join<&JoinCounters::zones_evicted>, "zones"),
        row(join<&JoinCounters::sources_evicted>, "sources"),
        row(join<&JoinCounters::unknown_rows_evicted>, "unknown_rows"),
        row(join<&JoinCounters::sensors_over_limit>, "sensors")}},
  };
}

}  // namespace

const Families& runner_families() {
  static const Families kFamilies = [] {
    Families all = event_families();
    for (const Families& more : {progress_families(), memory_families()}) {
      all.insert(all.end(), more.begin(), more.end());
    }
    return all;
  }();
  return kFamilies;
}

}  // namespace zonelag::aggregator
