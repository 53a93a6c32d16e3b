// What the database holds, read back as rows: for reports, never for the service itself. All of one ReportStore is read
// in one transaction, so what it gives is of one moment; rows come in pieces, whatever their number.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aggregator/changes.h"
#include "aggregator/compliance.h"
#include "aggregator/exchange_rows.h"
#include "aggregator/inventory.h"
#include "aggregator/store/postgres.h"

namespace zonelag::aggregator {

// Which versions, and which of their nodes; what is empty does not matter.
struct ReportFilter {
  std::optional<ZoneName> zone;
  std::optional<Serial> serial;
  std::optional<Timestamp> from;   // of first_seen
  std::optional<Timestamp> until;  // of first_seen, exclusive
  std::string node;                // hostname or address
  std::string account;             // versions that are this customer's, see JudgedRow
  bool open_only = false;          // open nodes, and versions that have one
  std::string policy;              // verdicts of this one, in place of the first that applies
};

struct Candidate {
  std::string srcip;
  bool foreign_customer = false;
  std::uint64_t evidence = 0;  // (zone, serial) pairs
  Timestamp first_seen;
  Timestamp last_seen;
  std::string last_zone;
};

struct SensorReport {
  std::string name;
  std::string node;
  std::string version;
  std::optional<Timestamp> last_seen;  // empty: no heartbeat of it was ever heard
  std::uint64_t dropped = 0;           // packets since its start
  std::optional<Duration> clock_error;
  std::vector<BlindTime> blind;  // by their beginning
};

// A version's verdict under one policy, and whose it is.
struct JudgedRow {
  std::string policy;
  std::vector<std::string> accounts;  // to which the inventory gives the zone; else whose servers announced the version
  JudgedVersion version;
};

// False: no more is wanted.
template <typename Row>
using Take = std::function<bool(Row&&)>;

// One row for each transfer, however many sensors saw it. The store that gave it must outlive it.
class TransferReader {
 public:
  ~TransferReader();
  TransferReader(TransferReader&&) noexcept;
  // All of one zone, by their beginning; zones as text in order. Empty: the end.
  Stored<std::vector<TransferRow>> next_zone();

 private:
  friend class ReportStore;
  class Impl;
  explicit TransferReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class ReportStore {
 public:
  // Connects, and begins the transaction.
  static Stored<ReportStore> open(const DatabaseConfig& config);
  ~ReportStore();
  ReportStore(ReportStore&&) noexcept;

  // By zone as text, then first_seen; nodes in their order, open ones among them.
  Stored<void> for_each_version(const ReportFilter& filter, const Take<VersionRow>& take);
  // Of the filter, zone, serial and times (of the beginning) count.
  Stored<TransferReader> transfers(const ReportFilter& filter);
  // Of each version, every policy's verdict (of filter.policy only, if given). No order.
  Stored<void> for_each_verdict(const ReportFilter& filter, const Take<JudgedRow>& take);
  // All evidence of each zone that may concern versions first seen since filter.from: what a recomputation of them
  // rests on. Zones as text in order. Of the filter, zone and from count.
  Stored<void> for_each_zone(const ReportFilter& filter, const Take<StoredZone>& take);

  Stored<std::vector<Candidate>> candidates();              // most evidence first
  Stored<std::vector<SensorReport>> sensors();              // by name
  Stored<bool> has_verdicts_of(const std::string& policy);  // it judges by it, or did once
  // Accounts of a version as for_each_verdict gives them.
  Stored<std::vector<std::string>> accounts_of(const ZoneName& zone, Serial serial);
  Stored<InventoryRows> inventory();
  Stored<std::vector<ServiceChange>> services();
  // The latest event time of all partitions: up to which verdicts hold.
  Stored<std::optional<Timestamp>> latest();

  // Rows of an older installation that no version or name of today fits; passed over.
  std::uint64_t unreadable() const;

 private:
  class Impl;
  explicit ReportStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace zonelag::aggregator
