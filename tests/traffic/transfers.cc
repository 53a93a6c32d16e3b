#include "traffic/transfers.h"

#include <algorithm>

#include "traffic/message_builder.h"
#include "traffic/records.h"
#include "traffic/rng.h"
#include "traffic/tcp_flow.h"

namespace zonelag::traffic {
namespace {

constexpr std::uint32_t kFirstSerial = 2026010100;
constexpr std::uint32_t kSerials = 50;
constexpr std::uint32_t kClientAddresses = 4093;
constexpr std::uint32_t kFirstPort = 1024;
constexpr std::uint32_t kHostNet = 0xc6336400;  // 198.51.100.0/24

/// Each transfer has three messages, with the SOA record first in the first and last in the last.
enum class Part : std::uint8_t { kFirst, kMiddle, kLast };

Path path_of(std::uint32_t connection, bool v6) {
  const auto port = static_cast<std::uint16_t>(kFirstPort + connection / kClientAddresses);
  return {{client_address(1 + connection % kClientAddresses, v6), port}, {server_address(v6), kDnsPort}};
}

class Transfers {
 public:
  Transfers(const TransfersOptions& options, PacketSink& sink)
      : options_{options}, sink_{sink}, wire_{sink, options.wire}, rng_{options.seed}, truth_(options.open) {
    for (std::uint32_t i = 0; i < options.open; ++i) truth_[i] = {.index = i, .serial = kFirstSerial + i % kSerials};
  }

  TransfersResult run(Progress& progress) {
    const std::uint32_t per_connection = std::max(options_.interleave, 1U);
    const std::uint32_t count = (options_.open + per_connection - 1) / per_connection;
    progress.begin("transfers", std::uint64_t{options_.open} * (options_.finish ? 2 : 1));
    connections_.reserve(count);
    for (std::uint32_t i = 0; i < count && !sink_.failed(); ++i) {
      const std::uint32_t first = i * per_connection;
      open(i, first, std::min(per_connection, options_.open - first));
      wire_.pause(Duration{options_.spread} / count);
      progress.at(first);
    }
    most_open_ = truth_.size();
    if (options_.finish) finish_all(progress);
    return result();
  }

 private:
  struct Connection {
    TcpFlow flow;
    std::uint32_t first;   ///< transfer
    std::uint32_t count;   ///< of transfers
    std::uint32_t cut_at;  ///< bytes of the last transfer's first message sent already
    std::uint16_t id;      ///< of the first transfer; the others count on
  };

  void open(std::uint32_t number, std::uint32_t first, std::uint32_t count) {
    const bool v6 = rng_.chance(options_.v6_percent);
    Connection connection{TcpFlow{path_of(number, v6), rng_.next32(), rng_.next32()}, first, count, 0, rng_.next16()};
    connection.flow.handshake(wire_, counts_);
    for (std::uint32_t i = 0; i < count; ++i) ask(connection, i);
    connection.flow.acknowledge(wire_, counts_, Side::kServer);
    for (std::uint32_t i = 0; i + 1 < count; ++i) send(connection, i, Part::kFirst);
    const ByteView message = build(connection, count - 1, Part::kFirst);
    connection.cut_at = static_cast<std::uint32_t>(message.size()) / 2;
    connection.flow.send(wire_, counts_, Side::kServer, message.first(connection.cut_at));
    connection.flow.acknowledge(wire_, counts_, Side::kClient);
    connections_.push_back(connection);
  }

  void ask(Connection& connection, std::uint32_t i) {
    message_.begin(id_of(connection, i), 0, Framing::kStream);
    message_.question(zone_of(connection.first + i), RrType::kAxfr);
    truth_[connection.first + i].asked = connection.flow.send(wire_, counts_, Side::kClient, message_.finish());
  }

