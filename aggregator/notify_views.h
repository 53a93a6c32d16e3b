// Views of NOTIFY requests and answers, merged into rows. Private to the room.
#pragma once

#include <compare>
#include <optional>
#include <vector>

#include "aggregator/exchange_rows.h"
#include "decoder/event.h"
#include "exchange_views.h"

namespace zonelag::aggregator {

struct NotifyKey {
  decoder::Timestamp first_sent;
  bool response = false;
  decoder::Endpoint from;  // the sender of the request, also in an answer's key
  decoder::Endpoint to;
  decoder::Transport transport = decoder::Transport::udp;
  std::uint16_t message_id = 0;
  std::optional<std::uint32_t> serial;  // of the request; an answer need not repeat it, so has none here
  decoder::ZoneName zone;

  explicit NotifyKey(const decoder::Event& event, const decoder::Notify& notify);
  friend bool operator==(const NotifyKey&, const NotifyKey&) = default;
  friend auto operator<=>(const NotifyKey&, const NotifyKey&) = default;
};

struct NotifyView {
  std::uint32_t attempt = 1;  // of requests: the highest
  decoder::Timestamp first;   // message of this view
  decoder::Timestamp last;
  std::uint8_t rcode = 0;  // of the first answer
  std::optional<std::uint32_t> answered_with;

  explicit NotifyView(const decoder::Event& event, const decoder::Notify& notify);
  void merge(const NotifyView& other);
};

using NotifyViews = ExchangeViews<NotifyKey, NotifyView>;

std::vector<NotifyRow> notify_rows(const NotifyViews& views);

}  // namespace zonelag::aggregator
