#include "python_tool.h"

#include <fmt/format.h>

namespace zonelag::aggregator {
namespace {

struct Column {
  const char* name;
  const char* type;
};

constexpr const char* kEmpty = "";

// Tables by their columns; keys and indexes as they are there.
struct Table {
  const char* name;
  std::vector<Column> columns;
  const char* constraints = kEmpty;
  std::vector<const char*> indexes = {};
};

std::vector<Table> tables() {
  return {{"serials",
           {{"id", "bigserial PRIMARY KEY"},
            {"srcip", "text"},
            {"zone", "text NOT NULL"},
            {"received_at", "timestamp NOT NULL DEFAULT now()"},
            {"serial", "bigint NOT NULL"},
            {"hostname", "text"},
            {"loc", "text"},
            {"dsc_name", "text"},
            {"ns_type", "nameserver_type"},
            {"distribution_lag", "interval"},
            {"incoming_lag", "interval"},
            {"customer_lag", "interval"}},
           ", UNIQUE (srcip, zone, serial)",
           {"serial", "srcip", "zone", "hostname", "loc", "dsc_name", "ns_type", "zone, received_at"}},
          {"nameservers",
           {{"id", "serial PRIMARY KEY"},
            {"ip4", "text UNIQUE"},
            {"ip6", "text UNIQUE"},
            {"hostname", "text NOT NULL UNIQUE"},
            {"loc", "text NOT NULL"},
            {"dsc_name", "text NOT NULL"},
            {"ns_type", "nameserver_type NOT NULL"},
            {"status", "nameserver_status NOT NULL"}},
           kEmpty,
           {"ip4", "ip6", "ns_type"}},
          {"customer_nameservers",
           {{"id", "serial PRIMARY KEY"}, {"ip", "text"}, {"zone", "text NOT NULL"}, {"accountname", "text NOT NULL"}},
           kEmpty,
           {"ip", "zone"}},
          {"slas",
           {{"id", "integer NOT NULL"},
            {"zone", "text"},
            {"serial", "bigint"},
            {"min_lag", "interval"},
            {"max_lag", "interval"},
            {"avg_lag", "interval"},
            {"median_lag", "interval"},
            {"percentile_90_lag", "interval"},
            {"ns_count", "integer"},
            {"calculated_at", "timestamptz"}},
           kEmpty,
           {"calculated_at"}}};
}

constexpr const char* kServers =
    "INSERT INTO tlddns.nameservers (ip4, ip6, hostname, loc, dsc_name, ns_type, status) VALUES "
    "('10.0.0.1', '2001:db8::1', 'in1', 'vie', 'Vienna in', 'incoming', 'production'), "
    "('10.0.0.2', NULL, 'dist1', 'vie', 'Vienna out', 'distribution', 'production'), "
    "('10.0.0.3', '2001:db8::3', 'mad1', 'mad', 'Madrid', 'secondary', 'production'), "
    "(NULL, '2001:db8::4', 'mad2', 'mad', 'Madrid', 'secondary', 'maintenance'), "
    "('10.0.0.5', NULL, 'tst1', 'tst', 'Test 1', 'secondary', 'production');"
    "INSERT INTO tlddns.customer_nameservers (ip, zone, accountname) VALUES ('203.0.113.10', 'at', 'nic'), "
    "('203.0.113.10', 'co.at', 'nic'), ('203.0.113.11', 'at', 'other'), ('203.0.113.10', 'at', 'nic');";

// zone, serial, then for each row: srcip, hostname, loc, dsc_name, role, received_at, customer, incoming, distribution
// lag.
constexpr const char* kRows =
    "INSERT INTO tlddns.serials (srcip, zone, serial, received_at, hostname, loc, dsc_name, ns_type, customer_lag, "
    "incoming_lag, distribution_lag) VALUES "
    "('203.0.113.10', 'at', 2026111901, '2026-11-19 00:30:00.5', 'nic', '', '203.0.113.10', 'customer', '0', '0', "
    "'0'), "
    "('10.0.0.1', 'at', 2026111901, '2026-11-19 00:30:02', 'in1', 'vie', 'Vienna in', 'incoming', '1.5 s', '0', '0'), "
    "('10.0.0.2', 'at', 2026111901, '2026-11-19 00:30:03', 'dist1', 'vie', 'Vienna out', 'distribution', '2.5 s', '1 "
    "s', '0'), "
    "('2001:db8::3', 'at', 2026111901, '2026-11-19 00:30:05', 'mad1', 'mad', 'Madrid', 'secondary', '4.5 s', '3 s', '2 "
    "s'), "
    "('10.0.0.3', 'at', 2026111901, '2026-11-19 00:30:04', 'mad1', 'mad', 'Madrid', 'secondary', '3.5 s', '2 s', '1 "
    "s'), "
    "('2001:db8::4', 'at', 2026111901, '2026-11-19 00:30:06', 'mad2', 'mad', 'Madrid', 'secondary', '5.5 s', '4 s', '3 "
    "s'), "
    "('10.0.0.5', 'at', 2026111901, '2026-11-19 00:30:09', 'tst1', 'tst', 'Test 1', 'secondary', '8.5 s', '7 s', '6 "
    "s'), "
    "('10.0.0.1', 'co.at', 7, '2026-11-20 13:00:00', 'in1', 'vie', 'Vienna in', 'incoming', '-1 s', '0', '0'), "
    "('10.0.0.3', 'co.at', 7, '2026-11-20 13:00:01', 'mad1', 'mad', 'Madrid', 'secondary', '-1 s', '1 s', '-1 s'), "
    "('10.0.0.3', 'Or.AT', 4294967295, '2026-11-20 14:00:01', 'mad1', 'mad', 'Madrid', 'secondary', '-1 s', '-1 s', "
    "'-1 s'), "
    "('10.0.0.3', '', 12, '2026-11-20 15:00:00', 'mad1', 'mad', 'Madrid', 'secondary', '-1 s', '-1 s', '-1 s'), "
    "('10.0.0.3', 'bgp', 2, '2026-11-20 16:00:00', 'mad1', 'mad', 'Madrid', 'secondary', '0', '0', '0');";

constexpr const char* kSlas =
    "INSERT INTO tlddns.slas VALUES "
    "(1, 'at', 2026111801, '1 s', '3 s', '2 s', '2 s', '2.8 s', 2, '2026-11-18 09:00:00+01'), "
    "(2, 'at', 2026111901, '2 s', '2 s', '2 s', '2 s', '2 s', 1, '2026-11-19 00:31:00+01'), "
    "(5, 'co.at', 7, '1 s', '1 s', '1 s', '1 s', '1 s', 1, '2026-11-20 13:01:00+01');";

}  // namespace

void make_python_tool(const Database& database, Repairs repairs) {
  std::string sql =
      "CREATE SCHEMA tlddns; CREATE TYPE nameserver_type AS ENUM ('customer', 'incoming', 'distribution', "
      "'secondary'); "
      "CREATE TYPE nameserver_status AS ENUM ('disabled', 'production', 'maintenance');";
  for (const Table& table : tables()) {
    std::string columns;
    for (const Column& column : table.columns) {
      columns += fmt::format("{}{} {}", columns.empty() ? "" : ", ", column.name, column.type);
    }
    sql += fmt::format("CREATE TABLE tlddns.{} ({}{});", table.name, columns, table.constraints);
    for (const char* index : table.indexes) sql += fmt::format("CREATE INDEX ON tlddns.{} ({});", table.name, index);
  }
  if (repairs.status_column) sql += "ALTER TABLE tlddns.serials ADD COLUMN status nameserver_status;";
  if (repairs.slas_key) {
    sql +=
        "ALTER TABLE tlddns.slas ADD UNIQUE (zone, serial); CREATE SEQUENCE tlddns.slas_id_seq START 100; ALTER TABLE "
        "tlddns.slas ALTER COLUMN id SET DEFAULT nextval('tlddns.slas_id_seq');";
  }
  database.run(sql);
}

void fill_python_tool(const Database& database, Repairs repairs) {
  database.run(kServers);
  database.run(kRows);
  database.run(kSlas);
  if (repairs.status_column) {
    database.run(
        "UPDATE tlddns.serials SET status = CASE hostname WHEN 'mad2' THEN 'maintenance' ELSE 'production' "
        "END::nameserver_status");
  }
  // Without the unique key, the tool's own statement fails; who let it insert has some twice.
  if (!repairs.slas_key) {
    database.run(
        "INSERT INTO tlddns.slas VALUES (2, 'at', 2026111901, '9 s', '9 s', '9 s', '9 s', '9 s', 9, "
        "'2026-11-19 00:30:30+01'), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)");
  }
}

}  // namespace zonelag::aggregator
