// The state: read when partitions come, and read again after whatever failed.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "aggregator/partition.h"
#include "reason.h"
#include "runner.h"

namespace zonelag::aggregator {
namespace {

std::string list(std::span<const std::int32_t> partitions) { return fmt::format("{}", fmt::join(partitions, ",")); }

}  // namespace

void Runner::recover() {
  if (ready_ || !backoff_.due(parts_.clock.steady())) return;
  if (auto read = read_state(); !read) return failed(read.error());
  if (!inventory_known_) {
    backoff_.failed(parts_.clock.steady());
    return enter(RunnerState::contradiction, working_.inventory);
  }
  if (!holdings_.empty()) feed_->rewind(holdings_.positions());
  jumps_.clear();
  ready_ = true;
}

Stored<void> Runner::read_state() {
  if (!schema_known_) {
    if (auto checked = parts_.upkeep.check_schema(); !checked) return checked;
    schema_known_ = true;
  }
  ledger_.clear();
  if (auto read = read_inventory(); !read || !inventory_known_) return read;
  return take_over(holdings_.partitions());
}

// Contradictory tables change nothing: it is said which rows, and what was known before goes on.
Stored<void> Runner::read_inventory() {
  auto rows = parts_.store.inventory();
  if (!rows) return std::unexpected(rows.error());
  auto services = parts_.store.services();
  if (!services) return std::unexpected(services.error());
  if (*services != services_) {
    services_ = *services;
    ledger_.replace_services(*std::move(services));
  }
  std::string text = to_toml(*rows);
  if (inventory_known_ && text == inventory_text_) {
    inventory_is_sound();
    return {};
  }
  auto inventory = Inventory::build(*std::move(rows));
  if (!inventory) {
    if (std::exchange(working_.inventory, inventory.error()) != inventory.error()) {
      say(Severity::error, "the inventory in the tables contradicts itself",
          {{"reason", inventory.error()}, {"until_then", inventory_known_ ? "the older one" : "nothing is consumed"}});
    }
    return {};
  }
  const bool bare = inventory->nameservers().empty();
  say(bare ? Severity::warning : Severity::info,
      bare ? "inventory read: it has no name server, so that every source is unknown: zonelag inventory import"
           : "inventory read",
      {{"nameservers", fmt::to_string(inventory->nameservers().size())},
       {"customers", fmt::to_string(inventory->customers().size())},
       {"policies", fmt::to_string(inventory->policies().size())}});
  ledger_.replace_inventory(*std::move(inventory));
  inventory_text_ = std::move(text);
  inventory_known_ = true;
  inventory_is_sound();
  ++working_.inventories;
  return {};
}

void Runner::inventory_is_sound() {
  if (!std::exchange(working_.inventory, {}).empty()) say(Severity::info, "the inventory is sound again");
}

Stored<void> Runner::take_over(std::span<const std::int32_t> partitions) {
  if (partitions.empty()) return {};
  const std::int32_t layout = feed_->layout();
  const auto states = parts_.store.adopt(partitions, layout);
  if (!states) return std::unexpected(states.error());
  for (const PartitionState& state : *states) holdings_.set(state);
  layout_ = layout;
  auto pending = parts_.store.pending(partitions);
  if (!pending) return std::unexpected(pending.error());
  mail_.found(*std::move(pending));
  const auto heartbeats =
      static_cast<std::int32_t>(partition_of(key_hash(kHeartbeatZone), static_cast<std::uint32_t>(layout)));
  if (std::ranges::find(partitions, heartbeats) != partitions.end()) {
    const auto sensors = parts_.store.sensors();
    if (!sensors) return std::unexpected(sensors.error());
    ledger_.restore(*sensors);
  }
  const auto latest = parts_.store.latest();
  if (!latest) return std::unexpected(latest.error());
  store_latest_ = std::max(*latest, store_latest_);
  if (!*latest) return {};  // nothing was ever consumed: nothing is open
  return parts_.store.open_zones(partitions, layout, **latest - settings_.ledger.horizon,
                                 **latest - settings_.ledger.settled,
                                 [this](StoredZone&& zone) { ledger_.restore(zone); });
}

std::vector<std::int64_t> Runner::assigned(std::span<const std::int32_t> partitions) {
  ++working_.assignments;
  say(Severity::info, "partitions assigned", {{"partitions", list(partitions)}});
  const bool same_layout = holdings_.empty() || feed_->layout() == layout_;
  holdings_.add(partitions);
  if (ready_ && same_layout) {
    if (auto taken = take_over(partitions); !taken) failed(taken.error());
  } else {
    ready_ = false;  // recover() takes all of them over, and winds back to where the store is
  }
  std::vector<std::int64_t> offsets;
  for (const std::int32_t partition : partitions) offsets.push_back(holdings_.next_offset(partition));
  return offsets;
}

// Each batch is committed before the next poll, so that nothing is in hand here.
void Runner::revoked(std::span<const std::int32_t> partitions, bool lost) {
  ++working_.revocations;
  if (lost) working_.lost += partitions.size();
  say(lost ? Severity::warning : Severity::info, lost ? "partitions lost" : "partitions given away",
      {{"partitions", list(partitions)}});
  // Who comes next sends what is still in the outbox: better nothing of it is on its way from here then.
  if (!lost) drain_mail();
  holdings_.remove(partitions);
  if (layout_ == 0) return;
  ledger_.drop_zones([&](std::uint32_t hash) {
    const auto home = static_cast<std::int32_t>(partition_of(hash, static_cast<std::uint32_t>(layout_)));
    return std::ranges::find(partitions, home) != partitions.end();
  });
}

// Zones have other homes from here on: nothing of the batch at hand counts.
void Runner::follow_layout() {
  if (!ready_ || holdings_.empty() || feed_->layout() <= layout_) return;
  say(Severity::info, "the topic has more partitions",
      {{"before", fmt::to_string(layout_)}, {"now", fmt::to_string(feed_->layout())}});
  ready_ = false;
}

void Runner::failed(const StoreError& error) {
  parts_.store.rollback();
  ledger_.clear();
  ready_ = false;
  ++working_.rollbacks;
  backoff_.failed(parts_.clock.steady());
  if (error.fault == StoreFault::fenced) {
    ++working_.fences;
    return enter(RunnerState::fenced, error.text);
  }
  if (error.fault == StoreFault::schema) schema_known_ = false;
  enter(RunnerState::waiting, error.text);
  if (error.fault != StoreFault::schema || !settings_.schema_is_fatal) return;
  ended_ = true;
  wrong_ = RunnerEnd::failed;
}

// One line for each change: the same problem again and again is told once, until something was committed in between.
void Runner::enter(RunnerState state, const std::string& problem) {
  const bool was = std::exchange(working_.state, state) == state;
  working_.problem = problem;
  const std::string telling = without_numbers(fmt::format("{}: {}", to_string(state), problem));
  switch (state) {
    case RunnerState::running:
      if (!was) recovery_untold_ = true;
      return;
    case RunnerState::starting:
    case RunnerState::ended: return;
    case RunnerState::fenced:
      if (std::exchange(told_, telling) != telling) {
        say(Severity::warning, "the state is read again", {{"reason", problem}});
      }
      return;
    case RunnerState::blocked:
      if (std::exchange(told_, telling) != telling) {
        say(Severity::warning, "waiting for Kafka to take the results",
            {{"messages", fmt::to_string(mail_.waiting())}});
      }
      return;
    case RunnerState::waiting:
    case RunnerState::contradiction:
      if (std::exchange(told_, telling) != telling) {
        say(Severity::error, "waiting: nothing is consumed", {{"reason", problem}});
      }
  }
}

void Runner::tell_recovered() {
  if (!recovery_untold_) return;
  told_.clear();
  if (holdings_.empty()) return;
  recovery_untold_ = false;
  say(Severity::info, "consuming", {{"partitions", list(holdings_.partitions())}});
}

}  // namespace zonelag::aggregator
