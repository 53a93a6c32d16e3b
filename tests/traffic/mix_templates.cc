#include "mix_templates.h"

#include <algorithm>

#include "traffic/checksum.h"
#include "traffic/records.h"

namespace zonelag::traffic {
namespace {

constexpr std::uint32_t kPrimaries = 3;
constexpr std::uint32_t kHosts = 1'000'000;
constexpr std::uint16_t kFirstPort = 1024;
constexpr std::uint32_t kUdpHeader = 8;

/// What both packets of a transaction share.
struct Transaction {
  MixKind kind;
  std::uint32_t zone = 0;
  std::uint32_t variant = 0;
  Name zone_name{};
  Name query_name{};
  RrType query_type = RrType::kSoa;
  Path path{};  ///< of the request
};

Transaction make_transaction(MixKind kind, std::uint32_t zone, std::uint32_t v6_percent, Rng& rng) {
  const bool v6 = rng.chance(v6_percent);
  Transaction transaction{.kind = kind, .zone = zone, .variant = rng.next32()};
  transaction.zone_name.assign(numbered("z", zone), Name::of("example"));
  transaction.query_name = transaction.zone_name;
  if (kind != MixKind::kSoa && kind != MixKind::kNotify) {
    transaction.query_name.assign(numbered("h", rng.below(kHosts)), transaction.zone_name);
    transaction.query_type = (transaction.variant & 1) != 0 ? RrType::kA : RrType::kAaaa;
  }
  const bool notify = kind == MixKind::kNotify;
  const IpAddress client = notify ? primary_address(10 + zone % kPrimaries, v6) : client_address(rng.next32(), v6);
  const auto port = static_cast<std::uint16_t>(kFirstPort + rng.below(0x10000 - kFirstPort));
  transaction.path = {{client, port}, {server_address(v6), kDnsPort}};
  return transaction;
}

Template make_request(MessageBuilder& message, const Transaction& transaction, const Link& link) {
  const bool notify = transaction.kind == MixKind::kNotify;
  message.begin(0, notify ? kOpcodeNotify | kFlagAuthoritative : 0);
  message.question(transaction.query_name, transaction.query_type);
  const std::size_t serial_at = notify ? add_soa(message, Section::kAnswer, transaction.zone_name, 0) : 0;
  if (!notify) add_opt(message);
  Template request{transaction.path, link, message.finish(), serial_at};
  request.packet_class = notify ? PacketClass::kNotify : PacketClass::kQuery;
  request.serial_of = notify ? SerialOf::kPrimary : SerialOf::kNobody;
  return request;
}

void add_answers(MessageBuilder& message, const Transaction& transaction) {
  constexpr std::uint32_t kHostNet = 0xc6336400;  // 198.51.100.0/24
  for (std::uint32_t i = 0; i < 1 + transaction.variant % 3; ++i) {
    if (transaction.query_type == RrType::kA) {
      add_a(message, Section::kAnswer, transaction.query_name, kHostNet + i);
    } else {
      add_aaaa(message, Section::kAnswer, transaction.query_name, i);
    }
  }
}

void add_referral(MessageBuilder& message, const Transaction& transaction) {
  for (const char* host : {"ns0", "ns1"}) {
    Name target;
    target.assign(host, transaction.zone_name);
    add_ns(message, Section::kAuthority, transaction.query_name, target);
  }
}

std::uint16_t response_flags(MixKind kind) {
  switch (kind) {
    case MixKind::kReferral: return kFlagResponse;
    case MixKind::kNxdomain: return kFlagResponse | kFlagAuthoritative | kRcodeNxdomain;
    case MixKind::kNotify: return kFlagResponse | kFlagAuthoritative | kOpcodeNotify;
    default: return kFlagResponse | kFlagAuthoritative;
  }
}

/// Returns where the serial is, or 0.
std::size_t add_sections(MessageBuilder& message, const Transaction& transaction) {
  switch (transaction.kind) {
    case MixKind::kAnswer: add_answers(message, transaction); return 0;
    case MixKind::kReferral: add_referral(message, transaction); return 0;
    case MixKind::kNxdomain:
    case MixKind::kNodata: return add_soa(message, Section::kAuthority, transaction.zone_name, 0);
    case MixKind::kSoa: return add_soa(message, Section::kAnswer, transaction.zone_name, 0);
    case MixKind::kNotify: return 0;
  }
  return 0;
}

PacketClass response_class(MixKind kind) {
  constexpr std::array<PacketClass, kMixKinds> kClasses{PacketClass::kAnswer, PacketClass::kNxdomain,
                                                        PacketClass::kNodata, PacketClass::kReferral,
                                                        PacketClass::kSoa,    PacketClass::kNotifyAck};
  return kClasses[static_cast<std::size_t>(kind)];
}

Template make_response(MessageBuilder& message, const Transaction& transaction, const Link& link) {
  message.begin(0, response_flags(transaction.kind));
  message.question(transaction.query_name, transaction.query_type);
  const std::size_t serial_at = add_sections(message, transaction);
  if (transaction.kind != MixKind::kNotify) add_opt(message);
  Template response{transaction.path.reversed(), link, message.finish(), serial_at};
  response.packet_class = response_class(transaction.kind);
  response.serial_of = serial_at != 0 ? SerialOf::kServer : SerialOf::kNobody;
  return response;
}

}  // namespace

Template::Template(const Path& path, const Link& link, ByteView message, std::size_t serial_at) {
  build_udp_frame(frame_, path, link, 0, message);
  const std::size_t dns_at = frame_.size() - message.size();
  udp_at_ = dns_at - kUdpHeader;
  serial_at_ = serial_at == 0 ? 0 : dns_at + serial_at;
  // ID and serial are 0 in the message, so the sum without the checksum field is the constant part.
  frame_.set16(udp_at_ + 6, 0);
  const ByteView udp = frame_.view_from(udp_at_);
  constant_sum_ = checksum_add(pseudo_header_sum(path, kProtocolUdp, udp.size()), udp);
}

ByteView Template::dress(std::uint16_t id, std::uint32_t serial) {
  std::uint64_t sum = constant_sum_ + id;
  std::uint8_t* const frame = frame_.bytes().data();
  WireBuffer::store16(frame + udp_at_ + kUdpHeader, id);
  if (serial_at_ != 0) {
    sum += checksum_of_u32(serial, ((serial_at_ - udp_at_) & 1) != 0);
    WireBuffer::store32(frame + serial_at_, serial);
  }
  WireBuffer::store16(frame + udp_at_ + 6, udp_checksum_finish(sum));
  return frame_.view();
}

TemplateSet::TemplateSet(const MixOptions& options, const std::array<std::uint32_t, kMixKinds>& shares, Rng& rng) {
  MessageBuilder message;
  for (std::size_t kind = 0; kind < kMixKinds; ++kind) {
    if (shares[kind] == 0) continue;
    const std::uint32_t count = std::max(shares[kind], options.zones);
    pools_[kind].pairs.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t zone = i % options.zones;
      const Transaction transaction = make_transaction(static_cast<MixKind>(kind), zone, options.v6_percent, rng);
      pools_[kind].pairs.push_back(
          {make_request(message, transaction, options.link), make_response(message, transaction, options.link)});
      pools_[kind].pairs.back().request.zone = pools_[kind].pairs.back().response.zone = zone;
    }
  }
}

}  // namespace zonelag::traffic
