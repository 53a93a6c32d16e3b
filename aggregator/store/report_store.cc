#include "aggregator/store/report_store.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "aggregator/row_order.h"
#include "aggregator/store/inventory_store.h"
#include "read_session.h"
#include "report_rows.h"
#include "report_sql.h"
#include "report_store_impl.h"

namespace zonelag::aggregator {
namespace {

constexpr std::array kReferenceRoles{Role::customer, Role::incoming, Role::distribution};

bool contains(const std::vector<Role>& roles, Role role) { return std::ranges::find(roles, role) != roles.end(); }

Blindness blindness_of(std::string_view text) {
  for (const Blindness kind : {Blindness::dropped_packets, Blindness::lost_events}) {
    if (text == to_string(kind)) return kind;
  }
  return Blindness::silent;
}

// Puts the rows of one version after the other together.
class VersionBuilder {
 public:
  VersionBuilder(std::vector<Role> existing, const Take<VersionRow>& take)
      : existing_(std::move(existing)), take_(take) {}

  bool add(VersionFields&& fields) {
    const bool same = version_ && version_->serial == fields.version.serial && version_->zone == fields.version.zone;
    if (!same && !finish()) return false;
    if (!same) version_ = std::move(fields.version);
    if (!fields.node) return true;
    if (!fields.node->live_at) fields.node->unknown_references = unknown_references(fields.known_roles);
    version_->nodes.push_back(*std::move(fields.node));
    return true;
  }
  bool finish() {
    if (!version_) return true;
    sort_nodes(version_->nodes);
    return take_(*std::exchange(version_, std::nullopt));
  }

 private:
  // An open node is a secondary: every reference applies that the fleet has a node for, and a customer's always.
  std::vector<Role> unknown_references(const std::vector<Role>& known) const {
    std::vector<Role> unknown;
    for (const Role role : kReferenceRoles) {
      const bool applies = role == Role::customer || contains(existing_, role);
      if (applies && !contains(known, role)) unknown.push_back(role);
    }
    return unknown;
  }

  std::vector<Role> existing_;
  const Take<VersionRow>& take_;
  std::optional<VersionRow> version_;
};

class ZoneBuilder {
 public:
  explicit ZoneBuilder(const Take<StoredZone>& take) : take_(take) {}

  bool add(EvidenceFields&& fields) {
    if (!zone_ || zone_->zone != fields.row.zone) {
      if (!finish()) return false;
      zone_.emplace();
      zone_->zone = fields.row.zone;
    }
    auto& versions = zone_->versions;
    if (versions.empty() || versions.back().serial != fields.version.serial)
      versions.push_back(std::move(fields.version));
    versions.back().evidence.push_back(std::move(fields.row));
    return true;
  }
  bool finish() { return !zone_ || take_(*std::exchange(zone_, std::nullopt)); }

 private:
  const Take<StoredZone>& take_;
  std::optional<StoredZone> zone_;
};

}  // namespace

class ReportStore::Impl {
 public:
  explicit Impl(ReadSession&& opened) : session(std::move(opened)) {}

  // Rows of `query` through `read` to `add`; `finish` after the last.
  template <typename Builder>
  Stored<void> build(const Query& query, const auto& read, Builder& builder) {
    bool wanted = true;
    const auto done = session.each(query.text, query.parameters, [&](Fields& fields) {
      auto row = read(fields);
      if (!row) ++unreadable;
      wanted = !row || builder.add(*std::move(row));
      return wanted;
    });
    if (done && wanted) builder.finish();
    return done;
  }

  // Roles that some nameserver has that is not disabled.
  Stored<std::vector<Role>> existing_roles();
  Stored<SensorNamesById> sensor_names();

