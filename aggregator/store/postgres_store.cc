#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <random>

#include "aggregator/store/inventory_store.h"
#include "aggregator/store/migrations.h"
#include "aggregator/store/postgres.h"
#include "binary.h"
#include "change_writer.h"
#include "offsets.h"
#include "outbox.h"
#include "sensor_names.h"
#include "zone_loader.h"

namespace zonelag::aggregator {
namespace {

constexpr const char* kSnapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
// Key lookups are all that we do: plans that read whole partitions instead are never better, however wrong the
// estimates are for tables that were filled a moment ago.
constexpr const char* kSession =
    "LISTEN zonelag_inventory; SET jit = off; SET enable_hashjoin = off; SET enable_mergejoin = off";
constexpr std::chrono::days kAhead{3};  // partitions made before they are needed

// Readable in the table, and never the same twice.
std::string holder_name() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host = {"?"};
  std::random_device random;
  return fmt::format("{}:{}:{:08x}{:08x}", host.data(), getpid(), random(), random());
}

}  // namespace

class PostgresStore::Impl {
 public:
  explicit Impl(DatabaseConfig config)
      : config_(std::move(config)), offsets_(config_.topic, holder_name()), writer_(sensors_, config_.legacy_lags) {}

  // The connection, made anew where there is none of use.
  Stored<Connection*> connected() {
    if (connection_ && !connection_->lost()) return &*connection_;
    drop();
    auto opened = Connection::open(config_);
    if (!opened) return std::unexpected(opened.error());
    // Changes from here on are announced; those before may have been missed.
    if (auto set = opened->script(kSession); !set) return std::unexpected(set.error());
    changed_ = true;
    connection_ = std::move(*opened);
    return &*connection_;
  }
  Stored<Connection*> in_transaction() {
    if (connection_ && connection_->in_transaction()) return &*connection_;
    return std::unexpected(
        StoreError{StoreFault::unavailable, "PostgreSQL: the transaction is gone, or was not begun"});
  }

  // Runs `work` on a connection outside of a transaction; what it leaves open is rolled back.
  template <typename Work>
  auto alone(Work work) -> decltype(work(std::declval<Connection&>())) {
    auto connection = connected();
    if (!connection) return std::unexpected(connection.error());
    if ((*connection)->in_transaction()) {
      return std::unexpected(StoreError{StoreFault::broken, (*connection)->place() + ": inside of a transaction"});
    }
    auto outcome = work(**connection);
    rollback();
    return outcome;
  }
  // Runs `work` in the present transaction, which ends if it fails.
  template <typename Work>
  auto within(Work work) -> decltype(work(std::declval<Connection&>())) {
    auto connection = in_transaction();
    if (!connection) return std::unexpected(connection.error());
    auto outcome = work(**connection);
    if (!outcome) rollback();
    return outcome;
  }

  void rollback() {
    if (!connection_) return;
    if (connection_->lost()) return drop();
    if (!connection_->in_transaction()) return;
    connection_->rollback();
    forget();
  }

  bool take_changed() {
    if (connection_ && !connection_->lost()) {
      // A connection's end shows behind what came before it.
      while (readable() && PQconsumeInput(connection_->handle()) == 1) note_notifications();
      note_notifications();
    }
    // Lost: what happens meanwhile is not told. The next connection sets it again.
    if (connection_ && connection_->lost()) drop();
    return std::exchange(changed_, false);
  }
  // Read just now: only what comes after is a change.
  void inventory_read() {
    note_notifications();
    changed_ = false;
  }

  Offsets& offsets() { return offsets_; }
  ChangeWriter& writer() { return writer_; }
  SensorNames& sensors() { return sensors_; }
  const DatabaseConfig& config() const { return config_; }

 private:
  struct FreeNotify {
    void operator()(PGnotify* notify) const { PQfreemem(notify); }
  };

  bool readable() const {
    pollfd socket{PQsocket(connection_->handle()), POLLIN, 0};
    return socket.fd >= 0 && poll(&socket, 1, 0) > 0;
  }
  void note_notifications() {
    while (const std::unique_ptr<PGnotify, FreeNotify> notify{PQnotifies(connection_->handle())}) changed_ = true;
  }
  void drop() {
    if (connection_) changed_ = true;
    connection_.reset();
    forget();
  }
  void forget() {
    writer_.forget();
    sensors_.forget();
  }

  DatabaseConfig config_;
  Offsets offsets_;
  SensorNames sensors_;
  ChangeWriter writer_;
  std::optional<Connection> connection_;
  bool changed_ = false;
};

