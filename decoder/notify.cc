#include "notify.h"

#include <algorithm>
#include <utility>

namespace zonelag::decoder {
namespace {

std::uint64_t hash_of(const IpAddress& sender, const IpAddress& target, std::string_view zone) {
  return mix(sender.hash() + 3 * target.hash() + std::hash<std::string_view>{}(zone));
}

std::uint64_t hash_of(const Path& path, std::uint16_t id) {
  const auto ports = static_cast<std::uint64_t>(path.source.port) << 16 | path.destination.port;
  return mix(path.source.address.hash() + 3 * path.destination.address.hash() + mix(ports << 16 | id));
}

bool same_path(const Path& left, const Path& right) {
  return left.source == right.source && left.destination == right.destination && left.transport == right.transport;
}

}  // namespace

NotifyTracker::Sent* NotifyTracker::find_sent(const Path& path, std::uint16_t id) {
  return sent_.find(hash_of(path, id), [&](const Sent& sent) { return sent.id == id && same_path(sent.path, path); });
}

void NotifyTracker::remember(const Path& path, const NotifyMessage& message) {
  if (Sent* sent = find_sent(path, message.id)) {
    sent->zone.assign(message.zone);
    sent_.touch(*sent);
    return;
  }
  if (sent_.full()) sent_.erase(*sent_.oldest());
  sent_.insert(hash_of(path, message.id), {std::string(message.zone), path, message.id});
}

std::string NotifyTracker::zone_answered(const Path& path, std::uint16_t id) {
  const Sent* sent = find_sent({path.destination, path.source, path.transport}, id);
  return sent == nullptr ? std::string() : sent->zone;
}

NotifyTracker::Entry* NotifyTracker::find(const IpAddress& sender, const IpAddress& target, std::string_view zone) {
  return table_.find(hash_of(sender, target, zone), [&](const Entry& entry) {
    return entry.sender == sender && entry.target == target && entry.zone == zone;
  });
}

NotifyTracker::Entry& NotifyTracker::find_or_insert(const IpAddress& sender, const IpAddress& target,
                                                    std::string_view zone) {
  if (Entry* entry = find(sender, target, zone)) {
    table_.touch(*entry);
    return *entry;
  }
  if (table_.full()) {
    table_.erase(*table_.oldest());
    ++counters_.notify_evicted;
  }
  return table_.insert(hash_of(sender, target, zone), {.zone = std::string(zone), .sender = sender, .target = target});
}

// The same id and port again is a retry, answered or not (the answer may have been lost behind us); a new id is one
// only while nothing was answered and the serial says that it is about the same (NSD changes the id with each try).
bool NotifyTracker::is_retry(const Exchange& exchange, const Path& path, Moment moment,
                             const NotifyMessage& message) const {
  if (exchange.attempt == 0 || exchange.serial != message.serial || exchange.query_type != message.query_type)
    return false;
  if (moment.time - exchange.last_sent > limits_.notify_retry_window) return false;
  const bool same_message = exchange.id == message.id && exchange.source.port == path.source.port;
  return same_message || (!exchange.answered && message.serial && exchange.transport == path.transport);
}

std::optional<Notify> NotifyTracker::request(const Path& path, Moment moment, const NotifyMessage& message) {
  ++counters_.notify_requests;
  if (!message.serial) ++counters_.notify_without_serial;
  if (message.query_type != kTypeSoa) ++counters_.notify_other_type;
  remember(path, message);
  Entry& entry = find_or_insert(path.source.address, path.destination.address, message.zone);
  auto exchange = std::ranges::find_if(
      entry.exchanges, [&](const Exchange& candidate) { return is_retry(candidate, path, moment, message); });
  if (exchange != entry.exchanges.end()) {
    const bool same_message = exchange->id == message.id && exchange->source.port == path.source.port;
    if (same_message && moment.time - exchange->last_sent < limits_.duplicate_window) {
      ++counters_.notify_duplicates;
      return std::nullopt;
    }
    ++exchange->attempt;
  } else {
    exchange = std::ranges::min_element(entry.exchanges, {},
                                        [](const Exchange& e) { return std::pair(e.attempt != 0, e.last_sent); });
    *exchange = {.serial = message.serial,
                 .query_type = message.query_type,
                 .transport = path.transport,
                 .target_port = path.destination.port,
                 .first = moment,
                 .attempt = 1,
                 .waiting = !message.serial && message.query_type == kTypeSoa};
  }
  exchange->id = message.id;
  exchange->source = path.source;
  exchange->last_sent = moment.time;
  exchange->answered = false;
  return Notify{.message_id = message.id,
                .query_type = message.query_type,
                .serial = message.serial,
                .attempt = exchange->attempt,
                .first_sent = exchange->first.time,
                .tsig_key = message.tsig_key};
}

Notify NotifyTracker::response(const Path& path, Moment moment, const NotifyMessage& message) {
  ++counters_.notify_responses;
  Notify notify{.response = true,
                .message_id = message.id,
                .query_type = message.query_type,
                .rcode = message.rcode,
                .serial = message.serial,
                .first_sent = moment.time,
                .tsig_key = message.tsig_key};
  Entry* entry = find(path.destination.address, path.source.address, message.zone);
  if (entry == nullptr) return notify;
  for (Exchange& exchange : entry->exchanges) {
    if (exchange.attempt == 0 || exchange.id != message.id || exchange.source.port != path.destination.port) continue;
    exchange.answered = true;
    // Who refuses it does not ask about it: what it may ask later is in answer to another one.
    if (message.rcode != kRcodeNoError) exchange.waiting = false;
    notify.request_serial = exchange.serial;
    notify.attempt = exchange.attempt;
    notify.first_sent = exchange.first.time;
    break;
  }
  return notify;
}

std::optional<NotifyTracker::Answered> NotifyTracker::offered(const IpAddress& server, const IpAddress& client,
                                                              std::string_view zone, Serial serial, Timestamp time) {
  Entry* entry = find(server, client, zone);
  if (entry == nullptr) return std::nullopt;
  Exchange* latest = nullptr;
  for (Exchange& exchange : entry->exchanges) {
    const bool fits =
        exchange.waiting && exchange.first.time <= time && time - exchange.first.time <= limits_.notify_answer_window;
    if (fits && (latest == nullptr || exchange.first.time > latest->first.time)) latest = &exchange;
  }
  if (latest == nullptr) return std::nullopt;
  // Earlier ones that nobody asked about are left unattributed: the latest is the tightest that is surely right.
  for (Exchange& exchange : entry->exchanges) exchange.waiting = false;
  Answered answered{.body = {.message_id = latest->id,
                             .query_type = latest->query_type,
                             .answered_with = serial,
                             .attempt = 1,
                             .first_sent = latest->first.time},
                    .path = {.source = latest->source,
                             .destination = {.address = client, .port = latest->target_port},
                             .transport = latest->transport},
                    .moment = latest->first};
  return answered;
}

}  // namespace zonelag::decoder
