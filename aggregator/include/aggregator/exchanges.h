// Transfers and NOTIFYs out of events, one row for each exchange however many sensors saw it (both hosts' captures, a
// mirror port's). Rows are a function of the set of events consumed: their order, repetition and division among
// sensors make no difference.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "aggregator/exchange_rows.h"
#include "decoder/event.h"

namespace zonelag::aggregator {

// In views: one for each exchange and time of its beginning, so about one for each sensor that saw it. Beyond the limit
// those that began earliest go, counted; which ones stay does not depend on the order of events either.
struct ExchangeLimits {
  std::uint32_t max_transfer_views = 500'000;  // some 350 bytes each
  std::uint32_t max_notify_views = 1'000'000;  // some 250 bytes each; an answer is a view of its own
};

struct ExchangeCounters {
  std::uint64_t transfer_events = 0;
  std::uint64_t notify_events = 0;
  std::uint64_t other_query_type = 0;        // NOTIFY with a QTYPE other than SOA (RFC 9859): no row
  std::uint64_t transfer_views_evicted = 0;  // again for each repetition of such an event
  std::uint64_t notify_views_evicted = 0;
};

class ExchangeLog {
 public:
  explicit ExchangeLog(ExchangeLimits limits = {});
  ~ExchangeLog();
  ExchangeLog(ExchangeLog&&) noexcept;

  void consume(const decoder::Event& event);

  // Transfers of one zone, server endpoint, client endpoint, message id and transport are the same one when their first
  // packets lie within 60 s (ports and ids come again later). Completed beats failed beats open; a known reason beats
  // a capture gap; figures are those of the view that says so. Order: zone as text, then started_at.
  void for_each_transfer(const std::function<void(const TransferRow&)>& row) const;

  // NOTIFYs of one zone, sender, target, transport and serial are the same exchange when it began within 60 s, or when
  // the message is a retry. Without a serial, message id and sender's port must be the same too. An answer belongs to
  // the request it names; one whose request nobody saw makes no row. Order: zone as text, then sent_at.
  void for_each_notify(const std::function<void(const NotifyRow&)>& row) const;

  ExchangeCounters counters() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace zonelag::aggregator
