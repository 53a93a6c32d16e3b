// One sensor's way from packets to events: the decoder, and what the sensor adds to each event (who it is, sequence
// number, clock, direction).
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "decoder/decoder.h"

namespace zonelag::sensor {

struct SensorIdentity {
  std::string sensor_id;
  std::uint64_t boot_id = 1;
  std::string node;                               // hostname of the sensor's own host; empty: a mirror port
  std::vector<decoder::IpAddress> own_addresses;  // of that host, anycast included
  // Names of the captures that Packet::number points into (see numbered()); empty: live, no provenance.
  std::vector<std::string> captures;
};

// Takes a sensor's events, to keep if it likes; the message is a view for the call, empty when it was not held.
class EventConsumer {
 public:
  virtual ~EventConsumer() = default;
  virtual void event(decoder::Event&& event, decoder::Bytes message) = 0;
};

class Pipeline final : private decoder::EventSink {
 public:
  Pipeline(SensorIdentity identity, const decoder::DecoderLimits& limits, EventConsumer& consumer);

  // Packet numbers as numbered() makes them when the sensor reads captures.
  void packet(const decoder::Packet& packet) { decoder_.packet(packet); }
  // Moves event time while no packet comes, so that time-outs run.
  void advance(decoder::Timestamp now) { decoder_.advance(now); }
  void finish() { decoder_.finish(); }

  // From the next packet on:
  void set_own_addresses(const std::vector<decoder::IpAddress>& addresses);
  void set_clock(const decoder::ClockState& clock) { clock_ = clock; }
  void watch(const decoder::Signals& signals) { decoder_.watch(signals); }

  const SensorIdentity& identity() const { return identity_; }
  const decoder::Decoder& decoder() const { return decoder_; }
  std::uint64_t events() const { return sequence_; }

  // A packet number that also says in which of the sensor's captures it is, so that an event about a packet seen
  // earlier (a NOTIFY answered in the next file) names the right file.
  static std::uint64_t numbered(std::size_t capture, std::uint64_t packet) {
    return std::uint64_t{capture} << kShift | packet;
  }

 private:
  static constexpr int kShift = 48;

  void event(decoder::Event&& event, std::uint64_t packet, decoder::Bytes message) override;

  SensorIdentity identity_;
  std::unordered_set<decoder::IpAddress> own_;
  decoder::ClockState clock_;  // of captures of others: not known
  EventConsumer& consumer_;
  std::uint64_t sequence_ = 0;
  decoder::Decoder decoder_;
};

}  // namespace zonelag::sensor
