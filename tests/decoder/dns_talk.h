// A client and a server that talk DNS into a DnsDecoder; what it tells, as words.
#pragma once

#include <string>

#include "dns_decoder.h"
#include "dns_messages.h"

namespace zonelag::decoder::test {

class WordSink final : public EventSink {
 public:
  void event(Event&& event, std::uint64_t, Bytes) override {
    const std::string what = std::visit([](const auto& body) { return words(body); }, event.body);
    words_ += (words_.empty() ? "" : "; ") + event.zone.to_text() + " " + what;
    last = std::move(event);
  }
  // Since the last time.
  std::string take() { return std::exchange(words_, {}); }

  Event last;

 private:
  static std::string serial(const std::optional<Serial>& of) { return of ? std::to_string(of->value()) : "-"; }
  static std::string words(const Transfer& transfer) {
    std::string all = to_string(transfer.phase);
    if (transfer.phase == TransferPhase::started) return all + " " + serial(transfer.first_serial);
    if (transfer.phase == TransferPhase::failed) return all + " " + to_string(transfer.failure);
    return all + " " + to_string(transfer.got) + " " + serial(transfer.last_serial) + " of " +
           std::to_string(transfer.records);
  }
  static std::string words(const Notify& notify) {
    if (notify.answered_with) return "notify answered with " + serial(notify.answered_with);
    if (notify.response)
      return "notify answer " + std::to_string(notify.rcode) + " to " + serial(notify.request_serial);
    return "notify " + serial(notify.serial);
  }
  static std::string words(const Served& served) {
    return "serves " + serial(served.serial) + " by " + to_string(served.via) + " after " + serial(served.previous);
  }
  static std::string words(const Stamp& stamp) { return "stamp " + stamp.owner + "=" + stamp.value; }
  static std::string words(const Status&) { return "status"; }

  std::string words_;
};

class DnsTalk {
 public:
  explicit DnsTalk(DnsLimits limits = {}, const Signals& signals = {}) : decoder(limits, sink) {
    decoder.watch(signals);
  }

  // TCP. One connection, begun again after its end.
  void start() {
    connection_.first_packet = next().time;
    decoder.tcp_started(connection_);
  }
  void client(const std::string& bytes) { decoder.tcp_data(connection_, Side::client, next(), bytes_of(bytes)); }
  void server(const std::string& bytes) { decoder.tcp_data(connection_, Side::server, next(), bytes_of(bytes)); }
  void server_hole(std::uint64_t length) { decoder.tcp_hole(connection_, Side::server, next(), length); }
  void client_hole(std::uint64_t length) { decoder.tcp_hole(connection_, Side::client, next(), length); }
  void fin(Side from) { decoder.tcp_fin(connection_, from, next()); }
  void end(TcpEnd how) { decoder.tcp_ended(connection_, how, next()); }

  // UDP.
  void udp_client(const Message& message) { datagram({client_end, server_end}, message.bytes()); }
  void udp_server(const Message& message) { datagram({server_end, client_end}, message.bytes()); }
  void datagram(const Path& path, const std::string& bytes, std::uint32_t missing = 0) {
    next();
    decoder.datagram({.time = now_.time,
                      .packet = now_.packet,
                      .source = path.source,
                      .destination = path.destination,
                      .payload = bytes_of(bytes),
                      .missing = missing});
  }
  void wait(Duration time) { decoder.advance(now_.time += time); }

  std::string told() { return sink.take(); }
  const DnsCounters& counters() const { return decoder.counters(); }

  Endpoint client_end{*IpAddress::parse("192.0.2.1"), 40'000};
  Endpoint server_end{*IpAddress::parse("192.0.2.53"), 53};
  WordSink sink;
  DnsDecoder decoder;

 private:
  Moment next() { return now_ = {now_.time + std::chrono::milliseconds(1), now_.packet + 1}; }

  TcpConnection connection_{.client = client_end, .server = server_end};
  Moment now_{.time = Timestamp(std::chrono::seconds(1'800'000'000))};
};

}  // namespace zonelag::decoder::test
