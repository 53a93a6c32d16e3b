// Which database a command means, and what went wrong with it.
#pragma once

#include <chrono>
#include <expected>
#include <string>

#include "aggregator/ledger.h"
#include "aggregator/store/postgres.h"
#include "service_options.h"

namespace zonelag::cli {

struct DatabaseChoice {
  aggregator::DatabaseConfig config;
  std::chrono::days keep_rows{90};  // retention, as configured
  std::chrono::days keep_versions{1095};
  aggregator::LedgerSettings ledger;  // what rows depend on besides inventory and evidence
};

// --database; else --config's; else what PG* variables say; else that of /etc/zonelag/aggregator.toml; else "zonelag"
// on this host. Error: one line.
std::expected<DatabaseChoice, std::string> choose_database(const DatabaseOptions& options);

// An error of the store as a line to print: no password of the connection is in it.
std::string without_passwords(const std::string& text, const std::string& connection);

}  // namespace zonelag::cli
