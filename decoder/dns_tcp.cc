// DnsDecoder as a TcpSink: each direction of each connection to messages, and the ends of connections to those of
// transfers.
#include <utility>

#include "dns_decoder.h"

namespace zonelag::decoder {
namespace {

Path reversed(const Path& path) { return {path.destination, path.source, path.transport}; }

Path server_to_client(const TcpConnection& connection) {
  return {connection.server, connection.client, Transport::tcp};
}

TransferFailure failure_of(TcpEnd end, bool server_seen) {
  switch (end) {
    case TcpEnd::closed: return server_seen ? TransferFailure::closed_early : TransferFailure::capture_gap;
    case TcpEnd::reset: return TransferFailure::reset;
    case TcpEnd::refused: return TransferFailure::connection_refused;
    case TcpEnd::connect_timeout: return TransferFailure::connect_timeout;
    case TcpEnd::idle: return TransferFailure::idle_timeout;
    case TcpEnd::evicted:
    case TcpEnd::replaced:
    case TcpEnd::capture_end: break;
  }
  return TransferFailure::capture_gap;
}

}  // namespace

// One side of one connection, for the time of one call.
class DnsDecoder::SideHandler final : public StreamHandler {
 public:
  SideHandler(DnsDecoder& decoder, Connection& connection, const TcpConnection& tcp, Side from)
      : decoder_(decoder),
        connection_(connection),
        from_server_(from == Side::server),
        path_(from_server_ ? server_to_client(tcp) : reversed(server_to_client(tcp))) {}

  MessageStream& stream() { return from_server_ ? connection_.server : connection_.client; }
  bool from_server() const { return from_server_; }

  void whole_message(Moment moment, Bytes message) override {
    Reading reading{.source = path_.source,
                    .destination = path_.destination,
                    .transport = Transport::tcp,
                    .moment = moment,
                    .message = message,
                    .connection = &connection_,
                    .from_server = from_server_};
    decoder_.message(reading);
  }

  bool message_begun(Moment moment, const Header& header, Bytes beginning) override {
    if (!from_server_ || decoder_.limits_.keep_messages || !header.response() || header.opcode() != kOpcodeQuery)
      return false;
    Reading reading{.source = path_.source,
                    .destination = path_.destination,
                    .transport = Transport::tcp,
                    .moment = moment,
                    .message = beginning,
                    .connection = &connection_,
                    .from_server = true,
                    .header = header};
    if (header.questions == 1 && !read_question(beginning, reading.behind_question, reading.question)) return false;
    if (!decoder_.of_transfer(reading)) return false;
    OpenTransfer* transfer = decoder_.follows_transfers() ? decoder_.transfer_of(reading) : nullptr;
    // Without a transfer its records are nobody's; with all looked for, it is told as an orphan when it is whole.
    if (transfer == nullptr) {
      decoder_.pass_over(connection_.transfers, header.id);
      return !decoder_.signals_.transfer;
    }
    TransferTracker::begin_message(*transfer, header);
    return true;
  }

  RecordVisitor* visitor(Moment moment, std::uint16_t id) override {
    OpenTransfer* transfer = TransferTracker::find(connection_.transfers, id);
    return transfer == nullptr ? nullptr : &decoder_.transfers_.visitor(*transfer, path_, moment, {});
  }

  void message_walked(Moment moment, std::uint16_t id, std::uint32_t length, bool well_formed) override {
    ++decoder_.counters_.messages;
    if (const OpenTransfer* transfer = TransferTracker::find(connection_.transfers, id)) {
      decoder_.transfers_.message_ended(connection_.transfers, path_, moment, *transfer, length, well_formed, {});
    } else {
      ++decoder_.counters_.transfer_messages;
    }
    decoder_.pass_over(connection_.transfers, id);
  }

  void message_lost(Moment moment, std::optional<std::uint16_t> id) override {
    if (from_server_) decoder_.transfers_.lost(connection_.transfers, path_, moment, id);
  }

  bool expects(std::uint16_t id) override { return TransferTracker::find(connection_.transfers, id) != nullptr; }

 private:
  DnsDecoder& decoder_;
  Connection& connection_;
  bool from_server_;
  Path path_;
};

void DnsDecoder::tcp_started(const TcpConnection& connection) {
  if (connection.slot >= connections_.size()) connections_.resize(connection.slot + 1U);
  connections_[connection.slot] = std::make_unique<Connection>();
}

void DnsDecoder::tcp_data(const TcpConnection& connection, Side from, Moment moment, Bytes bytes) {
  Connection& state = *connections_[connection.slot];
  SideHandler handler(*this, state, connection, from);
  if (from == Side::server) state.server_seen = true;
  handler.stream().feed(moment, bytes, handler.from_server(), handler, counters_, held_);
}

void DnsDecoder::tcp_hole(const TcpConnection& connection, Side from, Moment moment, std::uint64_t length) {
  Connection& state = *connections_[connection.slot];
  SideHandler handler(*this, state, connection, from);
  if (from == Side::server) state.server_seen = true;
  handler.stream().hole(moment, length, handler, held_);
}

void DnsDecoder::tcp_fin(const TcpConnection& connection, Side from, Moment moment) {
  if (from != Side::server) return;
  Connection& state = *connections_[connection.slot];
  state.server_seen = true;
  transfers_.ended(state.transfers, server_to_client(connection), moment, TransferFailure::closed_early,
                   state.server.pending());
}

void DnsDecoder::tcp_ended(const TcpConnection& connection, TcpEnd end, Moment moment) {
  std::unique_ptr<Connection> state = std::move(connections_[connection.slot]);
  const bool in_message = state->server.pending();
  state->client.close(held_);
  state->server.close(held_);
  if (end == TcpEnd::capture_end) return transfers_.abandon(state->transfers);
  const TransferFailure failure = failure_of(end, state->server_seen);
  transfers_.ended(state->transfers, server_to_client(connection), moment, failure, in_message);
  if (end == TcpEnd::refused || end == TcpEnd::connect_timeout) failed_connect(connection, failure, moment);
}

// Nothing was asked on such a connection: the zones are those that the server has just announced to the client.
void DnsDecoder::failed_connect(const TcpConnection& connection, TransferFailure failure, Moment moment) {
  ++counters_.failed_connects;
  if (!signals_.transfer) return;
  for (const std::string& zone :
       interests_.take(connection.server.address, connection.client.address, connection.first_packet)) {
    ++counters_.transfers_failed;
    Transfer body{.phase = TransferPhase::failed,
                  .first_packet = connection.first_packet,
                  .last_packet = moment.time,
                  .failure = failure};
    transfer(server_to_client(connection), moment, zone, std::move(body), {});
  }
}

}  // namespace zonelag::decoder
