#include "hostile_context.h"

#include <array>

#include "traffic/records.h"

namespace zonelag::traffic {
namespace {

constexpr std::uint32_t kClients = 4;
constexpr std::uint32_t kPorts = 4;
constexpr std::uint32_t kZones = 8;
constexpr std::uint16_t kZoneVersion = 19;  // RFC 9660

/// Serials around the places where RFC 1982 comparison turns.
std::uint32_t some_serial(Rng& rng) {
  constexpr std::array<std::uint32_t, 5> kCentres{0, 1, 0x7fffffff, 0x80000000, 2026010100};
  const std::uint32_t centre = kCentres[rng.below(kCentres.size())];
  return centre + rng.below(5) - 2;
}

Name some_zone(Rng& rng) {
  Name zone;
  zone.assign(numbered("z", rng.below(kZones)), Name::of("example"));
  return zone;
}

void add_zone_version(MessageBuilder& message, std::uint32_t serial) {
  message.begin_record(Section::kAdditional, Name{}, RrType::kOpt, 0, 1232);
  message.rdata().put16(kZoneVersion);
  message.rdata().put16(6);
  message.rdata().put8(2);  // labels of the zone's name
  message.rdata().put8(0);  // type: SOA serial
  message.rdata().put32(serial);
  message.end_record();
}

void add_increment(MessageBuilder& message, const Name& zone, std::uint32_t serial) {
  Name host;
  host.assign("host", zone);
  add_soa(message, Section::kAnswer, zone, serial);
  add_soa(message, Section::kAnswer, zone, serial - 1);
  add_a(message, Section::kAnswer, host, 1);
  add_soa(message, Section::kAnswer, zone, serial);
  add_a(message, Section::kAnswer, host, 2);
  add_soa(message, Section::kAnswer, zone, serial);
}

void add_zone(MessageBuilder& message, const Name& zone, std::uint32_t serial, bool complete, Rng& rng) {
  add_soa(message, Section::kAnswer, zone, serial);
  for (std::uint32_t i = rng.below(20); i > 0; --i) {
    Name host;
    host.assign(numbered("h", i), zone);
    add_txt(message, Section::kAnswer, host, rng.below(100), rng);
  }
  if (complete) add_soa(message, Section::kAnswer, zone, serial);
}

}  // namespace

Path HostileContext::some_path() {
  const bool v6 = rng.below(4) == 0;
  const auto port = static_cast<std::uint16_t>(50000 + rng.below(kPorts));
  const Path path{{client_address(rng.below(kClients), v6), port}, {server_address(v6), kDnsPort}};
  return coin() ? path : path.reversed();
}

std::vector<std::uint8_t> HostileContext::some_message(Framing framing) {
  const Name zone = some_zone(rng);
  const std::uint32_t serial = some_serial(rng);
  const auto id = static_cast<std::uint16_t>(rng.below(16));
  const RrType transfer = coin() ? RrType::kAxfr : RrType::kIxfr;
  const auto begin = [&](std::uint16_t flags, RrType type) {
    message.begin(id, flags, framing);
    message.question(zone, type);
  };
  constexpr std::uint16_t kNotify = kOpcodeNotify | kFlagAuthoritative;
  constexpr std::uint16_t kAnswer = kFlagResponse | kFlagAuthoritative;
  switch (rng.below(8)) {
    case 0: begin(kNotify, RrType::kSoa), add_soa(message, Section::kAnswer, zone, serial); break;
    case 1: begin(kNotify, RrType::kSoa); break;
    case 2: begin(kAnswer, RrType::kSoa), add_soa(message, Section::kAnswer, zone, serial); break;
    case 3: begin(kAnswer, RrType::kSoa), add_soa(message, Section::kAuthority, zone, serial); break;
    case 4: begin(0, transfer), add_soa(message, Section::kAuthority, zone, serial); break;
    case 5: begin(kAnswer, transfer), add_increment(message, zone, serial); break;
    case 6: begin(kAnswer, transfer), add_zone(message, zone, serial, coin(), rng); break;
    default: message.begin(id, kAnswer, framing), add_zone(message, zone, serial, coin(), rng); break;
  }
  if (rng.below(4) == 0) add_zone_version(message, serial);
  if (rng.below(4) == 0) add_fake_tsig(message, zone, 1767225600, id, rng);
  const ByteView bytes = message.finish();
  return {bytes.begin(), bytes.end()};
}

void HostileContext::emit(const WireBuffer& frame) {
  const bool cut = rng.below(4) == 0;
  const std::size_t captured = cut ? rng.below(static_cast<std::uint32_t>(frame.size() + 1)) : frame.size();
  wire.raw(frame.view().first(captured), frame.size());
}

}  // namespace zonelag::traffic
