// Records what a TcpReassembler tells and aborts when it breaks the contract of TcpSink: for tests and fuzzing.
#pragma once

#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "decoder/tcp.h"

namespace zonelag::decoder {

struct SeenHole {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  friend bool operator==(const SeenHole&, const SeenHole&) = default;
};

struct SeenSide {
  std::string bytes;            // delivered, what holes swallowed left out
  std::vector<SeenHole> holes;  // of known length
  std::uint64_t length = 0;     // bytes and holes
  std::uint64_t calls = 0;
  bool is_start_unknown = false;
  bool is_finished = false;
  Moment last;
};

struct SeenConnection {
  TcpConnection connection;
  std::array<SeenSide, 2> sides;
  std::optional<TcpEnd> end;
  Moment ended;
  std::string log;  // "started, client 'ab', client hole 3, client fin, ended closed"
  const SeenSide& side(Side which) const { return sides[static_cast<std::size_t>(which)]; }
};

class CheckingTcpSink : public TcpSink {
 public:
  void tcp_started(const TcpConnection& connection) override {
    require(!live_.contains(connection.slot), "slot given out twice");
    live_[connection.slot] = seen_.size();
    seen_.push_back({.connection = connection, .sides = {}, .end = {}, .ended = {}, .log = "started"});
  }
  void tcp_data(const TcpConnection& connection, Side from, Moment moment, Bytes bytes) override {
    require(!bytes.empty(), "data without bytes");
    SeenSide& side = note(connection, from, moment);
    ++side.calls;
    side.length += bytes.size();
    const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (keeps_bytes) side.bytes += text;
    log(connection, from) += text.size() > 40 ? " " + std::to_string(text.size()) + " bytes" : " '" + text + "'";
    bytes_ += bytes.size();
  }
  void tcp_hole(const TcpConnection& connection, Side from, Moment moment, std::uint64_t length) override {
    SeenSide& side = note(connection, from, moment);
    if (length == 0) {
      require(side.length == 0 && !side.is_start_unknown, "unknown start, but not at the start");
      side.is_start_unknown = true;
    } else {
      side.holes.push_back({.offset = side.length, .length = length});
      side.length += length;
      hole_bytes_ += length;
    }
    log(connection, from) += " hole " + std::to_string(length);
  }
  void tcp_fin(const TcpConnection& connection, Side from, Moment moment) override {
    note(connection, from, moment).is_finished = true;
    log(connection, from) += " fin";
  }
  void tcp_ended(const TcpConnection& connection, TcpEnd end, Moment moment) override {
    SeenConnection& seen = find(connection);
    require((end == TcpEnd::closed) <= (seen.sides[0].is_finished && seen.sides[1].is_finished), "closed without FINs");
    seen.end = end;
    seen.ended = moment;
    seen.log += std::string(", ended ") + to_string(end);
    live_.erase(connection.slot);
  }

  // Between two calls of the reassembler.
  void check(const TcpReassembler& tcp, const TcpLimits& limits) const {
    const TcpCounters& counters = tcp.counters();
    require(tcp.open_connections() == live_.size(), "open connections");
    require(tcp.open_connections() <= limits.max_connections, "max_connections");
    require(tcp.held_bytes() <= limits.max_held_bytes, "max_held_bytes");
    require(counters.connections == seen_.size(), "connections");
    require(counters.bytes == bytes_ && counters.hole_bytes == hole_bytes_, "bytes");
    require(!live_.empty() || tcp.held_bytes() == 0, "held without a connection");
  }

  const std::vector<SeenConnection>& seen() const { return seen_; }

  bool keeps_bytes = true;

 private:
  static void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "TcpSink contract: %s\n", what);
    std::abort();
  }
  SeenConnection& find(const TcpConnection& connection) {
    const auto live = live_.find(connection.slot);
    require(live != live_.end(), "call outside started and ended");
    SeenConnection& seen = seen_[live->second];
    require(seen.connection.client == connection.client && seen.connection.server == connection.server, "slot");
    return seen;
  }
  SeenSide& note(const TcpConnection& connection, Side from, Moment moment) {
    SeenSide& side = find(connection).sides[static_cast<std::size_t>(from)];
    require(!side.is_finished, "call behind the FIN");
    side.last = moment;
    return side;
  }
  std::string& log(const TcpConnection& connection, Side from) {
    return find(connection).log += from == Side::client ? ", client" : ", server";
  }

  std::vector<SeenConnection> seen_;
  std::map<std::uint32_t, std::size_t> live_;
  std::uint64_t bytes_ = 0;
  std::uint64_t hole_bytes_ = 0;
};

}  // namespace zonelag::decoder
