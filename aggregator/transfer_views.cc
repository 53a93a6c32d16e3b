#include "transfer_views.h"

#include <algorithm>
#include <span>
#include <tuple>

namespace zonelag::aggregator {
namespace {

using decoder::Serial;
using decoder::TransferFailure;
using decoder::TransferPhase;
using decoder::TransferQuery;
using Entry = TransferViews::Entry;

// The greater outcome is believed. A capture gap says nothing of the transfer, only of the sensor; among the other
// reasons the first in the enumeration, which begins with what the server said.
auto outcome_rank(const TransferView& view) {
  const int phase = view.phase == TransferPhase::completed ? 2 : view.phase == TransferPhase::failed ? 1 : 0;
  const bool gap = view.failure == TransferFailure::capture_gap;
  return std::tuple(phase, !gap, -static_cast<int>(view.failure));
}

std::int64_t number(const std::optional<Serial>& serial) {
  return serial ? static_cast<std::int64_t>(serial->value()) : -1;
}

// Between views of the same outcome: who saw more, then who saw its end earlier; the rest makes the order total.
auto detail_rank(const TransferView& view) {
  return std::tuple(view.asked != TransferQuery::unknown, view.client_serial.has_value(), view.messages, view.records,
                    view.bytes, ~view.last_packet.time_since_epoch().count(), view.asked, view.got, view.rcode,
                    number(view.client_serial), number(view.first_serial), number(view.last_serial));
}

// Views of one transfer lie together, in order of time.
bool is_before(const Entry* left, const Entry* right) {
  const auto rank = [](const TransferKey& key) {
    return std::tie(key.zone, key.server, key.client, key.message_id, key.transport, key.first_packet);
  };
  return rank(left->first) < rank(right->first);
}

bool is_same_transfer(const TransferKey& first, const TransferKey& other) {
  return first.zone == other.zone && first.server == other.server && first.client == other.client &&
         first.message_id == other.message_id && first.transport == other.transport &&
         within(first.first_packet, other.first_packet, kExchangeWindow);
}

// `views`: of one transfer, earliest first.
TransferRow row_of(std::span<const Entry* const> views) {
  const TransferKey& first = views.front()->first;
  TransferView best = views.front()->second;
  for (const Entry* entry : views.subspan(1)) best.merge(entry->second);
  // What the best view missed of the question, another may have seen.
  for (const Entry* entry : views) {
    if (best.asked == TransferQuery::unknown) best.asked = entry->second.asked;
    if (!best.client_serial) best.client_serial = entry->second.client_serial;
    if (!best.first_serial) best.first_serial = entry->second.first_serial;
  }
  return row_of(first, best);
}

}  // namespace

TransferRow row_of(const TransferKey& key, const TransferView& view) {
  TransferRow row;
  row.zone = key.zone;
  row.server = key.server.address;
  row.client = key.client.address;
  row.asked = view.asked;
  row.got = view.got;
  row.from_serial = view.client_serial;
  row.serial = view.phase == TransferPhase::completed && view.last_serial ? view.last_serial : view.first_serial;
  row.started_at = key.first_packet;
  if (view.phase != TransferPhase::started) row.ended_at = view.ended_at;
  row.messages = view.messages;
  row.records = view.records;
  row.bytes = view.bytes;
  row.outcome = view.phase;
  row.reason = view.failure;
  row.rcode = view.rcode;
  return row;
}

TransferView::TransferView(const decoder::Transfer& transfer)
    : phase(transfer.phase),
      // Only a failure has a reason, whatever a foreign sensor may send.
      failure(transfer.phase == TransferPhase::failed ? transfer.failure : TransferFailure::none),
      ended_at(transfer.last_packet),
      last_packet(transfer.last_packet),
      asked(transfer.asked),
      got(transfer.got),
      rcode(transfer.phase == TransferPhase::failed ? transfer.rcode : std::uint8_t{0}),
      client_serial(transfer.client_serial),
      first_serial(transfer.first_serial),
      last_serial(transfer.last_serial),
      messages(transfer.messages),
      records(transfer.records),
      bytes(transfer.bytes) {}

void TransferView::merge(const TransferView& other) {
  const auto mine = outcome_rank(*this);
  const auto theirs = outcome_rank(other);
  if (mine > theirs) return;
  const decoder::Timestamp end = mine < theirs ? other.ended_at : std::min(ended_at, other.ended_at);
  if (mine < theirs || detail_rank(*this) < detail_rank(other)) *this = other;
  ended_at = end;
}

std::vector<TransferRow> transfer_rows(const TransferViews& views) {
  std::vector<const Entry*> entries = views.entries();
  std::ranges::sort(entries, is_before);
  std::vector<TransferRow> rows;
  const std::span<const Entry* const> all(entries);
  for (std::size_t begin = 0; begin < all.size();) {
    std::size_t end = begin + 1;
    while (end < all.size() && is_same_transfer(all[begin]->first, all[end]->first)) ++end;
    rows.push_back(row_of(all.subspan(begin, end - begin)));
    begin = end;
  }
  sort_by_zone_and_time(rows, &TransferRow::started_at);
  return rows;
}

}  // namespace zonelag::aggregator
