#include "statistics.h"

#include <fmt/format.h>

#include <cstdio>
#include <string_view>

namespace zonelag::cli {
namespace {

void line(std::string_view stage, std::string_view name, std::uint64_t value) {
  if (value != 0) fmt::print(stderr, "  {:<7} {:<26} {:>14}\n", stage, name, value);
}

void print_frames(const decoder::FrameCounters& c) {
  line("frames", "packets", c.packets);
  line("frames", "segments", c.segments);
  line("frames", "unknown_link", c.unknown_link);
  line("frames", "not_ip", c.not_ip);
  line("frames", "truncated", c.truncated);
  line("frames", "malformed", c.malformed);
  line("frames", "too_deep", c.too_deep);
  line("frames", "not_udp_tcp", c.not_udp_tcp);
  line("frames", "other_port", c.other_port);
  line("frames", "tls_port", c.tls_port);
  line("frames", "fragments_kept", c.fragments_kept);
  line("frames", "fragments_overlapping", c.fragments_overlapping);
  line("frames", "fragments_duplicate", c.fragments_duplicate);
  line("frames", "datagrams_reassembled", c.datagrams_reassembled);
  line("frames", "datagrams_expired", c.datagrams_expired);
  line("frames", "datagrams_evicted", c.datagrams_evicted);
}

void print_tcp(const decoder::TcpCounters& c) {
  line("tcp", "segments", c.segments);
  line("tcp", "connections", c.connections);
  line("tcp", "connections_half_seen", c.connections_half_seen);
  line("tcp", "connections_evicted", c.connections_evicted);
  line("tcp", "bytes", c.bytes);
  line("tcp", "out_of_order", c.out_of_order);
  line("tcp", "duplicate_bytes", c.duplicate_bytes);
  line("tcp", "holes", c.holes);
  line("tcp", "hole_bytes", c.hole_bytes);
  line("tcp", "held_evicted", c.held_evicted);
  line("tcp", "out_of_window", c.out_of_window);
  line("tcp", "ignored", c.ignored);
}

void print_dns(const decoder::DnsCounters& c) {
  line("dns", "messages", c.messages);
  line("dns", "malformed", c.malformed);
  line("dns", "snapped", c.snapped);
  line("dns", "queries", c.queries);
  line("dns", "responses", c.responses);
  line("dns", "notify_requests", c.notify_requests);
  line("dns", "notify_responses", c.notify_responses);
  line("dns", "transfer_queries", c.transfer_queries);
  line("dns", "transfer_messages", c.transfer_messages);
  line("dns", "updates", c.updates);
  line("dns", "other_opcode", c.other_opcode);
  line("dns", "notify_without_serial", c.notify_without_serial);
  line("dns", "notify_other_type", c.notify_other_type);
  line("dns", "notify_duplicates", c.notify_duplicates);
  line("dns", "notify_evicted", c.notify_evicted);
  line("dns", "served_seen", c.served_seen);
  line("dns", "served_changed", c.served_changed);
  line("dns", "served_flapped", c.served_flapped);
  line("dns", "served_evicted", c.served_evicted);
  line("dns", "transfers_started", c.transfers_started);
  line("dns", "transfers_completed", c.transfers_completed);
  line("dns", "transfers_failed", c.transfers_failed);
  line("dns", "transfers_evicted", c.transfers_evicted);
  line("dns", "transfer_duplicates", c.transfer_duplicates);
  line("dns", "transfer_orphans", c.transfer_orphans);
  line("dns", "records_walked", c.records_walked);
  line("dns", "interests_evicted", c.interests_evicted);
  line("dns", "stream_resyncs", c.stream_resyncs);
  line("dns", "stream_bytes_skipped", c.stream_bytes_skipped);
  line("dns", "messages_not_held", c.messages_not_held);
  line("dns", "failed_connects", c.failed_connects);
}

}  // namespace

void print_statistics(const sensor::Replay& replay) {
  for (const auto& pipeline : replay.pipelines()) {
    fmt::print(stderr, "sensor {}{}\n", pipeline->identity().sensor_id,
               pipeline->identity().node.empty() ? " (mirror port)" : "");
    print_frames(pipeline->decoder().frame_counters());
    print_tcp(pipeline->decoder().tcp_counters());
    print_dns(pipeline->decoder().dns_counters());
    line("events", "events", pipeline->events());
  }
}

}  // namespace zonelag::cli
