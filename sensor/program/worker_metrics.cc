#include "metrics_table.h"

namespace zonelag::sensor {
namespace {

using decoder::DecoderSizes;
using decoder::DnsCounters;
using decoder::FrameCounters;
using decoder::TcpCounters;

// A counter of one of the decoder's structs, as a row.
template <std::uint64_t CaptureFigures::* member>
constexpr WorkerValue kCapture = [](const WorkerFigures& worker) { return worker.capture.*member; };
template <std::uint64_t FrameCounters::* member>
constexpr WorkerValue kFrame = [](const WorkerFigures& worker) { return worker.frame.*member; };
template <std::uint64_t TcpCounters::* member>
constexpr WorkerValue kTcp = [](const WorkerFigures& worker) { return worker.tcp.*member; };
template <std::uint64_t DnsCounters::* member>
constexpr WorkerValue kDns = [](const WorkerFigures& worker) { return worker.dns.*member; };
template <auto member>
constexpr WorkerValue kSize = [](const WorkerFigures& worker) { return std::uint64_t{worker.sizes.*member}; };

using Families = std::vector<WorkerFamily>;
constexpr auto kCounter = MetricKind::counter;
constexpr auto kGauge = MetricKind::gauge;

void add(Families& all, Families&& more) { all.insert(all.end(), more.begin(), more.end()); }

Families capture_families() {
  return {
      {"zonelag_sensor_packets_total",
       kCounter,
       "Packets taken from the capture.",
       "",
       {{"", "capture_packets", kCapture<&CaptureFigures::packets>}}},
      {"zonelag_sensor_packet_bytes_total",
       kCounter,
       "Bytes of these packets, as they were on the wire.",
       "",
       {{"", "capture_bytes", kCapture<&CaptureFigures::bytes>}}},
      {"zonelag_sensor_packets_dropped_total",
       kCounter,
       "Packets lost before they were taken: by the kernel or the DPDK queue because the sensor did not keep up "
       "(reason ring), or by the network card, as far as it tells (reason interface).",
       "reason",
       {{"ring", "capture_dropped", kCapture<&CaptureFigures::dropped>},
        {"interface", "capture_interface_dropped", kCapture<&CaptureFigures::interface_dropped>}}},
      {"zonelag_sensor_drops_known",
       kGauge,
       "1 where the capture counts its drops, 0 where the driver does not tell (DPDK's net_af_packet).",
       "",
       {{"", "", [](const WorkerFigures& worker) { return std::uint64_t{worker.capture.drops_known}; }}}},
      {"zonelag_sensor_capture_ended",
       kGauge,
       "1 when nothing more will be captured by this worker.",
       "",
       {{"", "", [](const WorkerFigures& worker) { return std::uint64_t{worker.ended}; }}}},
  };
}

Families frame_families() {
  return {
      {"zonelag_sensor_frames_total",
       kCounter,
       "Frames that came to the decoder: the sum of those used, not used and kept as fragments.",
       "",
       {{"", "frame_packets", kFrame<&FrameCounters::packets>}}},
      {"zonelag_sensor_segments_total",
       kCounter,
       "UDP datagrams and TCP segments of a DNS port that were handed on.",
       "",
       {{"", "frame_segments", kFrame<&FrameCounters::segments>}}},
      {"zonelag_sensor_frames_not_used_total",
       kCounter,
       "Frames that ended before the DNS layer, by why. tls_port: DNS over TLS, which can't be read.",
       "reason",
       {{"unknown_link", "frame_unknown_link", kFrame<&FrameCounters::unknown_link>},
        {"not_ip", "frame_not_ip", kFrame<&FrameCounters::not_ip>},
        {"truncated", "frame_truncated", kFrame<&FrameCounters::truncated>},
        {"malformed", "frame_malformed", kFrame<&FrameCounters::malformed>},
        {"too_deep", "frame_too_deep", kFrame<&FrameCounters::too_deep>},
        {"not_udp_tcp", "frame_not_udp_tcp", kFrame<&FrameCounters::not_udp_tcp>},
        {"other_port", "frame_other_port", kFrame<&FrameCounters::other_port>},
        {"tls_port", "frame_tls_port", kFrame<&FrameCounters::tls_port>},
        {"fragment_overlapping", "frame_fragments_overlapping", kFrame<&FrameCounters::fragments_overlapping>},
        {"fragment_duplicate", "frame_fragments_duplicate", kFrame<&FrameCounters::fragments_duplicate>},
        {"duplicate", "frame_duplicates", kFrame<&FrameCounters::duplicates>}}},
      {"zonelag_sensor_fragments_kept_total",
       kCounter,
       "IP fragments kept to wait for the rest of their datagram.",
       "",
       {{"", "frame_fragments_kept", kFrame<&FrameCounters::fragments_kept>}}},
      {"zonelag_sensor_fragmented_datagrams_total",
       kCounter,
       "Fragmented datagrams by what became of them: put together, timed out, or pushed out by a limit.",
       "result",
       {{"reassembled", "frame_datagrams_reassembled", kFrame<&FrameCounters::datagrams_reassembled>},
        {"expired", "frame_datagrams_expired", kFrame<&FrameCounters::datagrams_expired>},
        {"evicted", "frame_datagrams_evicted", kFrame<&FrameCounters::datagrams_evicted>}}},
  };
}

Families tcp_families() {
  return {
      {"zonelag_sensor_tcp_segments_total",
       kCounter,
       "TCP segments of DNS ports.",
       "",
       {{"", "tcp_segments", kTcp<&TcpCounters::segments>}}},
      {"zonelag_sensor_tcp_connections_total",
       kCounter,
       "TCP connections that were followed, those included whose start was not captured.",
       "",
       {{"", "tcp_connections", kTcp<&TcpCounters::connections>}}},
      {"zonelag_sensor_tcp_connections_half_seen_total",
       kCounter,
       "TCP connections whose start was not captured.",
       "",
       {{"", "tcp_connections_half_seen", kTcp<&TcpCounters::connections_half_seen>}}},
      {"zonelag_sensor_tcp_bytes_total",
       kCounter,
       "Bytes of TCP streams that were read in order.",
       "",
       {{"", "tcp_bytes", kTcp<&TcpCounters::bytes>}}},
      {"zonelag_sensor_tcp_hole_bytes_total",
       kCounter,
       "Bytes of TCP streams that the capture did not show.",
       "",
       {{"", "tcp_hole_bytes", kTcp<&TcpCounters::hole_bytes>}}},
      {"zonelag_sensor_tcp_duplicate_bytes_total",
       kCounter,
       "Bytes of TCP streams that came again and were dropped.",
       "",
       {{"", "tcp_duplicate_bytes", kTcp<&TcpCounters::duplicate_bytes>}}},
      {"zonelag_sensor_tcp_anomalies_total",
       kCounter,
       "What was not a plain stream of segments: held out of order, holes, holes given up early because a memory limit "
       "was reached, sequence numbers that can't belong to the connection, and segments of no known connection.",
       "reason",
       {{"out_of_order", "tcp_out_of_order", kTcp<&TcpCounters::out_of_order>},
        {"hole", "tcp_holes", kTcp<&TcpCounters::holes>},
        {"held_evicted", "tcp_held_evicted", kTcp<&TcpCounters::held_evicted>},
        {"out_of_window", "tcp_out_of_window", kTcp<&TcpCounters::out_of_window>},
        {"ignored", "tcp_ignored", kTcp<&TcpCounters::ignored>}}},
  };
}

Families dns_families() {
  return {
      {"zonelag_sensor_dns_messages_total",
       kCounter,
       "DNS messages by what they were; malformed and snapped ones could not be read.",
       "kind",
       {{"malformed", "dns_malformed", kDns<&DnsCounters::malformed>},
        {"snapped", "dns_snapped", kDns<&DnsCounters::snapped>},
        {"query", "dns_queries", kDns<&DnsCounters::queries>},
        {"response", "dns_responses", kDns<&DnsCounters::responses>},
        {"notify_request", "dns_notify_requests", kDns<&DnsCounters::notify_requests>},
        {"notify_response", "dns_notify_responses", kDns<&DnsCounters::notify_responses>},
        {"transfer_query", "dns_transfer_queries", kDns<&DnsCounters::transfer_queries>},
        {"transfer_message", "dns_transfer_messages", kDns<&DnsCounters::transfer_messages>},
        {"update", "dns_updates", kDns<&DnsCounters::updates>},
        {"other_opcode", "dns_other_opcode", kDns<&DnsCounters::other_opcode>}}},
      {"zonelag_sensor_dns_all_messages_total",
       kCounter,
       "DNS messages of all kinds.",
       "",
       {{"", "dns_messages", kDns<&DnsCounters::messages>}}},
      {"zonelag_sensor_notifies_special_total",
       kCounter,
       "NOTIFY messages that tell less than others: without a serial, of another type than SOA (RFC 9859), or a second "
       "copy of the same one.",
       "reason",
       {{"without_serial", "dns_notify_without_serial", kDns<&DnsCounters::notify_without_serial>},
        {"other_type", "dns_notify_other_type", kDns<&DnsCounters::notify_other_type>},
        {"duplicate", "dns_notify_duplicates", kDns<&DnsCounters::notify_duplicates>}}},
      {"zonelag_sensor_served_answers_total",
       kCounter,
       "Authoritative answers of the watched servers that showed a serial.",
       "",
       {{"", "dns_served_seen", kDns<&DnsCounters::served_seen>}}},
      {"zonelag_sensor_served_changes_total",
       kCounter,
       "What these answers showed: a new serial (an event), or an older one again shortly after a change (none).",
       "result",
       {{"changed", "dns_served_changed", kDns<&DnsCounters::served_changed>},
        {"flapped", "dns_served_flapped", kDns<&DnsCounters::served_flapped>}}},
      {"zonelag_sensor_stamp_answers_total",
       kCounter,
       "Authoritative answers with a watched TXT record.",
       "",
       {{"", "dns_stamps_seen", kDns<&DnsCounters::stamps_seen>}}},
      {"zonelag_sensor_stamp_changes_total",
       kCounter,
       "Values of watched TXT records that were not the last one: changed or seen first, an older one again shortly "
       "after "
       "a change (flapped), or too long to be reported.",
       "result",
       {{"changed", "dns_stamps_changed", kDns<&DnsCounters::stamps_changed>},
        {"flapped", "dns_stamps_flapped", kDns<&DnsCounters::stamps_flapped>},
        {"too_long", "dns_stamps_too_long", kDns<&DnsCounters::stamps_too_long>}}},
      {"zonelag_sensor_transfers_total",
       kCounter,
       "Zone transfers by how far they came. orphan: answers of a transfer whose start was not seen; duplicate: the "
       "same "
       "answer over UDP again.",
       "result",
       {{"started", "dns_transfers_started", kDns<&DnsCounters::transfers_started>},
        {"completed", "dns_transfers_completed", kDns<&DnsCounters::transfers_completed>},
        {"failed", "dns_transfers_failed", kDns<&DnsCounters::transfers_failed>},
        {"orphan", "dns_transfer_orphans", kDns<&DnsCounters::transfer_orphans>},
        {"duplicate", "dns_transfer_duplicates", kDns<&DnsCounters::transfer_duplicates>}}},
      {"zonelag_sensor_transfer_records_total",
       kCounter,
       "Resource records of zone transfers that were read.",
       "",
       {{"", "dns_records_walked", kDns<&DnsCounters::records_walked>}}},
      {"zonelag_sensor_failed_connects_total",
       kCounter,
       "TCP connections to a DNS port that were refused or never answered.",
       "",
       {{"", "dns_failed_connects", kDns<&DnsCounters::failed_connects>}}},
      {"zonelag_sensor_dns_stream_anomalies_total",
       kCounter,
       "DNS over TCP: the beginning of a message was searched for again after a hole, or a message was passed over "
       "because a memory limit was reached.",
       "reason",
       {{"resync", "dns_stream_resyncs", kDns<&DnsCounters::stream_resyncs>},
        {"not_held", "dns_messages_not_held", kDns<&DnsCounters::messages_not_held>}}},
      {"zonelag_sensor_dns_stream_skipped_bytes_total",
       kCounter,
       "Bytes of DNS over TCP passed over on the search for the beginning of a message.",
       "",
       {{"", "dns_stream_bytes_skipped", kDns<&DnsCounters::stream_bytes_skipped>}}},
  };
}

Families table_families() {
  return {
      {"zonelag_sensor_table_evictions_total",
       kCounter,
       "Entries pushed out of a table that had reached its limit: what they stood for is known no more.",
       "table",
       {{"connections", "tcp_connections_evicted", kTcp<&TcpCounters::connections_evicted>},
        {"transfers", "dns_transfers_evicted", kDns<&DnsCounters::transfers_evicted>},
        {"served", "dns_served_evicted", kDns<&DnsCounters::served_evicted>},
        {"notify_pairs", "dns_notify_evicted", kDns<&DnsCounters::notify_evicted>},
        {"interests", "dns_interests_evicted", kDns<&DnsCounters::interests_evicted>},
        {"stamps", "dns_stamps_evicted", kDns<&DnsCounters::stamps_evicted>},
        {"duplicates", "frame_duplicates_evicted", kFrame<&FrameCounters::duplicates_evicted>}}},
      {"zonelag_sensor_table_entries",
       kGauge,
       "Entries of the tables now: open TCP connections, open transfers, zones seen served by an address, pairs "
       "between "
       "which a NOTIFY was seen, watched TXT records.",
       "table",
       {{"connections", "open_connections", kSize<&DecoderSizes::tcp_connections>},
        {"transfers", "open_transfers", kSize<&DecoderSizes::transfers>},
        {"served", "served_entries", kSize<&DecoderSizes::served>},
        {"notify_pairs", "notify_pairs", kSize<&DecoderSizes::notify_pairs>},
        {"stamps", "stamps_entries", kSize<&DecoderSizes::stamps>}}},
      {"zonelag_sensor_held_bytes",
       kGauge,
       "Memory now held for TCP data out of order and DNS messages that are not complete.",
       "",
       {{"", "held_bytes",
         [](const WorkerFigures& worker) {
           return std::uint64_t{worker.sizes.tcp_held_bytes + worker.sizes.dns_held_bytes};
         }}}},
  };
}

}  // namespace

const std::vector<WorkerFamily>& worker_families() {
  static const Families families = [] {
    Families all = capture_families();
    add(all, frame_families());
    add(all, tcp_families());
    add(all, dns_families());
    add(all, table_families());
    return all;
  }();
  return families;
}

}  // namespace zonelag::sensor
