// Events through a ledger and a MemoryStore (or another one around it) as the program does it, one partition; with
// batches, crashes and closings when told to; and the rows in the store as the Join would print them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "aggregator/ledger.h"
#include "join_scenario.h"
#include "memory_store.h"

namespace zonelag::aggregator {

class LedgerHarness {
 public:
  using Around = std::function<std::unique_ptr<Store>(MemoryStore&)>;

  LedgerHarness(Inventory inventory, LedgerSettings settings, const Around& around = {});

  // Consumes and commits. False: the store had a fault, and the ledger is as after a restart: take the batch again.
  bool take(std::span<const Event> batch, bool all = false);
  // The process dies before its next commit: what it had is read back from the store.
  void restart();
  void close() { closed_ += ledger_->close_versions(now_); }
  // Judges everything up to the latest event.
  void settle();
  void replace_inventory(const Inventory& inventory);
  void reload_services();

  Ledger& ledger() { return *ledger_; }
  MemoryStore& store() { return store_; }
  MemoryDatabase& database() { return database_; }
  Timestamp now() const { return now_; }
  std::size_t closed() const { return closed_; }
  std::string fault() const { return fault_; }
  const Changes& last_changes() const { return changes_; }

 private:
  bool give_up(const StoreError& error);

  Inventory inventory_;
  LedgerSettings settings_;
  MemoryDatabase database_;
  MemoryStore store_{database_};
  std::unique_ptr<Store> around_;  // or null
  Store& used_;
  std::unique_ptr<Ledger> ledger_;
  Changes changes_;
  std::int64_t offset_ = -1;
  Timestamp now_ = Timestamp::min();
  std::size_t closed_ = 0;
  std::string fault_;
};

struct Mishaps {
  bool in_order = false;  // by time
  std::uint32_t repeats = 0;
  std::uint32_t crash_percent = 0;  // of batches
  std::uint32_t close_percent = 0;
  std::uint32_t largest_batch = 30;
};

// All events, in random batches and, unless in_order, in random order.
void run_with_mishaps(std::vector<Event> events, const Mishaps& mishaps, std::uint32_t seed, LedgerHarness& harness);

// All versions with their rows, without open ones (their hostnames follow), in the Join's order: equal texts, equal
// rows.
std::string describe(const MemoryDatabase& database);
std::string describe_closed_form(const Join& join, const Policy* policy = nullptr);

}  // namespace zonelag::aggregator
