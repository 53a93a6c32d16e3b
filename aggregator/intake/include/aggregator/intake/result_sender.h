// Messages of committed batches to their topics, by an idempotent producer, in order.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "aggregator/store/store.h"

namespace zonelag::aggregator {

class ResultSender {
 public:
  virtual ~ResultSender() = default;
  // Takes an outbox entry over; keeps trying until it is delivered. False: too much is waiting, try again later (the
  // runner stops taking events then).
  virtual bool send(const OutboxEntry& entry) = 0;
  // Ids of the entries all of whose messages were acknowledged since the last call.
  virtual std::vector<std::int64_t> delivered() = 0;
  virtual std::size_t waiting() const = 0;  // messages
};

}  // namespace zonelag::aggregator
