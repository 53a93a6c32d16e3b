// An input of the DNS stream fuzz target: a byte that gives the cuts, then steps of one byte each and what they need.
#pragma once

#include <algorithm>

#include "dns_input.h"

namespace zonelag::decoder {

struct StreamRun {
  std::vector<Event> events;
  bool holes = false;
  bool switched = false;  // signals, perhaps within a message

  std::vector<Event> completed() const {
    std::vector<Event> of;
    std::ranges::copy_if(events, std::back_inserter(of), [](const Event& event) {
      const auto* transfer = std::get_if<Transfer>(&event.body);
      return transfer != nullptr && transfer->phase == TransferPhase::completed;
    });
    return of;
  }
};

class StreamPlayer {
 public:
  StreamPlayer(Bytes input, const DnsLimits& limits, bool cut) : in_(input), cut_(cut), decoder_(limits, sink_) {
    seed_ = in_.u8();
    decoder_.watch(signals_of(0));
    decoder_.tcp_started(connection_);
  }

  StreamRun run() {
    while (in_.left() > 1) {
      step(in_.u8());
      check(decoder_.counters());
    }
    decoder_.tcp_ended(connection_, TcpEnd::closed, moment_);
    return {std::move(sink_.events), holes_, switched_};
  }

 private:
  void step(std::uint8_t what) {
    const Side from = (what & 1) != 0 ? Side::server : Side::client;
    moment_.time += std::chrono::milliseconds(what >> 4);
    ++moment_.packet;
    switch (what >> 1 & 7) {
      case 0: return hole(from);
      case 1: return decoder_.tcp_fin(connection_, from, moment_);
      case 2: return end();
      case 7: return watch(what >> 4);
      default: data(from);
    }
  }

  void watch(unsigned which) {
    switched_ = true;
    decoder_.watch(signals_of(which));
  }

  void hole(Side from) {
    holes_ = true;
    decoder_.tcp_hole(connection_, from, moment_, in_.u8());
  }

  void end() {
    decoder_.tcp_ended(connection_, static_cast<TcpEnd>(in_.u8() % 8), moment_);
    connection_.first_packet = moment_.time;
    decoder_.tcp_started(connection_);
  }

  void data(Side from) {
    const std::uint16_t length = in_.u16();
    Bytes bytes = in_.take(std::min<std::size_t>(length, in_.left()));
    while (!bytes.empty()) {
      seed_ = seed_ * 1'103'515'245U + 12'345U;
      const std::size_t size = cut_ ? std::min<std::size_t>(1 + (seed_ >> 16) % 31, bytes.size()) : bytes.size();
      const std::vector<std::byte> piece(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      decoder_.tcp_data(connection_, from, moment_, piece);  // of its own, so that a read past the end is seen
      bytes = bytes.subspan(size);
    }
  }

  Cursor in_;
  bool cut_;
  bool holes_ = false;
  bool switched_ = false;
  std::uint32_t seed_ = 0;
  TcpConnection connection_{.client = {{}, 40'000}, .server = {{}, 53}};
  Moment moment_;
  CheckingEventSink sink_;
  DnsDecoder decoder_;
};

inline StreamRun play(Bytes input, const DnsLimits& limits, bool cut) { return StreamPlayer(input, limits, cut).run(); }

}  // namespace zonelag::decoder
