// PostgresStore::write against a bare COPY of the same rows into the same tables, in transactions of the same size.
//   store_bench [BATCHES [VERSIONS [NODES]]]      40 batches of 500 versions at 20 nodes each
// Prints one JSON object: rows/s of both, their ratio, and how long a start takes that finds all of it open.
#include <fmt/format.h>
#include <libpq-fe.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <tuple>

#include "aggregator/partition.h"
#include "database.h"
#include "sample_changes.h"

namespace zonelag::aggregator {
namespace {

using Clock = std::chrono::steady_clock;

struct Size {
  int batches = 40;
  int versions = 500;
  int nodes = 20;
};

constexpr const char* kTables[] = {"evidence", "versions", "verdicts", "serial_rows"};

std::string zone_text(int batch, int version) { return fmt::format("zone{:06}.b{:05}.example", version, batch); }

void add_version(Changes& changes, const Changes& model, int batch, int version, int nodes) {
  const ZoneName name = zone(zone_text(batch, version));
  VersionChange row = model.versions.front();
  row.row.zone = name;
  row.key_hash = key_hash(name.to_text());
  row.row.first_seen += std::chrono::milliseconds(batch);
  changes.versions.push_back(row);
  for (int n = 0; n < nodes; ++n) {
    EvidenceChange evidence = model.evidence[0];
    evidence.row.zone = name;
    evidence.row.srcip = fmt::format("192.0.2.{}", n);
    evidence.row.hostname = fmt::format("node{:03}.example.net", n);
    changes.evidence.push_back(evidence);
    NodeChange node = model.nodes[1];
    node.row.zone = name;
    node.row.srcip = evidence.row.srcip;
    node.row.hostname = evidence.row.hostname;
    node.row.loc = fmt::format("l{:02}", n);
    node.row.dsc_name = fmt::format("Location {:02}", n);
    node.row.live_at = kNoon + std::chrono::milliseconds(7 * batch + 31 * n);
    changes.nodes.push_back(node);
  }
}

Changes make_batch(const Size& size, int batch) {
  const Changes model = sample_changes();
  Changes changes;
  for (int v = 0; v < size.versions; ++v) add_version(changes, model, batch, v, size.nodes);
  return changes;
}

void must(bool worked, const std::string& what) {
  if (!worked) throw std::runtime_error(what);
}

// CPU of this process: ours, not the server's.
double cpu() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double write_all(PostgresStore& store, const std::vector<Changes>& batches) {
  const auto begin = Clock::now();
  std::int64_t offset = -1;
  for (const Changes& changes : batches) {
    const ConsumedRange ranges[] = {{0, offset, offset + 1}};
    const auto begun = store.begin(ranges);
    must(begun.has_value(), begun ? "" : begun.error().text);
    const auto wrote = store.write(changes);
    must(wrote.has_value(), wrote ? "" : wrote.error().text);
    const auto done = store.commit();
    must(done.has_value(), done ? "" : done.error().text);
    ++offset;
  }
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// Of each batch and table, the bytes of COPY ... TO STDOUT (FORMAT binary).
std::vector<std::vector<std::string>> copy_out(PGconn* connection, const Size& size) {
  std::vector<std::vector<std::string>> all;
  for (int batch = 0; batch < size.batches; ++batch) {
    auto& tables = all.emplace_back();
    for (const char* table : kTables) {
      PQclear(PQexec(connection,
                     fmt::format("COPY (SELECT * FROM tlddns.{} WHERE zone LIKE '%.b{:05}.example') TO STDOUT (FORMAT "
                                 "binary)",
                                 table, batch)
                         .c_str()));
      std::string& bytes = tables.emplace_back();
      char* piece = nullptr;
      for (int length = 0; (length = PQgetCopyData(connection, &piece, 0)) > 0; PQfreemem(piece)) {
        bytes.append(piece, static_cast<std::size_t>(length));
      }
      while (PGresult* result = PQgetResult(connection)) PQclear(result);
    }
  }
  return all;
}

// Seconds of all, and of those that are evidence.
std::pair<double, double> copy_in(PGconn* connection, const std::vector<std::vector<std::string>>& batches) {
  const auto begin = Clock::now();
  double evidence = 0;
  for (const auto& tables : batches) {
    PQclear(PQexec(connection, "BEGIN"));
    for (std::size_t t = 0; t < tables.size(); ++t) {
      const auto one = Clock::now();
      PQclear(PQexec(connection, fmt::format("COPY tlddns.{} FROM STDIN (FORMAT binary)", kTables[t]).c_str()));
      for (std::size_t at = 0; at < tables[t].size(); at += 65536) {
        const auto piece = std::min<std::size_t>(65536, tables[t].size() - at);
        PQputCopyData(connection, tables[t].data() + at, static_cast<int>(piece));
      }
      PQputCopyEnd(connection, nullptr);
      while (PGresult* result = PQgetResult(connection)) {
        must(PQresultStatus(result) == PGRES_COMMAND_OK, PQresultErrorMessage(result));
        PQclear(result);
      }
      if (t == 0) evidence += std::chrono::duration<double>(Clock::now() - one).count();
    }
    PQclear(PQexec(connection, "COMMIT"));
  }
  return {std::chrono::duration<double>(Clock::now() - begin).count(), evidence};
}

std::pair<double, std::size_t> read_all(PostgresStore& store) {
  constexpr std::int32_t kPartition[] = {0};
  const auto begin = Clock::now();
  std::size_t evidence = 0;
  const auto read = store.open_zones(kPartition, 1, kNoon - std::chrono::hours(10), kNoon, [&](StoredZone&& one) {
    for (const StoredVersion& version : one.versions) evidence += version.evidence.size();
  });
  must(read.has_value(), read ? "" : read.error().text);
  return {std::chrono::duration<double>(Clock::now() - begin).count(), evidence};
}

struct Figures {
  double ours = 0;
  double our_cpu = 0;
  double theirs = 0;
  double their_evidence = 0;
  double start = 0;
  double start_cpu = 0;
  std::size_t evidence = 0;
};

Figures round(const Database& database, const Size& size, const std::vector<Changes>& batches,
              const std::string& topic) {
  constexpr const char* kEmpty =
      "TRUNCATE tlddns.evidence, tlddns.versions, tlddns.verdicts, tlddns.serial_rows; CHECKPOINT";
  constexpr std::int32_t kPartition[] = {0};
  DatabaseConfig config = database.config();
  config.topic = topic;
  PostgresStore store(config);
  Connection connection = database.connect();
  Figures figures;
  must(store.adopt(kPartition, 1).has_value(), "adopt");
  const double before = cpu();
  figures.ours = write_all(store, batches);
  const double written = cpu();
  figures.our_cpu = written - before;
  std::tie(figures.start, figures.evidence) = read_all(store);
  figures.start_cpu = cpu() - written;
  const auto copies = copy_out(connection.handle(), size);
  must(connection.script(kEmpty).has_value(), "truncate");
  std::tie(figures.theirs, figures.their_evidence) = copy_in(connection.handle(), copies);
  must(connection.script(kEmpty).has_value(), "truncate");
  return figures;
}

void run(const Size& size) {
  const Database database;
  std::vector<Changes> batches;
  std::size_t rows = 0;
  for (int batch = 0; batch < size.batches; ++batch) {
    batches.push_back(make_batch(size, batch));
    const Changes& made = batches.back();
    rows += made.rows() + made.versions.size() * made.versions.front().verdicts.size();
  }
  round(database, size, batches, "first");  // makes the server's files; both come after it
  const Figures f = round(database, size, batches, "second");
  const auto count = static_cast<double>(rows);
  fmt::print(
      "{{\"rows\":{},\"store_rows_per_s\":{:.0f},\"copy_rows_per_s\":{:.0f},\"ratio\":{:.3f},\"copy_evidence_share\":{:"
      ".3f},"
      "\"our_cpu_us_per_row\":{:.2f},\"open_zones_s\":{:.2f},\"open_zones_our_cpu_s\":{:.2f},\"evidence_rows_read\":{}}"
      "}\n",
      rows, count / f.ours, count / f.theirs, f.theirs / f.ours, f.their_evidence / f.theirs, 1e6 * f.our_cpu / count,
      f.start, f.start_cpu, f.evidence);
}

}  // namespace
}  // namespace zonelag::aggregator

int main(int argc, char** argv) {
  zonelag::aggregator::Size size;
  if (argc > 1) size.batches = std::atoi(argv[1]);   // NOLINT(cert-err34-c)
  if (argc > 2) size.versions = std::atoi(argv[2]);  // NOLINT(cert-err34-c)
  if (argc > 3) size.nodes = std::atoi(argv[3]);     // NOLINT(cert-err34-c)
  try {
    zonelag::aggregator::run(size);
  } catch (const std::exception& error) {
    fmt::print(stderr, "store_bench: {}\n", error.what());
    return 1;
  }
}
