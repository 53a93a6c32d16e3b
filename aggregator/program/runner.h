// One database's consumer: events of its partitions, batch by batch, into the store, in one order: offsets,
// evidence, rows and outgoing messages in one transaction; then the messages. The store is the state: whatever fails,
// memory is thrown away and read again, and Kafka is read again from where the store is.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "aggregator/intake/event_feed.h"
#include "aggregator/intake/result_codec.h"
#include "aggregator/intake/result_sender.h"
#include "aggregator/ledger.h"
#include "backoff.h"
#include "clock.h"
#include "holdings.h"
#include "mail.h"
#include "runner_figures.h"
#include "runner_log.h"
#include "upkeep.h"

namespace zonelag::aggregator {

struct RunnerSettings {
  std::string database = "prod";  // its name in logs and metrics
  std::string topic = "zonelag.events";
  std::string dead_topic = "zonelag.events.dead";
  std::size_t batch_events = 5'000;
  std::chrono::milliseconds gather{150};
  std::chrono::milliseconds idle{200};  // the longest wait for a first event
  std::chrono::milliseconds sweep{1'000};
  std::chrono::milliseconds inventory_poll{60'000};
  std::chrono::milliseconds maintain{3'600'000};
  BackoffSettings backoff;
  std::chrono::milliseconds farewell{1'500};  // at most, for messages on their way when it ends or a partition goes
  LedgerSettings ledger;
  bool once = false;                                // to the end of what there is, and then the end
  std::chrono::milliseconds once_patience{60'000};  // with `once`: so long without store or partitions is an error
  bool schema_is_fatal = true;                      // a wrong schema ends the runner; else it waits for a better one
};

// Everything a runner works with; the references must outlive it.
struct RunnerParts {
  Store& store;
  Upkeep& upkeep;
  ResultSender& sender;
  const Clock& clock;
  Say say;
  // Appends the messages for what a transaction changes, judged by that time; none: nobody downstream wants any.
  std::function<void(const Changes&, ResultStamp, std::vector<OutgoingMessage>&)> results;
  // Why nothing comes of the feed, in one line; empty: nothing is known to be wrong. On the runner's thread.
  std::function<std::string()> feed_problem;
};

// `incomplete`: with `once`, not everything could be read or sent.
enum class RunnerEnd : std::uint8_t { stopped, finished, failed, incomplete };

// One thread, but for figures().
class Runner final : public FeedListener {
 public:
  Runner(RunnerParts parts, RunnerSettings settings);

  // Before anything else: the feed, whose listener this is. It must outlive the last call of run(), step(), finish().
  void read_from(EventFeed& feed) { feed_ = &feed; }
  // Until told to stop, or with `once` until all is read. Logs why it failed.
  RunnerEnd run(const std::stop_token& stop);
  // One round of it; false: it has ended. For tests, which end it with finish().
  bool step();
  RunnerEnd finish();

  RunnerFigures figures() const;  // any thread

  std::vector<std::int64_t> assigned(std::span<const std::int32_t> partitions) override;
  void revoked(std::span<const std::int32_t> partitions, bool lost) override;

 private:
  // runner_batch.cc: transactions
  void consume(EventBatch& batch);
  bool fits(const EventBatch& batch);
  void tell_jump(const Jump& jump);
  Stored<void> commit_batch(EventBatch& batch, std::span<const ConsumedRange> ranges);
  Stored<void> restore_wanted(std::span<const Event> events);
  Stored<void> write_and_commit(std::vector<OutgoingMessage> messages, std::int32_t partition);
  void count(const EventBatch& batch);
  void count_rows();
  std::vector<OutgoingMessage> messages_of(const EventBatch& batch, ResultStamp stamp) const;
  void sweep();
  Stored<void> commit_sweep();
  Timestamp now() const;

  // runner_state.cc: the state read, and read again
  void recover();
  Stored<void> read_state();
  Stored<void> read_inventory();
  void inventory_is_sound();
  Stored<void> take_over(std::span<const std::int32_t> partitions);
  void failed(const StoreError& error);
  void follow_layout();
  void enter(RunnerState state, const std::string& problem = {});
  void tell_recovered();

  void look_after();
  void maintain();
  void set_paused(bool paused);
  bool at_the_end(const EventBatch& batch);
  bool strays_return();
  void drain_mail();
  void publish();
  void say(Severity severity, const char* message, SayFields fields = {}) const;

  RunnerParts parts_;
  RunnerSettings settings_;
  EventFeed* feed_ = nullptr;
  Ledger ledger_;
  Holdings holdings_;
  Mail mail_;
  Backoff backoff_;
  Changes changes_;
  std::vector<Jump> jumps_;  // seen before, and asked to be read again
  bool recovery_untold_ = false;
  std::string told_;         // the last problem that was logged, until it was over
  bool ready_ = false;       // memory and offsets are the store's
  bool paused_ = false;      // the feed
  bool all_read_ = false;    // `once`: each partition, to its end
  bool strays_out_ = false;  // `once`: sent home, and not yet looked for there
  int stray_rounds_ = 0;
  bool ended_ = false;
  std::optional<RunnerEnd> wrong_;  // how it ended, if not well
  bool inventory_known_ = false;
  bool schema_known_ = false;
  std::string inventory_text_;  // what the tables had
  std::vector<ServiceChange> services_;
  std::int32_t layout_ = 0;  // as adopted
  std::optional<Timestamp> store_latest_;
  SteadyTime next_sweep_;
  SteadyTime next_inventory_;
  SteadyTime next_maintain_;
  SteadyTime last_good_;  // `once`: when there last was a store and a partition
  std::optional<SteadyTime> drain_until_;
  RunnerFigures working_;

  mutable std::mutex mutex_;  // guards figures_
  RunnerFigures figures_;
};

}  // namespace zonelag::aggregator