  ReadSession session;
  std::uint64_t unreadable = 0;
};

Stored<std::vector<Role>> ReportStore::Impl::existing_roles() {
  std::vector<Role> roles;
  const auto done = session.each("SELECT DISTINCT ns_type::text FROM nameservers WHERE status <> 'disabled'", {},
                                 [&](Fields& fields) {
                                   const std::string_view name = fields.text();
                                   for (const Role role : kReferenceRoles) {
                                     if (name == to_string(role)) roles.push_back(role);
                                   }
                                   return true;
                                 });
  if (!done) return std::unexpected(done.error());
  return roles;
}

Stored<SensorNamesById> ReportStore::Impl::sensor_names() {
  SensorNamesById names;
  const auto done = session.each("SELECT id, name FROM sensors", {}, [&](Fields& fields) {
    const std::int64_t id = fields.number_or(-1);
    names[id] = fields.text();
    return true;
  });
  if (!done) return std::unexpected(done.error());
  return names;
}

Stored<ReportStore> ReportStore::open(const DatabaseConfig& config) {
  auto session = ReadSession::open(config);
  if (!session) return std::unexpected(session.error());
  return ReportStore(std::make_unique<Impl>(*std::move(session)));
}

ReportStore::ReportStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ReportStore::~ReportStore() = default;
ReportStore::ReportStore(ReportStore&&) noexcept = default;

Stored<void> ReportStore::for_each_version(const ReportFilter& filter, const Take<VersionRow>& take) {
  const auto existing = impl_->existing_roles();
  if (!existing) return std::unexpected(existing.error());
  VersionBuilder builder(*existing, take);
  return impl_->build(versions_query(filter), read_version, builder);
}

Stored<TransferReader> ReportStore::transfers(const ReportFilter& filter) {
  const Query query = transfers_query(filter);
  auto cursor = impl_->session.query(query.text, query.parameters);
  if (!cursor) return std::unexpected(cursor.error());
  return TransferReader(std::make_unique<TransferReader::Impl>(*std::move(cursor), impl_->unreadable));
}

Stored<void> ReportStore::for_each_verdict(const ReportFilter& filter, const Take<JudgedRow>& take) {
  const Query query = verdicts_query(filter);
  return impl_->session.each(query.text, query.parameters, [&](Fields& fields) {
    auto row = read_verdict(fields);
    if (!row) ++impl_->unreadable;
    return !row || take(*std::move(row));
  });
}

Stored<void> ReportStore::for_each_zone(const ReportFilter& filter, const Take<StoredZone>& take) {
  const auto names = impl_->sensor_names();
  if (!names) return std::unexpected(names.error());
  ZoneBuilder builder(take);
  return impl_->build(evidence_query(filter), [&](Fields& fields) { return read_evidence(fields, *names); }, builder);
}

Stored<std::vector<std::string>> ReportStore::accounts_of(const ZoneName& zone, Serial serial) {
  std::vector<std::string> accounts;
  const Query query = accounts_query(zone, serial);
  const auto done = impl_->session.each(query.text, query.parameters, [&](Fields& fields) {
    accounts = fields.list();
    return false;
  });
  if (!done) return std::unexpected(done.error());
  return accounts;
}

Stored<std::vector<Candidate>> ReportStore::candidates() {
  std::vector<Candidate> rows;
  const auto done = impl_->session.each(
      "SELECT srcip, foreign_customer, evidence, first_seen_ns, last_seen_ns, last_zone FROM candidates ORDER BY "
      "evidence DESC, srcip, foreign_customer",
      {}, [&](Fields& fields) {
        Candidate& row = rows.emplace_back();
        row.srcip = fields.text();
        row.foreign_customer = fields.boolean();
        row.evidence = static_cast<std::uint64_t>(fields.number_or(0));
        row.first_seen = fields.time_ns().value_or(Timestamp::min());
        row.last_seen = fields.time_ns().value_or(Timestamp::min());
        row.last_zone = fields.text();
        return true;
      });
  if (!done) return std::unexpected(done.error());
  return rows;
}

Stored<std::vector<SensorReport>> ReportStore::sensors() {
  std::map<std::int64_t, SensorReport> by_id;
  auto done = impl_->session.each(
      "SELECT id, name, node, version, last_seen_ns, dropped, " + us("clock_error") + " FROM sensors", {},
      [&](Fields& fields) {
        SensorReport& row = by_id[fields.number_or(-1)];
        row.name = fields.text();
        row.node = fields.text();
        row.version = fields.text();
        row.last_seen = fields.time_ns();
        row.dropped = static_cast<std::uint64_t>(fields.number_or(0));
        row.clock_error = fields.duration_us();
        return true;
      });
  if (!done) return std::unexpected(done.error());
  done = impl_->session.each(
      "SELECT sensor, kind, boot_id, from_ns, until_ns, lost FROM sensor_blind_times ORDER BY from_ns", {},
      [&](Fields& fields) {
        SensorReport& sensor = by_id[fields.number_or(-1)];
        const Blindness kind = blindness_of(fields.text());
        const auto boot = static_cast<std::uint64_t>(fields.number_or(0));
        const auto from = fields.time_ns();
        const auto until = fields.time_ns();
        const auto lost = static_cast<std::uint64_t>(fields.number_or(0));
        if (from && until) sensor.blind.push_back({sensor.name, boot, *from, *until, kind, lost});
        return true;
      });
  if (!done) return std::unexpected(done.error());
  std::vector<SensorReport> rows;
  for (auto& [id, row] : by_id) rows.push_back(std::move(row));
  std::ranges::sort(rows, {}, &SensorReport::name);
  return rows;
}

Stored<bool> ReportStore::has_verdicts_of(const std::string& policy) {
  bool has = false;
  const auto done = impl_->session.each(
      "SELECT EXISTS (SELECT FROM policies WHERE name = $1::text) OR EXISTS (SELECT FROM verdicts WHERE policy = "
      "$1::text)",
      {policy}, [&](Fields& fields) {
        has = fields.boolean();
        return false;
      });
  if (!done) return std::unexpected(done.error());
  return has;
}

Stored<InventoryRows> ReportStore::inventory() { return load_inventory_rows(impl_->session.connection()); }

Stored<std::vector<ServiceChange>> ReportStore::services() { return load_services(impl_->session.connection()); }

Stored<std::optional<Timestamp>> ReportStore::latest() {
  std::optional<Timestamp> latest;
  const auto done = impl_->session.each("SELECT max(latest_ns) FROM kafka_offsets", {}, [&](Fields& fields) {
    latest = fields.time_ns();
    return false;
  });
  if (!done) return std::unexpected(done.error());
  return latest;
}

std::uint64_t ReportStore::unreadable() const { return impl_->unreadable; }

}  // namespace zonelag::aggregator
