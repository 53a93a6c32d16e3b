#include "inventory_save.h"

#include <fmt/format.h>

#include <algorithm>

#include "binary.h"

namespace zonelag::aggregator {
namespace {

// Elements of a list in one text field: neither an address nor a zone's text contains a line feed.
std::string joined(const std::vector<std::string>& values) { return fmt::format("{}", fmt::join(values, "\n")); }

std::string text_of(const std::optional<IpAddress>& address) { return address ? address->to_string() : ""; }
std::string text_of(const std::optional<ZoneName>& zone) { return zone ? zone->to_text() : "*"; }

std::string microseconds(Duration duration) { return fmt::format("{} microseconds", duration.count() / 1000); }

// Columns as arrays, one element for each row.
class Columns {
 public:
  explicit Columns(std::size_t columns) : columns_(columns) {}
  void add(std::initializer_list<std::string> fields) {
    std::size_t column = 0;
    for (const std::string& field : fields) columns_[column++].push_back(field);
  }
  std::vector<Parameter> parameters() const {
    std::vector<Parameter> all;
    for (const auto& column : columns_) all.push_back(text_array(column));
    return all;
  }

 private:
  std::vector<std::vector<std::string>> columns_;
};

Columns columns_of(const std::vector<Nameserver>& servers) {
  Columns columns(8);
  for (const Nameserver& server : servers) {
    std::vector<std::string> anycast;
    for (const IpAddress& address : server.anycast) anycast.push_back(address.to_string());
    columns.add({server.hostname, text_of(server.ip4), text_of(server.ip6), joined(anycast), server.loc,
                 server.dsc_name, to_string(server.ns_type), to_string(server.status)});
  }
  return columns;
}

Columns columns_of(const std::vector<CustomerNameserver>& customers) {
  Columns columns(3);
  for (const CustomerNameserver& customer : customers) {
    columns.add({customer.ip.to_string(), text_of(customer.zone), customer.accountname});
  }
  return columns;
}

Columns columns_of(const std::vector<Policy>& policies) {
  Columns columns(7);
  for (const Policy& policy : policies) {
    std::vector<std::string> zones;
    for (const auto& zone : policy.zones) zones.push_back(text_of(zone));
    columns.add({policy.name, joined(zones), policy.account, to_string(policy.lag),
                 fmt::format("{}", policy.percentile), microseconds(policy.limit), microseconds(policy.deadline)});
  }
  return columns;
}

std::optional<std::string> defect(const InventoryRows& rows) {
  for (const Policy& policy : rows.policies) {
    if (policy.limit.count() % 1000 != 0 || policy.deadline.count() % 1000 != 0) {
      return fmt::format("policy '{}': the database keeps whole microseconds only", policy.name);
    }
  }
  auto built = Inventory::build(rows);
  if (!built) return built.error();
  return std::nullopt;
}

template <typename Row, typename Same>
void merge(std::vector<Row>& into, const std::vector<Row>& rows, Same same) {
  for (const Row& row : rows) {
    const auto at = std::ranges::find_if(into, [&](const Row& present) { return same(present, row); });
    if (at != into.end()) {
      *at = row;
    } else {
      into.push_back(row);
    }
  }
}

InventoryRows merged(InventoryRows present, const InventoryRows& rows) {
  merge(present.nameservers, rows.nameservers, [](const auto& a, const auto& b) { return a.hostname == b.hostname; });
  merge(present.customers, rows.customers,
        [](const auto& a, const auto& b) { return a.ip == b.ip && a.zone == b.zone; });
  merge(present.policies, rows.policies, [](const auto& a, const auto& b) { return a.name == b.name; });
  return present;
}

constexpr const char* kNameservers =
    "INSERT INTO tlddns.nameservers AS n (hostname, ip4, ip6, anycast, loc, dsc_name, ns_type, status) SELECT "
    "hostname, "
    "nullif(ip4, ''), nullif(ip6, ''), string_to_array(anycast, E'\\n'), loc, dsc_name, ns_type::nameserver_type, "
    "status::nameserver_status FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) WITH ORDINALITY u(hostname, ip4, ip6, "
    "anycast, loc, "
    "dsc_name, ns_type, status, ord) ORDER BY ord ON CONFLICT (hostname) DO UPDATE SET ip4 = excluded.ip4, ip6 = "
    "excluded.ip6, "
    "anycast = excluded.anycast, loc = excluded.loc, dsc_name = excluded.dsc_name, ns_type = excluded.ns_type, status "
    "= "
    "excluded.status WHERE (n.ip4, n.ip6, n.anycast, n.loc, n.dsc_name, n.ns_type, n.status) IS DISTINCT FROM "
    "(excluded.ip4, "
    "excluded.ip6, excluded.anycast, excluded.loc, excluded.dsc_name, excluded.ns_type, excluded.status) RETURNING "
    "xmax = 0";
constexpr const char* kCustomers =
    "INSERT INTO tlddns.customer_nameservers AS c (ip, zone, accountname) SELECT ip, zone, account FROM unnest($1, $2, "
    "$3) WITH "
    "ORDINALITY u(ip, zone, account, ord) ORDER BY ord ON CONFLICT (ip, zone) DO UPDATE SET accountname = "
    "excluded.accountname "
    "WHERE c.accountname <> excluded.accountname RETURNING xmax = 0";
constexpr const char* kPolicies =
    "INSERT INTO tlddns.policies AS p (position, name, zones, account, lag, percentile, \"limit\", deadline) SELECT "
    "ord + "
    "(SELECT coalesce(max(position), 0) FROM tlddns.policies), name, string_to_array(zones, E'\\n'), nullif(account, "
    "''), lag, percentile::float8, allowed::interval, deadline::interval FROM unnest($1, $2, $3, $4, $5, $6, $7) WITH "
    "ORDINALITY u(name, zones, account, lag, percentile, allowed, deadline, ord) ORDER BY ord ON CONFLICT (name) DO "
    "UPDATE SET zones = excluded.zones, account = excluded.account, lag = excluded.lag, percentile = "
    "excluded.percentile, \"limit\" = excluded.\"limit\", deadline = excluded.deadline WHERE (p.zones, p.account, "
    "p.lag, "
    "p.percentile, p.\"limit\", p.deadline) IS DISTINCT FROM (excluded.zones, excluded.account, excluded.lag, "
    "excluded.percentile, excluded.\"limit\", excluded.deadline) RETURNING xmax = 0";

// What others have now and shall not keep must be free before anybody gets it.
std::vector<Statement> clearing(const InventoryRows& rows, InventoryMode mode) {
  const std::vector<Parameter> servers = columns_of(rows.nameservers).parameters();
  const std::vector<Parameter> customers = columns_of(rows.customers).parameters();
  std::vector<Statement> statements;
  if (mode == InventoryMode::replace) {
    statements.push_back({"DELETE FROM tlddns.nameservers WHERE hostname <> ALL ($1)", {servers[0]}});
    statements.push_back(
        {"DELETE FROM tlddns.customer_nameservers c WHERE NOT EXISTS (SELECT FROM unnest($1, $2) u(ip, zone) WHERE "
         "u.ip = c.ip AND u.zone = c.zone)",
         {customers[0], customers[1]}});
    statements.push_back(
        {"DELETE FROM tlddns.policies WHERE name <> ALL ($1)", {columns_of(rows.policies).parameters()[0]}});
  }
  statements.push_back(
      {"UPDATE tlddns.nameservers n SET ip4 = NULL, ip6 = NULL FROM unnest($1, $2, $3) u(hostname, ip4, ip6) WHERE "
       "n.hostname = u.hostname AND (n.ip4, n.ip6) IS DISTINCT FROM (nullif(u.ip4, ''), nullif(u.ip6, ''))",
       {servers[0], servers[1], servers[2]}});
  return statements;
}

Stored<InventorySaved> save(Connection& connection, const InventoryRows& rows, InventoryMode mode) {
  auto locked = connection.script(
      "LOCK TABLE tlddns.nameservers, tlddns.customer_nameservers, tlddns.policies IN SHARE ROW EXCLUSIVE MODE");
  if (!locked) return std::unexpected(locked.error());
  InventoryRows outcome = rows;
  if (mode == InventoryMode::merge) {
    auto present = load_inventory_rows(connection);
    if (!present) return std::unexpected(present.error());
    outcome = merged(std::move(*present), rows);
  }
  if (const auto wrong = defect(outcome))
    return std::unexpected(StoreError{StoreFault::broken, "inventory: " + *wrong});
  std::vector<Statement> statements = clearing(rows, mode);
  const std::size_t cleared = statements.size();
  statements.push_back({kNameservers, columns_of(rows.nameservers).parameters(), Format::binary});
  statements.push_back({kCustomers, columns_of(rows.customers).parameters(), Format::binary});
  statements.push_back({kPolicies, columns_of(rows.policies).parameters(), Format::binary});
  if (mode == InventoryMode::replace) {
    statements.push_back(
        {"UPDATE tlddns.policies p SET position = u.ord FROM unnest($1) WITH ORDINALITY u(name, ord) WHERE p.name = "
         "u.name AND p.position <> u.ord",
         {columns_of(rows.policies).parameters()[0]}});
  }
  auto done = connection.pipeline(statements);
  if (!done) return std::unexpected(done.error());
  InventorySaved saved;
  for (std::size_t i = 0; i + 1 < cleared; ++i) saved.deleted += (*done)[i].affected();
  for (std::size_t i = cleared; i < cleared + 3; ++i) {
    const Rows& changed = (*done)[i];
    for (std::size_t row = 0; row < changed.size(); ++row)
      ++(read_bool(changed.at(row, 0)) ? saved.inserted : saved.updated);
  }
  if (auto committed = connection.commit(); !committed) return std::unexpected(committed.error());
  return saved;
}

}  // namespace

Stored<InventorySaved> save_inventory_rows(Connection& connection, const InventoryRows& rows, InventoryMode mode) {
  if (auto begun = connection.begin(); !begun) return std::unexpected(begun.error());
  auto saved = save(connection, rows, mode);
  if (!saved) connection.rollback();
  return saved;
}

}  // namespace zonelag::aggregator
