#include "mail.h"

#include <algorithm>
#include <utility>

namespace zonelag::aggregator {

void Mail::post(OutboxEntry entry) {
  known_.insert(entry.id);
  // Behind what waits: a zone's messages arrive in order.
  if (blocked() || !sender_.send(entry)) unsent_.push_back(std::move(entry));
}

void Mail::found(std::vector<OutboxEntry> entries) {
  for (OutboxEntry& entry : entries) {
    if (!known_.contains(entry.id)) post(std::move(entry));
  }
}

void Mail::tick() {
  while (!unsent_.empty() && sender_.send(unsent_.front())) unsent_.pop_front();
  const std::vector<std::int64_t> delivered = sender_.delivered();
  arrived_.insert(arrived_.end(), delivered.begin(), delivered.end());
}

void Mail::removed(std::size_t count) {
  const auto end = arrived_.begin() + static_cast<std::ptrdiff_t>(std::min(count, arrived_.size()));
  for (auto id = arrived_.begin(); id != end; ++id) known_.erase(*id);
  arrived_.erase(arrived_.begin(), end);
}

std::size_t Mail::waiting() const {
  std::size_t messages = sender_.waiting();
  for (const OutboxEntry& entry : unsent_) messages += entry.messages.size();
  return messages;
}

}  // namespace zonelag::aggregator
