// What was committed and is to be sent: from the outbox to the sender, and the outbox's rows away once it arrived.
#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <span>
#include <vector>

#include "aggregator/intake/result_sender.h"

namespace zonelag::aggregator {

class Mail {
 public:
  explicit Mail(ResultSender& sender) : sender_(sender) {}

  // An entry that was just committed.
  void post(OutboxEntry entry);
  // Entries that the store still has: those that are not on their way already.
  void found(std::vector<OutboxEntry> entries);
  // Hands over what the sender did not take before, and learns what arrived.
  void tick();

  // The sender is full: no more should come.
  bool blocked() const { return !unsent_.empty(); }
  // Nothing is on its way.
  bool drained() const { return unsent_.empty() && sender_.waiting() == 0; }
  // Arrived: their rows can go with the next transaction.
  std::span<const std::int64_t> arrived() const { return arrived_; }
  // That transaction is committed; `count`: of the first of arrived().
  void removed(std::size_t count);
  std::size_t waiting() const;  // messages

 private:
  ResultSender& sender_;
  std::deque<OutboxEntry> unsent_;
  std::set<std::int64_t> known_;  // posted or found, and not removed yet
  std::vector<std::int64_t> arrived_;
};

}  // namespace zonelag::aggregator
