#include "notify_views.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <tuple>

namespace zonelag::aggregator {
namespace {

using decoder::Serial;
using decoder::Timestamp;
using Entry = NotifyViews::Entry;
using Span = std::span<const Entry* const>;

// A sender's port and the id it chose: what names a message between two hosts for a while.
using MessageName = std::pair<std::uint16_t, std::uint16_t>;

MessageName name_of(const NotifyKey& key) { return {key.from.port, key.message_id}; }

auto peers(const NotifyKey& key) { return std::tie(key.zone, key.from.address, key.to, key.transport); }

// One class holds what can be one exchange: requests of one serial; without a serial, of one message name.
bool is_same_class(const NotifyKey& left, const NotifyKey& right) {
  return left.serial == right.serial && (left.serial || name_of(left) == name_of(right));
}

// Peers together; their requests by class, then time; their answers behind them.
bool is_before(const Entry* left, const Entry* right) {
  const NotifyKey& a = left->first;
  const NotifyKey& b = right->first;
  if (peers(a) != peers(b)) return peers(a) < peers(b);
  if (a.response != b.response) return b.response;
  if (a.serial != b.serial) return a.serial < b.serial;
  const MessageName none;
  const auto class_name = [&none](const NotifyKey& key) { return key.serial ? none : name_of(key); };
  return std::tuple(class_name(a), a.first_sent, name_of(a)) < std::tuple(class_name(b), b.first_sent, name_of(b));
}

// Requests that are one exchange, added earliest first.
class Exchange {
 public:
  explicit Exchange(const Entry& first) : row_(), class_(&first.first) {
    row_.zone = first.first.zone;
    row_.from = first.first.from.address;
    row_.to = first.first.to.address;
    row_.transport = first.first.transport;
    row_.sent_at = first.first.first_sent;
    if (first.first.serial) row_.serial = Serial(*first.first.serial);
    last_sent_ = first.second.last;
    add(first);
  }

  // It began with the others, or it goes on with one of them.
  bool takes(const NotifyKey& key) const {
    if (!is_same_class(*class_, key)) return false;
    if (within(row_.sent_at, key.first_sent, kExchangeWindow)) return true;
    const bool goes_on = key.first_sent <= last_sent_ || within(last_sent_, key.first_sent, kExchangeWindow);
    return goes_on && names_.contains(name_of(key));
  }
  void add(const Entry& entry) {
    names_.insert(name_of(entry.first));
    row_.attempts = std::max(row_.attempts, entry.second.attempt);
    last_sent_ = std::max(last_sent_, entry.second.last);
    // Sensors that disagree on what answered it: any rule will do that does not depend on their order.
    const auto& answered_with = entry.second.answered_with;
    if (!class_->serial && answered_with && (!row_.serial || *answered_with > row_.serial->value())) {
      row_.serial = Serial(*answered_with);
    }
  }
  void answer(const NotifyView& view) {
    const bool earlier =
        !row_.answered_at || std::tie(view.first, view.rcode) < std::tie(*row_.answered_at, *row_.rcode);
    if (!earlier) return;
    row_.answered_at = view.first;
    row_.rcode = view.rcode;
  }

  const NotifyRow& row() const { return row_; }
  Timestamp last_sent() const { return last_sent_; }

 private:
  NotifyRow row_;
  const NotifyKey* class_;
  std::set<MessageName> names_;
  Timestamp last_sent_;
};

// The exchanges of one pair of peers, and which of them a message belongs to.
class PeersExchanges {
 public:
  void request(const Entry& entry) {
    if (exchanges_.empty() || !exchanges_.back().takes(entry.first)) {
      exchanges_.emplace_back(entry);
    } else {
      exchanges_.back().add(entry);
    }
    requests_.try_emplace({name_of(entry.first), entry.first.first_sent}, exchanges_.size() - 1);
  }

  // An answer names its request by the message's name and the time that its sensor saw the exchange begin. A sensor
  // that saw the answer alone gives the answer's time: the latest request before it is meant.
  void answer(const Entry& entry) {
    const MessageName name = name_of(entry.first);
    auto at = requests_.upper_bound({name, entry.first.first_sent});
    if (at == requests_.begin()) return;
    --at;
    if (at->first.first != name) return;
    Exchange& exchange = exchanges_[at->second];
    const bool named = at->first.second == entry.first.first_sent;
    const bool follows =
        entry.second.first <= exchange.last_sent() || within(exchange.last_sent(), entry.second.first, kExchangeWindow);
    if (named || follows) exchange.answer(entry.second);
  }

  void give_rows(std::vector<NotifyRow>& rows) const {
    for (const Exchange& exchange : exchanges_) rows.push_back(exchange.row());
  }

 private:
  std::vector<Exchange> exchanges_;
  std::map<std::pair<MessageName, Timestamp>, std::size_t> requests_;
};

}  // namespace

NotifyKey::NotifyKey(const decoder::Event& event, const decoder::Notify& notify)
    : first_sent(notify.first_sent),
      response(notify.response),
      from(notify.response ? event.destination : event.source),
      to(notify.response ? event.source : event.destination),
      transport(event.transport),
      message_id(notify.message_id),
      zone(event.zone) {
  if (!notify.response && notify.serial) serial = notify.serial->value();
}

NotifyView::NotifyView(const decoder::Event& event, const decoder::Notify& notify)
    : attempt(notify.attempt), first(event.captured_at), last(event.captured_at), rcode(notify.rcode) {
  if (notify.answered_with) answered_with = notify.answered_with->value();
}

void NotifyView::merge(const NotifyView& other) {
  attempt = std::max(attempt, other.attempt);
  if (std::tie(other.first, other.rcode) < std::tie(first, rcode)) {
    first = other.first;
    rcode = other.rcode;
  }
  last = std::max(last, other.last);
  answered_with = std::max(answered_with, other.answered_with);
}

std::vector<NotifyRow> notify_rows(const NotifyViews& views) {
  std::vector<const Entry*> entries = views.entries();
  std::ranges::sort(entries, is_before);
  std::vector<NotifyRow> rows;
  const Span all(entries);
  for (std::size_t begin = 0; begin < all.size();) {
    PeersExchanges exchanges;
    std::size_t end = begin;
    for (; end < all.size() && peers(all[begin]->first) == peers(all[end]->first); ++end) {
      all[end]->first.response ? exchanges.answer(*all[end]) : exchanges.request(*all[end]);
    }
    exchanges.give_rows(rows);
    begin = end;
  }
  sort_by_zone_and_time(rows, &NotifyRow::sent_at);
  return rows;
}

}  // namespace zonelag::aggregator
