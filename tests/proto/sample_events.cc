#include "sample_events.h"

#include <array>
#include <limits>
#include <string>

namespace zonelag::proto {
namespace {

using decoder::Duration;
using decoder::Event;
using decoder::IpAddress;
using decoder::Serial;
using decoder::Timestamp;

Timestamp at(std::int64_t seconds, std::int64_t nanos) {
  return Timestamp{std::chrono::seconds{seconds} + std::chrono::nanoseconds{nanos}};
}

Event full_event() {
  Event event;
  event.sensor_id = "sensor-vie1";
  event.boot_id = std::numeric_limits<std::uint64_t>::max();
  event.sequence = 42;
  event.clock = {decoder::ClockSync::synchronised, std::chrono::microseconds{1500}, decoder::ClockLeap::deletion_due};
  event.direction = decoder::Direction::in;
  event.node = "vie1";
  event.provenance = decoder::Provenance{"vie1.pcap", 7};
  event.captured_at = at(1764000000, 123456789);  // 2025-11-24T16:00:00.123456789Z
  event.transport = decoder::Transport::tcp;
  event.source = {IpAddress::parse("192.0.2.30").value(), 53};
  event.destination = {IpAddress::parse("2001:db8::41").value(), 65535};
  event.zone = decoder::ZoneName::parse("example.at").value();
  return event;
}

class Dice {
 public:
  explicit Dice(std::mt19937_64& random) : random_(random) {}

  bool coin() { return below(2) == 0; }
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  // Small, huge and limits alike.
  std::uint64_t any64() { return random_() >> below(65) % 64; }
  std::uint32_t any32() { return static_cast<std::uint32_t>(any64()); }
  std::uint16_t any16() { return static_cast<std::uint16_t>(any64()); }
  std::uint8_t any8() { return static_cast<std::uint8_t>(any64()); }
  Serial serial() { return Serial{any32()}; }
  std::optional<Serial> maybe_serial() { return coin() ? std::optional(serial()) : std::nullopt; }
  Timestamp time() { return Timestamp{Duration{static_cast<std::int64_t>(any64())}}; }

  std::string bytes(std::uint64_t limit) {
    std::string result(below(limit), '\0');
    for (char& c : result) c = static_cast<char>(random_());
    return result;
  }
  std::string text() {
    constexpr std::array kParts{"a", "Z", "-", "\n", "\x7f", "\"", "\u00e4", "\u20ac", "\U0001F30D"};
    std::string result;
    for (auto n = below(12); n > 0; --n) result += kParts[below(kParts.size())];
    return result;
  }
  decoder::ZoneName zone() {
    std::string wire;
    for (auto labels = below(4); labels > 0; --labels) {
      std::string label = "x" + bytes(62);
      for (char& c : label) c = static_cast<char>(decoder::lower(static_cast<std::uint8_t>(c)));
      wire += static_cast<char>(label.size()) + label;
    }
    return decoder::ZoneName::from_canonical(wire + '\0');
  }
  IpAddress address() {
    std::array<std::byte, 16> octets{};
    for (auto& octet : octets) octet = coin() ? std::byte{any8()} : std::byte{0};
    return coin() ? IpAddress::v4(decoder::Bytes{octets}.first(4)) : IpAddress::v6(octets);
  }
  decoder::Endpoint endpoint() { return coin() ? decoder::Endpoint{address(), any16()} : decoder::Endpoint{}; }
  template <class Enum>
  Enum pick(Enum last) {
    return static_cast<Enum>(below(static_cast<std::uint64_t>(last) + 1));
  }

