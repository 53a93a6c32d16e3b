// DNS messages, from UDP datagrams and TCP streams, to the trackers, and from these to events.
#pragma once

#include <memory>
#include <unordered_set>
#include <utility>
#include <vector>

#include "decoder/decoder.h"
#include "decoder/dns_message.h"
#include "decoder/dns_sink.h"
#include "interest.h"
#include "message_stream.h"
#include "notify.h"
#include "served.h"
#include "stamp.h"
#include "transfer_tracker.h"

namespace zonelag::decoder {

class DnsDecoder final : public TcpSink, private TransferSink {
 public:
  DnsDecoder(const DnsLimits& limits, EventSink& sink);

  // As Decoder::watch().
  void watch(const Signals& signals);

  void datagram(const Segment& segment);
  void advance(Timestamp now) { transfers_.advance(now); }
  const DnsCounters& counters() const { return counters_; }
  // The DNS part of them.
  DecoderSizes sizes() const;

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

  // One message and its surroundings, for the time of its reading. References: a copy of what has just been written in
  // smaller parts costs more than all else that is done with most messages.
  struct Reading {
    const Endpoint& source;
    const Endpoint& destination;
    Transport transport = Transport::udp;
    Moment moment;
    const Bytes& message;
    bool snapped = false;
    Connection* connection = nullptr;  // TCP
    bool from_server = false;          // TCP
    Header header{};
    Question question{};
    std::size_t behind_question = kHeaderLength;

    Path path() const { return {source, destination, transport}; }
  };

  // What is looked for behind the question of a NOTIFY or a transfer query.
  struct Extras {
    std::optional<Serial> answer_serial;  // of the zone's SOA
    std::optional<Serial> authority_serial;
    std::string tsig_key;
  };

  // What is looked for in one authoritative answer.
  struct Wanted {
    bool served = false;
    bool stamps = false;
    bool offered = false;  // to whom a NOTIFY without serial was sent
  };

  class SideHandler;

  void message(Reading& reading);
  void query(Reading& reading);
  void transfer_query(Reading& reading);
  void response(Reading& reading);
  // Whether a response, its question read, is a transfer's.
  bool of_transfer(const Reading& reading) const;
  // Whether anything is to be known of transfers: only events need more than their first SOA.
  bool follows_transfers() const { return signals_.transfer || signals_.notify; }
  // After a message of this transfer: forgets it, unless all of it is looked for.
  void pass_over(OpenTransfers& transfers, std::uint16_t id);
  void transfer_response(Reading& reading);
  void walk_whole(Reading& reading, OpenTransfer& transfer);
  // The open transfer that a response over TCP, its question read, belongs to; null: none.
  OpenTransfer* transfer_of(const Reading& reading);
  TransferRequest request_of(const Reading& reading, NameBuffer& zone) const;
  Wanted wanted_of(const Reading& reading);
  void authoritative(Reading& reading);
  void behind_answers(Reading& reading, std::size_t offset, const Wanted& wanted);
  // Most answers come from the server that the last one came from.
  bool is_watched(const IpAddress& server) {
    if (signals_.all_servers) return true;
    if (server != last_server_) {
      last_server_ = server;
      last_is_watched_ = servers_.contains(server);
    }
    return last_is_watched_;
  }
  bool see_soa(Reading& reading, const Record& record, ServedVia via, const Wanted& wanted);
  bool see_text(const Reading& reading, const Record& record, AnswerTexts& texts) const;
  void tell_stamps(const Reading& reading, AnswerTexts&& texts);
  void see_zone_version(Reading& reading, const Record& opt);
  void sighting(Reading& reading, const ServedSighting& sighting);
  void offered(const Path& path, std::string_view zone, Serial serial, Moment moment);
  void notify(Reading& reading);
  void notify_ignored(Reading& reading);
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
  Signals signals_;
  std::unordered_set<IpAddress> servers_;  // of signals_
  IpAddress last_server_;                  // that is_watched() was asked about
  bool last_is_watched_ = false;
  DnsCounters counters_;
  HeldBudget held_;
  ServedTracker served_;
  StampTracker stamps_;
  NotifyTracker notifies_;
  InterestTable interests_;
  TransferTracker transfers_;
  std::vector<std::unique_ptr<Connection>> connections_;  // by TcpConnection::slot
};

template <typename Body>
void DnsDecoder::emit(const Path& path, Moment moment, std::string_view zone, Body&& body, Bytes message) {
  Event event;
  event.captured_at = moment.time;
  event.transport = path.transport;
  event.source = path.source;
  event.destination = path.destination;
  event.zone = ZoneName::from_canonical(zone);
  event.body = std::forward<Body>(body);
  sink_.event(std::move(event), moment.packet, message);
}

}  // namespace zonelag::decoder
