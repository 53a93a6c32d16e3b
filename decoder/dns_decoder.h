// DNS messages, from UDP datagrams and TCP streams, to the trackers, and from these to events.
#pragma once

#include <memory>
#include <vector>

#include "decoder/dns_message.h"
#include "decoder/dns_sink.h"
#include "interest.h"
#include "message_stream.h"
#include "notify.h"
#include "served.h"
#include "transfer_tracker.h"

namespace zonelag::decoder {

class DnsDecoder final : public TcpSink, private TransferSink {
 public:
  DnsDecoder(const DnsLimits& limits, EventSink& sink);

  void datagram(const Segment& segment);
  void advance(Timestamp now) { transfers_.advance(now); }
  const DnsCounters& counters() const { return counters_; }

  void tcp_started(const TcpConnection& connection) override;
  void tcp_data(const TcpConnection& connection, Side from, Moment moment, Bytes bytes) override;
  void tcp_hole(const TcpConnection& connection, Side from, Moment moment, std::uint64_t length) override;
  void tcp_fin(const TcpConnection& connection, Side from, Moment moment) override;
  void tcp_ended(const TcpConnection& connection, TcpEnd end, Moment moment) override;

 private:
  struct Connection {
    MessageStream client;
    MessageStream server;
    OpenTransfers transfers;
    bool server_seen = false;
  };

  // One message and its surroundings, for the time of its reading.
  struct Reading {
    const Path& path;
    Moment moment;
    Bytes message;
    bool snapped = false;
    Connection* connection = nullptr;  // TCP
    bool from_server = false;          // TCP
    Header header{};
    Question question{};
    std::size_t behind_question = kHeaderLength;
  };

  // What is looked for behind the question of a NOTIFY or a transfer query.
  struct Extras {
    std::optional<Serial> answer_serial;  // of the zone's SOA
    std::optional<Serial> authority_serial;
    std::string tsig_key;
  };

  class SideHandler;

  void message(Reading reading);
  void query(Reading& reading);
  void transfer_query(Reading& reading);
  void response(Reading& reading);
  // Whether a response, its question read, is a transfer's.
  static bool of_transfer(const Reading& reading);
  void transfer_response(Reading& reading);
  void walk_whole(Reading& reading, OpenTransfer& transfer);
  // The open transfer that a response over TCP, its question read, belongs to; null: none.
  OpenTransfer* transfer_of(const Reading& reading);
  TransferRequest request_of(const Reading& reading, NameBuffer& zone) const;
  void authoritative(Reading& reading);
  bool see_soa(Reading& reading, const Record& record, ServedVia via);
  void see_zone_version(Reading& reading, const Record& opt);
  void sighting(Reading& reading, const ServedSighting& sighting);
  void offered(const Path& path, std::string_view zone, Serial serial, Moment moment);
  void notify(Reading& reading);
  void notify_response(const Reading& reading, const NotifyMessage& message);
  void notify_without_question(const Reading& reading);
  bool read_extras(const Reading& reading, std::string_view zone, Extras& extras) const;
  void malformed(const Reading& reading);

  void transfer(const Path& path, Moment moment, std::string_view zone, Transfer&& body, Bytes message) override;
  void failed_connect(const TcpConnection& connection, TransferFailure failure, Moment moment);
  template <typename Body>
  void emit(const Path& path, Moment moment, std::string_view zone, Body&& body, Bytes message);

  DnsLimits limits_;
  EventSink& sink_;
  DnsCounters counters_;
  HeldBudget held_;
  ServedTracker served_;
  NotifyTracker notifies_;
  InterestTable interests_;
  TransferTracker transfers_;
  std::vector<std::unique_ptr<Connection>> connections_;  // by TcpConnection::slot
};

}  // namespace zonelag::decoder