 private:
  std::mt19937_64& random_;
};

decoder::Notify random_notify(Dice& dice) {
  return {.response = dice.coin(),
          .message_id = dice.any16(),
          .query_type = dice.any16(),
          .rcode = dice.any8(),
          .serial = dice.maybe_serial(),
          .answered_with = dice.maybe_serial(),
          .request_serial = dice.maybe_serial(),
          .attempt = dice.any32(),
          .first_sent = dice.time(),
          .tsig_key = dice.text()};
}

decoder::Transfer random_transfer(Dice& dice) {
  return {.phase = dice.pick(decoder::TransferPhase::failed),
          .asked = dice.pick(decoder::TransferQuery::ixfr),
          .got = dice.pick(decoder::TransferForm::lone_soa),
          .message_id = dice.any16(),
          .client_serial = dice.maybe_serial(),
          .first_serial = dice.maybe_serial(),
          .last_serial = dice.maybe_serial(),
          .messages = dice.any64(),
          .records = dice.any64(),
          .bytes = dice.any64(),
          .first_packet = dice.time(),
          .last_packet = dice.time(),
          .failure = dice.pick(decoder::TransferFailure::truncated),
          .rcode = dice.any8(),
          .tsig_key = dice.text()};
}

decoder::Served random_served(Dice& dice) {
  decoder::Served served{
      .serial = dice.serial(), .via = dice.pick(decoder::ServedVia::zone_version), .previous = dice.maybe_serial()};
  if (dice.coin()) served.previous_last_seen = dice.time();
  if (dice.coin()) served.timers = decoder::SoaTimers{dice.any32(), dice.any32(), dice.any32(), dice.any32()};
  return served;
}

decoder::Status random_status(Dice& dice) {
  decoder::Status status{.dropped = dice.any64(), .version = dice.text()};
  for (auto n = dice.below(40); n > 0; --n) status.counters.emplace_back(dice.text(), dice.any64());
  for (auto n = dice.below(5); n > 0; --n) status.own_addresses.push_back(dice.address());
  return status;
}

}  // namespace

Event full_notify() {
  Event event = full_event();
  event.body = decoder::Notify{.response = true,
                               .message_id = 65535,
                               .query_type = 1,
                               .rcode = 5,
                               .serial = Serial{2026112001},
                               .answered_with = Serial{2026112002},
                               .request_serial = Serial{2026112003},
                               .attempt = 3,
                               .first_sent = at(1763999999, 5),
                               .tsig_key = "key.example"};
  return event;
}

Event full_transfer() {
  Event event = full_event();
  event.body = decoder::Transfer{.phase = decoder::TransferPhase::failed,
                                 .asked = decoder::TransferQuery::ixfr,
                                 .got = decoder::TransferForm::axfr_style,
                                 .message_id = 4711,
                                 .client_serial = Serial{4294967295},
                                 .first_serial = Serial{1},
                                 .last_serial = Serial{2},
                                 .messages = 10,
                                 .records = 5000000000,
                                 .bytes = 600000000000,
                                 .first_packet = at(1763999990, 0),
                                 .last_packet = at(1764000000, 120000000),
                                 .failure = decoder::TransferFailure::capture_gap,
                                 .rcode = 255,
                                 .tsig_key = "key.example"};
  return event;
}

Event full_served() {
  Event event = full_event();
  event.destination = {};
  event.body = decoder::Served{.serial = Serial{2026112001},
                               .via = decoder::ServedVia::negative_answer,
                               .previous = Serial{2026112000},
                               .previous_last_seen = at(-1, 999999999),
                               .timers = decoder::SoaTimers{10800, 3600, 604800, 300}};
  return event;
}

Event full_stamp() {
  Event event = full_event();
  event.destination = {};
  event.body = decoder::Stamp{"_stamp.example.at", std::string("t=1\0\xff", 5)};
  return event;
}

Event full_status() {
  Event event = full_event();
  event.body = decoder::Status{
      .counters = {{"packets", 1000}, {"frames.malformed", 2}},
      .dropped = 3,
      .version = "0.1.0",
      .own_addresses = {IpAddress::parse("192.0.2.41").value(), IpAddress::parse("2001:db8::1").value()}};
  return event;
}

std::vector<Event> full_events() {
  return {full_notify(), full_transfer(), full_served(), full_stamp(), full_status()};
}

std::vector<Event> empty_events() {
  std::vector<Event> events(5);
  events[1].body = decoder::Transfer{};
  events[2].body = decoder::Served{};
  events[3].body = decoder::Stamp{};
  events[4].body = decoder::Status{};
  return events;
}

Event random_event(std::mt19937_64& random) {
  Dice dice(random);
  Event event;
  event.sensor_id = dice.text();
  event.boot_id = dice.any64();
  event.sequence = dice.any64();
  event.clock.sync = dice.pick(decoder::ClockSync::unsynchronised);
  event.clock.leap = dice.pick(decoder::ClockLeap::over);
  if (dice.coin()) event.clock.max_error = Duration{static_cast<std::int64_t>(dice.any64() >> 1)};
  event.direction = dice.pick(decoder::Direction::in);
  event.node = dice.text();
  if (dice.coin()) event.provenance = decoder::Provenance{dice.text(), dice.any64()};
  event.captured_at = dice.time();
  event.transport = dice.pick(decoder::Transport::tcp);
  event.source = dice.endpoint();
  event.destination = dice.endpoint();
  event.zone = dice.zone();
  switch (dice.below(5)) {
    case 0: event.body = random_notify(dice); return event;
    case 1: event.body = random_transfer(dice); return event;
    case 2: event.body = random_served(dice); break;
    case 3: event.body = decoder::Stamp{dice.text(), dice.bytes(300)}; break;
    default: event.body = random_status(dice); return event;
  }
  event.destination = {};
  return event;
}

}  // namespace zonelag::proto
