// Exchanges between two servers, one row each: a zone transfer, a NOTIFY with its retries and its answer. What
// design.md section 8 prints as "transfer" and "notify" records.
#pragma once

#include <cstdint>
#include <optional>

#include "decoder/event.h"

namespace zonelag::aggregator {

struct TransferRow {
  decoder::ZoneName zone;
  decoder::IpAddress server;
  decoder::IpAddress client;
  decoder::TransferQuery asked = decoder::TransferQuery::unknown;
  decoder::TransferForm got = decoder::TransferForm::none;
  std::optional<decoder::Serial> from_serial;  // of the IXFR query
  std::optional<decoder::Serial> serial;       // completed: what the client now holds; else what the server offered
  decoder::Timestamp started_at;
  std::optional<decoder::Timestamp> ended_at;  // empty: open
  std::uint64_t messages = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  decoder::TransferPhase outcome = decoder::TransferPhase::started;  // started: still open
  decoder::TransferFailure reason = decoder::TransferFailure::none;
  std::uint8_t rcode = 0;  // of a refusal
};

struct NotifyRow {
  decoder::ZoneName zone;
  decoder::IpAddress from;
  decoder::IpAddress to;
  std::optional<decoder::Serial> serial;
  decoder::Timestamp sent_at;  // of the first attempt seen
  std::uint32_t attempts = 1;
  std::optional<decoder::Timestamp> answered_at;
  std::optional<std::uint8_t> rcode;  // of the answer; empty: unanswered
  decoder::Transport transport = decoder::Transport::udp;
};

}  // namespace zonelag::aggregator
