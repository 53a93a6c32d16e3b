// What the DNS layer's parts share: how a message came, whom they tell, what they count, how much they keep.
#pragma once

#include <cstdint>

#include "decoder/cursor.h"
#include "decoder/event.h"
#include "decoder/tcp.h"

namespace zonelag::decoder {

// Takes events. `message`: the DNS message that made the event, a view for the call only; empty when it was streamed
// through without being held (see DnsLimits::keep_messages).
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void event(Event&& event, std::uint64_t packet, Bytes message) = 0;
};

// The way of one message.
struct Path {
  Endpoint source;
  Endpoint destination;
  Transport transport = Transport::udp;
};

struct DnsLimits {
  std::uint32_t max_served = 1U << 21;        // (server address, zone) pairs
  std::uint32_t max_stamps = 4096;            // (server address, owner) pairs
  std::size_t max_stamp_bytes = 512;          // of a stamp's value; a longer one is not reported
  std::uint32_t max_notify_pairs = 1U << 18;  // (sender, target, zone)
  std::uint32_t max_interests = 1U << 16;     // (primary, secondary) pairs between which a transfer is due
  std::uint32_t max_udp_transfers = 1U << 16;
  std::uint32_t max_transfers = 1U << 18;  // open over TCP, of all connections
  std::uint32_t max_transfers_of_connection = 1024;
  std::size_t max_held_bytes = 16U << 20;  // incomplete TCP messages that must be whole to be read
  Duration udp_timeout = std::chrono::seconds(30);
  Duration notify_retry_window = std::chrono::seconds(60);     // a later NOTIFY is no retry
  Duration notify_answer_window = std::chrono::minutes(10);    // a later SOA answer is not in answer to a NOTIFY
  Duration duplicate_window = std::chrono::milliseconds(100);  // the same message again so soon: a mirror port's copy
  Duration interest_window = std::chrono::seconds(60);
  // Hold every message until it is whole, so that EventSink gets it: for explain, not for line rate.
  bool keep_messages = false;
};

struct DnsCounters {
  std::uint64_t messages = 0;  // = the sum of those down to other_opcode
  std::uint64_t malformed = 0;
  std::uint64_t snapped = 0;  // not captured far enough to be read
  std::uint64_t queries = 0;
  std::uint64_t responses = 0;
  std::uint64_t notify_requests = 0;
  std::uint64_t notify_responses = 0;
  std::uint64_t transfer_queries = 0;
  std::uint64_t transfer_messages = 0;
  std::uint64_t updates = 0;
  std::uint64_t other_opcode = 0;

  std::uint64_t notify_without_serial = 0;
  std::uint64_t notify_other_type = 0;  // QTYPE other than SOA (RFC 9859)
  std::uint64_t notify_duplicates = 0;  // the same copy again: counted, no event
  std::uint64_t notify_evicted = 0;
  std::uint64_t served_seen = 0;  // authoritative answers that showed a serial
  std::uint64_t served_changed = 0;
  std::uint64_t served_flapped = 0;  // an older serial again, shortly after a change
  std::uint64_t served_evicted = 0;
  std::uint64_t stamps_seen = 0;  // authoritative answers with a watched TXT record, once for each owner
  std::uint64_t stamps_changed = 0;
  std::uint64_t stamps_flapped = 0;   // an older value again, shortly after a change
  std::uint64_t stamps_too_long = 0;  // more than max_stamp_bytes
  std::uint64_t stamps_evicted = 0;
  std::uint64_t transfers_started = 0;
  std::uint64_t transfers_completed = 0;
  std::uint64_t transfers_failed = 0;
  std::uint64_t transfers_evicted = 0;
  std::uint64_t transfer_duplicates = 0;  // over UDP: the same answer again so soon: counted, no event
  std::uint64_t transfer_orphans = 0;     // answers of a transfer whose start was not seen
  std::uint64_t records_walked = 0;
  std::uint64_t interests_evicted = 0;
  std::uint64_t stream_resyncs = 0;
  std::uint64_t stream_bytes_skipped = 0;
  std::uint64_t messages_not_held = 0;  // TCP messages passed over because max_held_bytes was reached
  std::uint64_t failed_connects = 0;    // refused or timed out, with or without a known zone
};

}  // namespace zonelag::decoder
