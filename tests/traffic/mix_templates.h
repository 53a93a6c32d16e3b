// Ready-made packets of the mix scenario, of which only message ID, serial and checksum change.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "traffic/mix.h"
#include "traffic/rng.h"

namespace zonelag::traffic {

/// A transaction's kind, in the order of MixWeights.
enum class MixKind : std::uint8_t { kAnswer, kNxdomain, kNodata, kReferral, kSoa, kNotify };
inline constexpr std::size_t kMixKinds = 6;

enum class PacketClass : std::uint8_t { kQuery, kAnswer, kNxdomain, kNodata, kReferral, kSoa, kNotify, kNotifyAck };
inline constexpr std::array<std::string_view, 8> kPacketClassNames{"query",    "answer", "nxdomain", "nodata",
                                                                   "referral", "soa",    "notify",   "notify_ack"};

/// Whose serial the packet shows: what the primary announces, or what this server answers with.
enum class SerialOf : std::uint8_t { kNobody, kPrimary, kServer };

class Template {
 public:
  Template(const Path& path, const Link& link, ByteView message, std::size_t serial_at);

  /// Returns the frame with another message ID and, when it has one, another serial.
  ByteView dress(std::uint16_t id, std::uint32_t serial);

  PacketClass packet_class = PacketClass::kQuery;
  SerialOf serial_of = SerialOf::kNobody;
  std::uint32_t zone = 0;

 private:
  WireBuffer frame_;
  std::size_t udp_at_;
  std::size_t serial_at_;       ///< within the frame; 0 = none
  std::uint64_t constant_sum_;  ///< of all but ID, serial and checksum
};

struct TemplatePair {
  Template request;
  Template response;
};

/// Several packets of each kind that occurs; each of them has all zones.
class TemplateSet {
 public:
  TemplateSet(const MixOptions& options, const std::array<std::uint32_t, kMixKinds>& shares, Rng& rng);

  /// Goes round through the templates of a kind.
  TemplatePair& next(MixKind kind) {
    Pool& pool = pools_[static_cast<std::size_t>(kind)];
    if (pool.next == pool.pairs.size()) pool.next = 0;
    return pool.pairs[pool.next++];
  }

 private:
  struct Pool {
    std::vector<TemplatePair> pairs;
    std::size_t next = 0;
  };
  std::array<Pool, kMixKinds> pools_;
};

}  // namespace zonelag::traffic
