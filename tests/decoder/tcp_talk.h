// Two endpoints that talk TCP into a reassembler, by stream offsets: 0 is the byte behind the SYN.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "checking_tcp_sink.h"
#include "decoder/tcp.h"

namespace zonelag::decoder {

inline Endpoint endpoint(const char* address, std::uint16_t port) { return {*IpAddress::parse(address), port}; }

class TcpTalk {
 public:
  explicit TcpTalk(TcpLimits limits = {}) : limits_(limits), tcp(limits, sink, {53}) {}

  // What goes out next is of this connection; its numbers begin anew.
  void use(Endpoint client_end, Endpoint server_end) {
    ends_ = {client_end, server_end};
    acked_ = {};
  }
  void use_port(std::uint16_t port) { use(endpoint("192.0.2.1", port), endpoint("192.0.2.53", 53)); }
  void isn(Side side, std::uint32_t number) { isn_[index(side)] = number; }

  void syn(std::string_view data = {}) { put(Side::client, -1, data, kSyn); }
  void syn_ack() { put(Side::server, -1, {}, kSyn | kAck); }
  void open() {
    syn();
    syn_ack();
    put(Side::client, 0, {}, kAck);
  }
  void send(Side from, std::int64_t offset, std::string_view data, std::uint32_t missing = 0) {
    put(from, offset, data, kAck | kPsh, missing);
  }
  void client(std::int64_t offset, std::string_view data) { send(Side::client, offset, data); }
  void server(std::int64_t offset, std::string_view data) { send(Side::server, offset, data); }
  // `from` acknowledges all before `offset` of the other side, and goes on doing so. `own`: where its stream is.
  void ack(Side from, std::int64_t offset, std::int64_t own = 0) {
    acked_[index(from)] = offset;
    put(from, own, {}, kAck);
  }
  void fin(Side from, std::int64_t offset, std::string_view data = {}) { put(from, offset, data, kFin | kAck); }
  void rst(Side from, std::int64_t offset) { put(from, offset, {}, kRst); }

  // RFC 9293 section 3.10.7.1: sequence number 0.
  void refuse(std::int64_t acknowledged) {
    acked_[index(Side::server)] = acknowledged;
    put(Side::server, -1 - static_cast<std::int64_t>(isn_[index(Side::server)]), {}, kRst | kAck);
  }

  void put(Side from, std::int64_t offset, std::string_view data, int flags, std::uint32_t missing = 0) {
    const Side to = other(from);
    Segment segment;
    segment.time = now += step;
    segment.packet = ++packet;
    segment.transport = Transport::tcp;
    segment.source = ends_[index(from)];
    segment.destination = ends_[index(to)];
    segment.payload = {reinterpret_cast<const std::byte*>(data.data()), data.size()};
    segment.missing = missing;
    segment.sequence = number(from, offset);
    segment.acknowledgement = (flags & kAck) != 0 ? number(to, acked_[index(from)]) : 0;
    segment.flags = static_cast<std::uint8_t>(flags);
    give(segment);
  }
  void give(const Segment& segment) {
    tcp.segment(segment);
    sink.check(tcp, limits_);
  }
  void wait(Duration time) {
    tcp.advance(now += time);
    sink.check(tcp, limits_);
  }
  void finish() {
    tcp.finish();
    sink.check(tcp, limits_);
  }

  const SeenConnection& seen(std::size_t which = 0) const { return sink.seen().at(which); }
  const std::string& log(std::size_t which = 0) const { return seen(which).log; }
  const TcpCounters& counters() const { return tcp.counters(); }

  CheckingTcpSink sink;

 private:
  static std::size_t index(Side side) { return static_cast<std::size_t>(side); }
  std::uint32_t number(Side side, std::int64_t offset) const {
    return isn_[index(side)] + 1 + static_cast<std::uint32_t>(offset);
  }

  TcpLimits limits_;
  std::array<Endpoint, 2> ends_{endpoint("192.0.2.1", 40'000), endpoint("192.0.2.53", 53)};
  std::array<std::uint32_t, 2> isn_{1000, 5'000'000};
  std::array<std::int64_t, 2> acked_{};

 public:
  TcpReassembler tcp;
  Timestamp now{std::chrono::seconds(1'800'000'000)};
  Duration step = std::chrono::milliseconds(1);
  std::uint64_t packet = 0;
};

}  // namespace zonelag::decoder
