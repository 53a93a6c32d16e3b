#include "aggregator/store/inventory_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "binary.h"
#include "inventory_save.h"

namespace zonelag::aggregator {
namespace {

std::optional<Role> parse_role(std::string_view text) {
  for (const Role role : {Role::customer, Role::incoming, Role::distribution, Role::secondary}) {
    if (text == to_string(role)) return role;
  }
  return std::nullopt;
}

std::optional<NodeStatus> parse_status(std::string_view text) {
  for (const NodeStatus status : {NodeStatus::production, NodeStatus::maintenance, NodeStatus::disabled}) {
    if (text == to_string(status)) return status;
  }
  return std::nullopt;
}

// A table's row, for errors that name it.
class RowReader {
 public:
  RowReader(const Connection& connection, const char* table, const Rows& rows, std::size_t row)
      : connection_(connection), table_(table), rows_(rows), row_(row) {}

  std::string_view text(std::size_t column) const { return rows_.at(row_, column); }
  std::uint32_t id() const { return static_cast<std::uint32_t>(read_int(text(0))); }
  std::unexpected<StoreError> wrong(std::size_t column, std::string_view what) const {
    return std::unexpected(
        StoreError{StoreFault::broken, fmt::format("{}: table {}, row with id {}: {} {}", connection_.place(), table_,
                                                   id(), rows_.column(column), what)});
  }
  // Empty text: none.
  Stored<std::optional<IpAddress>> address(std::size_t column) const {
    if (text(column).empty()) return std::nullopt;
    const auto address = IpAddress::parse(text(column));
    if (!address) return wrong(column, fmt::format("'{}' is no address", text(column)));
    return address;
  }

 private:
  const Connection& connection_;
  const char* table_;
  const Rows& rows_;
  std::size_t row_;
};

Stored<Nameserver> read_nameserver(const RowReader& row) {
  Nameserver server;
  server.id = row.id();
  server.hostname = row.text(1);
  auto ip4 = row.address(2);
  if (!ip4) return std::unexpected(ip4.error());
  auto ip6 = row.address(3);
  if (!ip6) return std::unexpected(ip6.error());
  server.ip4 = *ip4;
  server.ip6 = *ip6;
  for (const std::string& text : read_text_array(row.text(4))) {
    const auto address = IpAddress::parse(text);
    if (!address) return row.wrong(4, fmt::format("'{}' is no address", text));
    server.anycast.push_back(*address);
  }
  server.loc = row.text(5);
  server.dsc_name = row.text(6);
  const auto role = parse_role(row.text(7));
  if (!role) return row.wrong(7, fmt::format("'{}' is no role", row.text(7)));
  const auto status = parse_status(row.text(8));
  if (!status) return row.wrong(8, fmt::format("'{}' is no status", row.text(8)));
  server.ns_type = *role;
  server.status = *status;
  return server;
}

Stored<CustomerNameserver> read_customer(const RowReader& row) {
  CustomerNameserver customer;
  customer.id = row.id();
  auto ip = row.address(1);
  if (!ip) return std::unexpected(ip.error());
  if (!*ip) return row.wrong(1, "is missing");
  customer.ip = **ip;
  if (row.text(2) != "*") {
    customer.zone = ZoneName::parse(row.text(2));
    if (!customer.zone) return row.wrong(2, fmt::format("'{}' is no zone name", row.text(2)));
  }
  customer.accountname = row.text(3);
  return customer;
}

Stored<Policy> read_policy(const RowReader& row) {
  Policy policy;
  policy.name = row.text(1);
  policy.zones.clear();
  for (const std::string& text : read_text_array(row.text(2))) {
    const auto zone = text == "*" ? std::nullopt : ZoneName::parse(text);
    if (text != "*" && !zone) return row.wrong(2, fmt::format("'{}' is no zone name", text));
    policy.zones.emplace_back(zone);
  }
  policy.account = row.text(3);
  policy.id = row.id();
  policy.lag = parse_lag_kind(row.text(4)).value_or(LagKind::incoming_lag);
  std::from_chars(row.text(5).data(), row.text(5).data() + row.text(5).size(), policy.percentile);
  const auto limit = read_interval(row.text(6));
  if (!limit) return row.wrong(6, "has months, which are not of one length");
  const auto deadline = read_interval(row.text(7));
  if (!deadline) return row.wrong(7, "has months, which are not of one length");
  policy.limit = *limit;
  policy.deadline = *deadline;
  return policy;
}

}  // namespace

// Binary, but for what is small and has no simple binary form.
Stored<std::vector<Rows>> read_inventory_tables(Connection& connection) {
  const Statement reads[] = {
      {"SELECT id, hostname, coalesce(ip4, '') AS ip4, coalesce(ip6, '') AS ip6, anycast, loc, dsc_name, "
       "ns_type::text, status::text FROM tlddns.nameservers ORDER BY id",
       {},
       Format::binary},
      {"SELECT id, coalesce(ip, '') AS ip, zone, accountname FROM tlddns.customer_nameservers ORDER BY id",
       {},
       Format::binary},
      {"SELECT id, name, zones, coalesce(account, ''), lag, percentile::text, \"limit\", deadline FROM tlddns.policies "
       "ORDER BY position, id",
       {},
       Format::binary}};
  return connection.pipeline(reads);
}

Stored<InventoryRows> parse_inventory_tables(const Connection& connection, const std::vector<Rows>& tables) {
  InventoryRows all;
  for (std::size_t row = 0; row < tables[0].size(); ++row) {
    auto server = read_nameserver(RowReader(connection, "nameservers", tables[0], row));
    if (!server) return std::unexpected(server.error());
    all.nameservers.push_back(std::move(*server));
  }
  for (std::size_t row = 0; row < tables[1].size(); ++row) {
    auto customer = read_customer(RowReader(connection, "customer_nameservers", tables[1], row));
    if (!customer) return std::unexpected(customer.error());
    all.customers.push_back(std::move(*customer));
  }
  for (std::size_t row = 0; row < tables[2].size(); ++row) {
    const RowReader reader(connection, "policies", tables[2], row);
    auto policy = read_policy(reader);
    if (!policy) return std::unexpected(policy.error());
    all.policies.push_back(std::move(*policy));
  }
  return all;
}

Stored<InventoryRows> load_inventory_rows(Connection& connection) {
  const bool own = !connection.in_transaction();
  if (own) {
    if (auto begun = connection.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"); !begun) {
      return std::unexpected(begun.error());
    }
  }
  auto tables = read_inventory_tables(connection);
  if (own) connection.rollback();
  if (!tables) return std::unexpected(tables.error());
  return parse_inventory_tables(connection, *tables);
}

Stored<std::vector<ServiceChange>> load_services(Connection& connection) {
  auto rows =
      connection.execute(Statement{"SELECT hostname, at_ns, announced FROM tlddns.service_changes "
                                   "ORDER BY hostname, at_ns, announced",
                                   {},
                                   Format::binary});
  if (!rows) return std::unexpected(rows.error());
  std::vector<ServiceChange> changes;
  for (std::size_t row = 0; row < rows->size(); ++row) {
    changes.push_back(
        {std::string(rows->at(row, 0)), timestamp_of(read_int(rows->at(row, 1))), read_bool(rows->at(row, 2))});
  }
  return changes;
}

}  // namespace zonelag::aggregator
