#include "traffic/records.h"

namespace zonelag::traffic {
namespace {

constexpr std::uint32_t kDay = 86400;
constexpr std::uint32_t kHour = 3600;
constexpr std::uint16_t kUdpSize = 1232;
constexpr std::uint8_t kRsaSha256 = 8;
constexpr std::uint8_t kDigestSha256 = 2;
constexpr std::size_t kSha256Size = 32;
constexpr std::size_t kMaxString = 255;
// A fixed moment: what the signatures say about time interests nobody here.
constexpr std::uint32_t kSigned = 1767225600;

void put_random(WireBuffer& out, std::size_t size, Rng& rng) { rng.fill(out.grow(size)); }

}  // namespace

std::size_t add_soa(MessageBuilder& message, Section section, const Name& zone, std::uint32_t serial) {
  Name name;
  message.begin_record(section, zone, RrType::kSoa, kHour);
  name.assign("ns1", zone);
  message.name(name);
  name.assign("hostmaster", zone);
  message.name(name);
  const std::size_t serial_at = message.size();
  for (const std::uint32_t field : {serial, 7200U, 1800U, 14 * kDay, 300U}) message.rdata().put32(field);
  message.end_record();
  return serial_at;
}

void add_a(MessageBuilder& message, Section section, const Name& owner, std::uint32_t address) {
  message.begin_record(section, owner, RrType::kA, kHour);
  message.rdata().put32(address);
  message.end_record();
}

void add_aaaa(MessageBuilder& message, Section section, const Name& owner, std::uint64_t host) {
  message.begin_record(section, owner, RrType::kAaaa, kHour);
  message.rdata().put32(0x20010db8);
  message.rdata().put32(0);
  message.rdata().put32(static_cast<std::uint32_t>(host >> 32));
  message.rdata().put32(static_cast<std::uint32_t>(host));
  message.end_record();
}

void add_ns(MessageBuilder& message, Section section, const Name& owner, const Name& target) {
  message.begin_record(section, owner, RrType::kNs, kDay);
  message.name(target);
  message.end_record();
}

void add_txt(MessageBuilder& message, Section section, const Name& owner, std::size_t length, Rng& rng) {
  message.begin_record(section, owner, RrType::kTxt, kHour);
  do {
    const std::size_t part = std::min(length, kMaxString);
    message.rdata().put8(static_cast<std::uint8_t>(part));
    const std::span<std::uint8_t> text = message.rdata().grow(part);
    rng.fill(text);
    for (std::uint8_t& byte : text) byte = static_cast<std::uint8_t>('a' + byte % 26);
    length -= part;
  } while (length > 0);
  message.end_record();
}

void add_ds(MessageBuilder& message, Section section, const Name& owner, Rng& rng) {
  message.begin_record(section, owner, RrType::kDs, kDay);
  message.rdata().put16(rng.next16());
  message.rdata().put8(kRsaSha256);
  message.rdata().put8(kDigestSha256);
  put_random(message.rdata(), kSha256Size, rng);
  message.end_record();
}

void add_rrsig(MessageBuilder& message, Section section, const Name& owner, RrType covered, const Name& signer,
               std::size_t signature_size, Rng& rng) {
  message.begin_record(section, owner, RrType::kRrsig, kDay);
  WireBuffer& out = message.rdata();
  out.put16(static_cast<std::uint16_t>(covered));
  out.put8(kRsaSha256);
  out.put8(2);  // labels
  out.put32(kDay);
  out.put32(kSigned + 14 * kDay);
  out.put32(kSigned);
  out.put16(12345);              // key tag
  out.put_bytes(signer.wire());  // never compressed: RFC 4034, section 3.1.7
  put_random(out, signature_size, rng);
  message.end_record();
}

void add_opt(MessageBuilder& message) {
  constexpr std::uint32_t kDnssecOk = 0x8000;
  message.begin_record(Section::kAdditional, Name{}, RrType::kOpt, kDnssecOk, kUdpSize);
  message.end_record();
}

namespace {
const Name& hmac_sha256() {
  static const Name name = Name::of("hmac-sha256");
  return name;
}
}  // namespace

void add_fake_tsig(MessageBuilder& message, const Name& key, std::uint64_t signed_at_seconds, std::uint16_t id,
                   Rng& rng) {
  constexpr std::uint16_t kFudge = 300;
  message.begin_record(Section::kAdditional, key, RrType::kTsig, 0, kClassAny);
  WireBuffer& out = message.rdata();
  out.put_bytes(hmac_sha256().wire());
  out.put16(static_cast<std::uint16_t>(signed_at_seconds >> 32));
  out.put32(static_cast<std::uint32_t>(signed_at_seconds));
  out.put16(kFudge);
  out.put16(kSha256Size);
  put_random(out, kSha256Size, rng);
  out.put16(id);
  out.put16(0);  // error
  out.put16(0);  // other length
  message.end_record();
}

std::size_t fake_tsig_size(const Name& key) {
  constexpr std::size_t kRecordHeader = 10;
  constexpr std::size_t kFixedRdata = 16;
  return key.wire().size() + kRecordHeader + hmac_sha256().wire().size() + kFixedRdata + kSha256Size;
}

}  // namespace zonelag::traffic
