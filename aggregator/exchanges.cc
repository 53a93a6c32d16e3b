#include "aggregator/exchanges.h"

#include <utility>

#include "notify_views.h"
#include "transfer_views.h"

namespace zonelag::aggregator {

class ExchangeLog::Impl {
 public:
  explicit Impl(const ExchangeLimits& limits)
      : transfers_(limits.max_transfer_views), notifies_(limits.max_notify_views) {}

  void consume(const decoder::Event& event) {
    if (const auto* transfer = std::get_if<decoder::Transfer>(&event.body)) {
      ++counters_.transfer_events;
      transfers_.add(
          {transfer->first_packet, event.source, event.destination, transfer->message_id, event.transport, event.zone},
          TransferView(*transfer));
    } else if (const auto* notify = std::get_if<decoder::Notify>(&event.body)) {
      ++counters_.notify_events;
      if (notify->query_type != decoder::kTypeSoa) {
        ++counters_.other_query_type;
      } else {
        notifies_.add(NotifyKey(event, *notify), NotifyView(event, *notify));
      }
    }
  }

  const TransferViews& transfers() const { return transfers_; }
  const NotifyViews& notifies() const { return notifies_; }
  ExchangeCounters counters() const {
    ExchangeCounters counters = counters_;
    counters.transfer_views_evicted = transfers_.evicted();
    counters.notify_views_evicted = notifies_.evicted();
    return counters;
  }

 private:
  TransferViews transfers_;
  NotifyViews notifies_;
  ExchangeCounters counters_;
};

ExchangeLog::ExchangeLog(ExchangeLimits limits) : impl_(std::make_unique<Impl>(limits)) {}
ExchangeLog::~ExchangeLog() = default;
ExchangeLog::ExchangeLog(ExchangeLog&&) noexcept = default;

void ExchangeLog::consume(const decoder::Event& event) { impl_->consume(event); }

void ExchangeLog::for_each_transfer(const std::function<void(const TransferRow&)>& row) const {
  for (const TransferRow& transfer : transfer_rows(impl_->transfers())) row(transfer);
}

void ExchangeLog::for_each_notify(const std::function<void(const NotifyRow&)>& row) const {
  for (const NotifyRow& notify : notify_rows(impl_->notifies())) row(notify);
}

ExchangeCounters ExchangeLog::counters() const { return impl_->counters(); }

}  // namespace zonelag::aggregator
