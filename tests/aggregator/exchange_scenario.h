// Transfers and NOTIFYs between two hosts as events, and what an ExchangeLog makes of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "aggregator/exchanges.h"

namespace zonelag::aggregator {

inline constexpr decoder::Timestamp kNoon{std::chrono::seconds(1'795'176'000)};  // 2026-11-20 12:00:00 UTC

// Of an IXFR from serial 1 to serial 2.
decoder::Transfer started(decoder::Timestamp first, decoder::Timestamp last);
decoder::Transfer completed(decoder::Timestamp first, decoder::Timestamp last);
decoder::Transfer failed(decoder::Timestamp first, decoder::Timestamp last, decoder::TransferFailure failure);
decoder::Event event(const decoder::Transfer& body, const char* zone = "example.at");

struct Sent {
  std::uint16_t id = 9;
  std::optional<decoder::Serial> serial = decoder::Serial(2);
  std::uint32_t attempt = 1;
  std::optional<decoder::Serial> answered_with;
};

// A NOTIFY, and the answer to one.
decoder::Event request(decoder::Timestamp first_sent, decoder::Timestamp captured_at, const Sent& sent = {});
decoder::Event answer(decoder::Timestamp first_sent, decoder::Timestamp captured_at, std::uint16_t id = 9,
                      std::uint8_t rcode = 0);

ExchangeLog log_of(const std::vector<decoder::Event>& events, ExchangeLimits limits = {});
std::vector<TransferRow> transfers_of(const std::vector<decoder::Event>& events, ExchangeLimits limits = {});
std::vector<NotifyRow> notifies_of(const std::vector<decoder::Event>& events, ExchangeLimits limits = {});

}  // namespace zonelag::aggregator