  /// All connections in another order than they were opened in.
  void finish_all(Progress& progress) {
    for (std::size_t i = connections_.size(); i > 1; --i) {
      std::swap(connections_[i - 1], connections_[rng_.below(static_cast<std::uint32_t>(i))]);
    }
    std::uint64_t done = options_.open;
    for (Connection& connection : connections_) {
      if (sink_.failed()) return;
      finish(connection);
      wire_.pause(Duration{options_.spread} / connections_.size());
      progress.at(done += connection.count);
    }
  }

  void finish(Connection& connection) {
    const ByteView rest = build(connection, connection.count - 1, Part::kFirst).subspan(connection.cut_at);
    connection.flow.send(wire_, counts_, Side::kServer, rest);
    for (std::uint32_t i = 0; i < connection.count; ++i) send(connection, i, Part::kMiddle);
    for (std::uint32_t i = connection.count; i > 0; --i) {
      truth_[connection.first + i - 1].completed = send(connection, i - 1, Part::kLast);
    }
    connection.flow.acknowledge(wire_, counts_, Side::kClient);
    connection.flow.close(wire_, counts_);
  }

  Time send(Connection& connection, std::uint32_t i, Part part) {
    return connection.flow.send(wire_, counts_, Side::kServer, build(connection, i, part));
  }

  /// Valid until the next message is built.
  ByteView build(const Connection& connection, std::uint32_t i, Part part) {
    const std::uint32_t transfer = connection.first + i;
    const Name zone = zone_of(transfer);
    message_.begin(id_of(connection, i), kFlagResponse | kFlagAuthoritative, Framing::kStream);
    if (part == Part::kFirst) message_.question(zone, RrType::kAxfr);
    for (std::uint32_t record = 0; record < options_.records; ++record) {
      const bool soa = (part == Part::kFirst && record == 0) || (part == Part::kLast && record + 1 == options_.records);
      Name owner;
      owner.assign(numbered("h", static_cast<std::uint32_t>(part) * options_.records + record), zone);
      if (soa) {
        add_soa(message_, Section::kAnswer, zone, truth_[transfer].serial);
      } else {
        add_a(message_, Section::kAnswer, owner, kHostNet + record % 256);
      }
    }
    return message_.finish();
  }

  static std::uint16_t id_of(const Connection& connection, std::uint32_t i) {
    return static_cast<std::uint16_t>(connection.id + i);
  }
  static Name zone_of(std::uint32_t transfer) {
    Name zone;
    zone.assign(numbered("t", transfer), Name::of("example"));
    return zone;
  }

  TransfersResult result() const {
    const auto completed =
        std::ranges::count_if(truth_, [](const TransferTruth& row) { return row.completed != Time{}; });
    return {.summary = {.scenario = "transfers",
                        .packets = sink_.packets(),
                        .bytes = sink_.bytes(),
                        .classes = {{"handshake", counts_.handshake},
                                    {"data", counts_.data},
                                    {"ack", counts_.ack},
                                    {"fin", counts_.fin}},
                        .truth = {{"connections", connections_.size()},
                                  {"most_open", most_open_},
                                  {"completed", static_cast<std::uint64_t>(completed)},
                                  {"records", std::uint64_t{3} * options_.records}}},
            .truth = truth_};
  }

  const TransfersOptions& options_;
  PacketSink& sink_;
  Wire wire_;
  Rng rng_;
  TcpCounts counts_;
  MessageBuilder message_;
  std::vector<Connection> connections_;
  std::vector<TransferTruth> truth_;
  std::uint64_t most_open_ = 0;
};

}  // namespace

TransfersResult write_transfers(const TransfersOptions& options, PacketSink& sink, Progress& progress) {
  return Transfers{options, sink}.run(progress);
}

std::string truth_csv(const std::vector<TransferTruth>& truth) {
  std::string csv = "zone,serial,asked_ns,completed_ns\n";
  for (const TransferTruth& row : truth) {
    csv.append(numbered("t", row.index)).append(".example,").append(std::to_string(row.serial));
    for (const Time time : {row.asked, row.completed}) {
      csv.append(",").append(std::to_string(time.time_since_epoch().count()));
    }
    csv.append("\n");
  }
  return csv;
}

}  // namespace zonelag::traffic