PostgresStore::PostgresStore(DatabaseConfig config) : impl_(std::make_unique<Impl>(std::move(config))) {}
PostgresStore::~PostgresStore() = default;

Stored<std::vector<PartitionState>> PostgresStore::adopt(std::span<const std::int32_t> partitions,
                                                         std::int32_t layout) {
  return impl_->alone([&](Connection& c) { return impl_->offsets().adopt(c, partitions, layout); });
}

Stored<void> PostgresStore::open_zones(std::span<const std::int32_t> partitions, std::int32_t layout, Timestamp since,
                                       Timestamp settled_since, const std::function<void(StoredZone&&)>& take) {
  return impl_->alone([&](Connection& c) -> Stored<void> {
    if (auto begun = c.begin(kSnapshot); !begun) return begun;
    return ZoneLoader(c, impl_->sensors()).open_zones(partitions, layout, since, settled_since, take);
  });
}

Stored<std::vector<OutboxEntry>> PostgresStore::pending(std::span<const std::int32_t> partitions) {
  return impl_->alone([&](Connection& c) { return pending_outbox(c, impl_->config().topic, partitions); });
}

Stored<std::uint64_t> PostgresStore::begin(std::span<const ConsumedRange> ranges) {
  auto connection = impl_->connected();
  if (!connection) return std::unexpected(connection.error());
  impl_->rollback();
  auto begun = impl_->offsets().begin(**connection, ranges);
  if (!begun) impl_->rollback();
  return begun;
}

Stored<std::vector<StoredZone>> PostgresStore::load(std::span<const WantedZone> wanted) {
  return impl_->within([&](Connection& c) { return ZoneLoader(c, impl_->sensors()).load(wanted); });
}

Stored<void> PostgresStore::write(const Changes& changes) {
  return impl_->within([&](Connection& c) { return impl_->writer().write(c, changes); });
}

Stored<std::optional<std::int64_t>> PostgresStore::write_outbox(std::int32_t partition,
                                                                std::span<const OutgoingMessage> messages,
                                                                std::span<const std::int64_t> sent) {
  return impl_->within([&](Connection& c) {
    return zonelag::aggregator::write_outbox(c, impl_->config().topic, partition, messages, sent);
  });
}

Stored<void> PostgresStore::commit() {
  return impl_->within([](Connection& c) { return c.commit(); });
}

void PostgresStore::rollback() { impl_->rollback(); }

Stored<std::optional<Timestamp>> PostgresStore::latest() {
  return impl_->alone([&](Connection& c) { return impl_->offsets().latest(c); });
}

Stored<InventoryRows> PostgresStore::inventory() {
  return impl_->alone([&](Connection& c) {
    impl_->inventory_read();
    return load_inventory_rows(c);
  });
}

Stored<std::vector<ServiceChange>> PostgresStore::services() {
  return impl_->alone([](Connection& c) { return load_services(c); });
}

Stored<std::vector<SensorChange>> PostgresStore::sensors() {
  return impl_->alone([](Connection& c) { return load_heartbeats(c); });
}

Stored<void> PostgresStore::check_schema() {
  return impl_->alone([](Connection& c) { return zonelag::aggregator::check_schema(c); });
}

bool PostgresStore::inventory_changed() { return impl_->take_changed(); }

Stored<void> PostgresStore::maintain(Timestamp now, std::chrono::days keep_rows, std::chrono::days keep_versions) {
  return impl_->alone([&](Connection& c) -> Stored<void> {
    const Day today = std::chrono::floor<std::chrono::days>(now);
    std::vector<Day> days;
    for (Day day = today; day <= today + kAhead; day += std::chrono::days(1)) days.push_back(day);
    if (auto made = c.execute("SELECT tlddns.make_partitions($1)", {date_array(days)}); !made) {
      return std::unexpected(made.error());
    }
    // A version outlives its rows: it is what keeps (zone, serial) unique.
    auto expired = c.execute("SELECT tlddns.expired_partitions($1, $2)",
                             {date(today - keep_rows), date(today - std::max(keep_rows, keep_versions))});
    if (!expired) return std::unexpected(expired.error());
    for (std::size_t row = 0; row < expired->size(); ++row) {
      auto dropped = c.execute("SELECT tlddns.drop_partition($1)", {std::string(expired->at(row, 0))});
      if (!dropped) return std::unexpected(dropped.error());
    }
    if (expired->size() > 0) impl_->writer().forget_days();
    return {};
  });
}

}  // namespace zonelag::aggregator
