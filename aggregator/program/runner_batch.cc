// Transactions: a batch of events, and the sweep between them.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "aggregator/intake/result_codec.h"
#include "reason.h"
#include "runner.h"

namespace zonelag::aggregator {
namespace {

constexpr std::size_t kMaxReasons = 32;  // of dead letters, counted apart
constexpr int kMostRounds = 100;         // of reading what events rest on: a few are usual

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

void Runner::consume(EventBatch& batch) {
  if (!fits(batch)) {
    batch.at_end = false;
    return feed_->rewind(holdings_.positions());
  }
  const std::vector<ConsumedRange> ranges = *holdings_.moved(batch.ranges);
  const SteadyTime begin = parts_.clock.steady();
  count(batch);
  if (auto done = commit_batch(batch, ranges); !done) return failed(done.error());
  working_.commit_seconds.add(seconds(parts_.clock.steady() - begin));
  const Timestamp wall = parts_.clock.wall();
  for (const Event& event : batch.events) working_.delay_seconds.add(seconds(wall - event.captured_at));
  working_.events += batch.events.size();
  holdings_.advance(ranges);
  feed_->committed(batch.ranges);
}

// Whether the batch goes on where the store is. A gap is asked for once more: it may be that records were read ahead of
// a rewind. When it stays, the topic has lost them (retention), or was made anew.
bool Runner::fits(const EventBatch& batch) {
  if (!holdings_.moved(batch.ranges)) return false;
  std::vector<Jump> found = jumps(holdings_, batch.ranges);
  const bool seen =
      std::ranges::all_of(found, [&](const Jump& jump) { return std::ranges::find(jumps_, jump) != jumps_.end(); });
  if (!seen) {
    jumps_ = std::move(found);
    return false;
  }
  for (const Jump& jump : found) tell_jump(jump);
  jumps_.clear();
  holdings_.begun(batch.ranges);
  return true;
}

void Runner::tell_jump(const Jump& jump) {
  const SayFields fields{{"partition", fmt::to_string(jump.partition)},
                         {"expected", fmt::to_string(jump.expected)},
                         {"found", fmt::to_string(jump.from)}};
  if (jump.from < jump.expected) {
    say(Severity::warning, "the topic begins again below what was consumed: was it made anew?", fields);
    return;
  }
  working_.skipped += static_cast<std::uint64_t>(jump.from - jump.expected);
  say(Severity::error, "records were gone from the topic before they were read", fields);
}

void Runner::count(const EventBatch& batch) {
  auto& reasons = working_.dead_letters;
  for (const PoisonRecord& record : batch.poison) {
    const std::string reason = kind_of_reason(record.reason);
    const bool room = reasons.contains(reason) || reasons.size() < kMaxReasons;
    ++reasons[room ? reason : "other"];
  }
  working_.strays += batch.strays.size();
}

Stored<void> Runner::commit_batch(EventBatch& batch, std::span<const ConsumedRange> ranges) {
  const auto revision = parts_.store.begin(ranges);
  if (!revision) return std::unexpected(revision.error());
  if (auto restored = restore_wanted(batch.events); !restored) return restored;
  for (const Event& event : batch.events) ledger_.consume(event);
  Timestamp latest = now();
  for (const ConsumedRange& range : ranges) latest = std::max(latest, range.latest);
  changes_.clear();
  ledger_.take_changes(latest, false, changes_);
  return write_and_commit(messages_of(batch, {latest, *revision}), ranges.front().partition);
}

// What comes of the store may rest on more of it, so that it is asked again.
Stored<void> Runner::restore_wanted(std::span<const Event> events) {
  for (int round = 0; round < kMostRounds; ++round) {
    const std::vector<WantedZone> wanted = ledger_.wanted(events);
    if (wanted.empty()) return {};
    const auto zones = parts_.store.load(wanted);
    if (!zones) return std::unexpected(zones.error());
    std::unordered_set<ZoneName> found;
    for (const StoredZone& zone : *zones) {
      ledger_.restore(zone);
      found.insert(zone.zone);
    }
    for (const WantedZone& zone : wanted) {
      if (!found.contains(zone.zone)) ledger_.restore({.zone = zone.zone});
    }
  }
  return std::unexpected(StoreError{StoreFault::broken, "what was read of the store does not satisfy the ledger"});
}

std::vector<OutgoingMessage> Runner::messages_of(const EventBatch& batch, ResultStamp stamp) const {
  std::vector<OutgoingMessage> messages;
  if (parts_.results && !changes_.empty()) parts_.results(changes_, stamp, messages);
  for (const PoisonRecord& record : batch.poison) {
    messages.push_back(dead_letter(record, settings_.topic, settings_.dead_topic));
  }
  for (const StrayRecord& record : batch.strays) messages.push_back(stray_message(record, settings_.topic));
  return messages;
}

// changes_ and the messages, in the transaction that was begun; then the messages to the sender.
Stored<void> Runner::write_and_commit(std::vector<OutgoingMessage> messages, std::int32_t partition) {
  if (!changes_.empty()) {
    if (auto written = parts_.store.write(changes_); !written) return written;
  }
  const std::size_t arrived = mail_.arrived().size();
  std::optional<std::int64_t> id;
  if (!messages.empty() || arrived > 0) {
    const auto kept = parts_.store.write_outbox(partition, messages, mail_.arrived());
    if (!kept) return std::unexpected(kept.error());
    id = *kept;
  }
  if (auto committed = parts_.store.commit(); !committed) return committed;
  mail_.removed(arrived);
  if (id) mail_.post({.id = *id, .messages = std::move(messages)});
  ++working_.transactions;
  count_rows();
  backoff_.reset();
  tell_recovered();
  return {};
}

void Runner::count_rows() {
  auto& rows = working_.rows;
  rows["evidence"] += changes_.evidence.size();
  rows["versions"] += changes_.versions.size();
  rows["serials"] += changes_.nodes.size() + changes_.removed_nodes.size();
  rows["service_changes"] += changes_.services.size();
  rows["candidates"] += changes_.candidates.size();
  rows["transfers"] += changes_.transfers.size();
  rows["sensors"] += changes_.sensors.size();
  rows["sensor_blind_times"] += changes_.blind_times.size();
  for (const VersionChange& version : changes_.versions) rows["verdicts"] += version.verdicts.size();
}

void Runner::sweep() {
  if (auto done = commit_sweep(); !done) failed(done.error());
}

// Deadlines pass without events, and others' events move the time: once a second everything in memory is looked at.
Stored<void> Runner::commit_sweep() {
  const auto latest = parts_.store.latest();
  if (!latest) return std::unexpected(latest.error());
  if (*latest) store_latest_ = std::max(**latest, store_latest_.value_or(**latest));
  const Timestamp time = now();
  const bool judge = !mail_.blocked() && time != Timestamp::min();
  changes_.clear();
  if (judge) ledger_.take_changes(time, true, changes_);
  if (!changes_.empty() || !mail_.arrived().empty()) {
    const auto revision = parts_.store.begin(holdings_.unmoved());
    if (!revision) return std::unexpected(revision.error());
    const std::int32_t partition = holdings_.empty() ? 0 : holdings_.partitions().front();
    if (auto done = write_and_commit(messages_of({}, {time, *revision}), partition); !done) return done;
  }
  if (judge) ledger_.close_versions(time);
  tell_recovered();
  return {};
}

// The latest event time of all partitions.
Timestamp Runner::now() const { return std::max(holdings_.latest(), store_latest_.value_or(Timestamp::min())); }

}  // namespace zonelag::aggregator
