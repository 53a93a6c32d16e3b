// Views of transfers, merged into rows. Private to the room.
#pragma once

#include <compare>
#include <vector>

#include "aggregator/exchange_rows.h"
#include "decoder/event.h"
#include "exchange_views.h"

namespace zonelag::aggregator {

struct TransferKey {
  decoder::Timestamp first_packet;
  decoder::Endpoint server;
  decoder::Endpoint client;
  std::uint16_t message_id = 0;
  decoder::Transport transport = decoder::Transport::udp;
  decoder::ZoneName zone;
  friend bool operator==(const TransferKey&, const TransferKey&) = default;
  friend auto operator<=>(const TransferKey&, const TransferKey&) = default;
};

// What was seen of a transfer: the best of the events that describe it.
struct TransferView {
  decoder::TransferPhase phase = decoder::TransferPhase::started;
  decoder::TransferFailure failure = decoder::TransferFailure::none;
  decoder::Timestamp ended_at;  // the earliest last packet among events with this outcome
  decoder::Timestamp last_packet;
  decoder::TransferQuery asked = decoder::TransferQuery::unknown;
  decoder::TransferForm got = decoder::TransferForm::none;
  std::uint8_t rcode = 0;
  std::optional<decoder::Serial> client_serial;
  std::optional<decoder::Serial> first_serial;
  std::optional<decoder::Serial> last_serial;
  std::uint64_t messages = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;

  explicit TransferView(const decoder::Transfer& transfer);
  void merge(const TransferView& other);
};

TransferRow row_of(const TransferKey& key, const TransferView& view);

using TransferViews = ExchangeViews<TransferKey, TransferView>;

std::vector<TransferRow> transfer_rows(const TransferViews& views);

}  // namespace zonelag::aggregator
