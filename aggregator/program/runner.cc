#include "runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace zonelag::aggregator {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPausedPoll{50};
constexpr milliseconds kBetweenLooks{10};
constexpr int kMostStrayRounds = 8;  // who writes to wrong partitions without end shall not keep `once` from ending
constexpr milliseconds kMaintainAgain{300'000};  // after it failed

}  // namespace

Runner::Runner(RunnerParts parts, RunnerSettings settings)
    : parts_(std::move(parts)),
      settings_(std::move(settings)),
      ledger_(Inventory{}, settings_.ledger),
      mail_(parts_.sender),
      backoff_(settings_.backoff),
      last_good_(parts_.clock.steady()) {
  working_.database = settings_.database;
  publish();
}

RunnerEnd Runner::run(const std::stop_token& stop) {
  while (!stop.stop_requested() && step()) {
  }
  return finish();
}

bool Runner::step() {
  mail_.tick();
  recover();
  if (ended_) return false;
  if (ready_) enter(mail_.blocked() ? RunnerState::blocked : RunnerState::running);
  set_paused(!ready_ || mail_.blocked() || all_read_);
  auto batch = feed_->poll(settings_.batch_events, paused_ ? kPausedPoll : settings_.idle,
                           paused_ ? milliseconds{0} : settings_.gather);
  if (!batch) {
    say(Severity::error, "events can't be read any more", {{"reason", batch.error()}});
    ended_ = true;
    wrong_ = RunnerEnd::failed;
    return false;
  }
  follow_layout();
  // What came while the store was away is read again: recover() winds back.
  if (ready_ && !batch->empty()) consume(*batch);
  look_after();
  publish();
  return !ended_ && !at_the_end(*batch);
}

void Runner::set_paused(bool paused) {
  if (std::exchange(paused_, paused) == paused) return;
  if (paused) {
    feed_->pause();
  } else {
    feed_->resume();
  }
}

void Runner::look_after() {
  const SteadyTime steady = parts_.clock.steady();
  if (ready_ && steady >= next_sweep_) {
    next_sweep_ = steady + settings_.sweep;
    sweep();
  }
  if (ready_ && (parts_.upkeep.inventory_changed() || steady >= next_inventory_)) {
    next_inventory_ = steady + settings_.inventory_poll;
    if (auto read = read_inventory(); !read) failed(read.error());
  }
  if (ready_ && steady >= next_maintain_) maintain();
}

// Nothing waits for it: a failure is told, and it is tried again.
void Runner::maintain() {
  const Timestamp latest = now();
  const auto done = parts_.upkeep.maintain(latest == Timestamp::min() ? parts_.clock.wall() : latest);
  next_maintain_ = parts_.clock.steady() + (done ? settings_.maintain : kMaintainAgain);
  working_.upkeep = done ? "" : done.error().text;
  if (done) return;
  if (done.error().fault == StoreFault::unavailable) return failed(done.error());
  say(Severity::error, "the tables' partitions are not looked after", {{"reason", done.error().text}});
}

bool Runner::at_the_end(const EventBatch& batch) {
  if (!settings_.once) return false;
  const SteadyTime steady = parts_.clock.steady();
  strays_out_ = strays_out_ || !batch.strays.empty();
  // From here on nothing is read any more, so that all results can arrive.
  all_read_ = ready_ && !holdings_.empty() && batch.at_end;
  if (all_read_ && mail_.drained() && !strays_return()) return true;
  if (ready_ && !holdings_.empty() && !all_read_) last_good_ = steady;
  if (steady - last_good_ <= settings_.once_patience) return false;
  const char* reason = !ready_             ? "the store did not come"
                       : holdings_.empty() ? "no partition was assigned: others of the group hold them"
                                           : "Kafka does not take the results";
  say(Severity::error, "not everything was read", {{"reason", reason}, {"problem", working_.problem}});
  wrong_ = RunnerEnd::incomplete;
  return true;
}

// Those that were sent home have arrived there: whether the ends are to be looked for once more, behind them.
bool Runner::strays_return() {
  if (!std::exchange(strays_out_, false) || ++stray_rounds_ > kMostStrayRounds) return false;
  feed_->rewind(holdings_.positions());
  all_read_ = false;
  return true;
}

void Runner::drain_mail() {
  const SteadyTime until = drain_until_.value_or(parts_.clock.steady() + settings_.farewell);
  for (mail_.tick(); !mail_.drained() && parts_.clock.steady() < until; mail_.tick()) parts_.clock.wait(kBetweenLooks);
}

RunnerEnd Runner::finish() {
  drain_until_ = parts_.clock.steady() + settings_.farewell;
  if (ready_ && settings_.once) sweep();
  drain_mail();
  if (ready_ && !mail_.arrived().empty()) {
    changes_.clear();
    const auto begun = parts_.store.begin(holdings_.unmoved());
    if (!begun || !write_and_commit({}, holdings_.empty() ? 0 : holdings_.partitions().front())) {
      parts_.store.rollback();
    }
  }
  feed_->leave();
  if (!mail_.drained()) {
    say(Severity::info, "results wait in the outbox for the next start",
        {{"messages", fmt::to_string(mail_.waiting())}});
  }
  enter(RunnerState::ended);
  publish();
  if (wrong_) return *wrong_;
  return settings_.once ? RunnerEnd::finished : RunnerEnd::stopped;
}

void Runner::publish() {
  working_.progress = parts_.clock.steady();
  working_.partitions = holdings_.size();
  working_.layout = layout_;
  working_.backlog = feed_ == nullptr ? 0 : feed_->backlog();
  working_.outbox = mail_.waiting();
  if (parts_.feed_problem && feed_ != nullptr) working_.feed = parts_.feed_problem();
  if (const Timestamp latest = now(); latest != Timestamp::min()) {
    working_.event_age = std::chrono::duration<double>(parts_.clock.wall() - latest).count();
  }
  working_.versions = ledger_.versions();
  working_.zones = ledger_.zones();
  working_.pairs = ledger_.open_pairs();
  working_.memory = ledger_.memory_bytes();
  working_.ledger = ledger_.counters();
  const std::scoped_lock lock(mutex_);
  figures_ = working_;
}

RunnerFigures Runner::figures() const {
  const std::scoped_lock lock(mutex_);
  return figures_;
}

void Runner::say(Severity severity, const char* message, SayFields fields) const {
  fields.insert(fields.begin(), {"database", settings_.database});
  if (parts_.say) parts_.say(severity, message, fields);
}

}  // namespace zonelag::aggregator
