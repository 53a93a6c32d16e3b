// What one event says about one node and one version: the link from facts to evidence (design.md section 3).
#pragma once

#include <cstdint>
#include <optional>

#include "aggregator/rows.h"
#include "decoder/event.h"

namespace zonelag::aggregator {

// In order of strength: of two kinds seen at the same time the later one names the basis.
enum class EvidenceKind : std::uint8_t { announced, offered, served, received };
inline constexpr std::size_t kEvidenceKinds = 4;

constexpr std::uint8_t bit(EvidenceKind kind) { return static_cast<std::uint8_t>(1U << static_cast<unsigned>(kind)); }

// At `time` the node still answered with `serial`.
struct LowerBound {
  Timestamp time = Timestamp::min();
  Serial serial;
  friend bool operator==(const LowerBound&, const LowerBound&) = default;
};

// How the targets of an announcement answered it. `outdated`: its sender was known to have a newer serial; kept where
// the evidence for that is not.
enum class Reception : std::uint8_t { accepted, rejected, outdated };
constexpr std::uint8_t bit(Reception reception) {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(reception));
}

struct Claim {
  decoder::Endpoint node;  // whose version it is
  Serial serial;
  std::uint8_t kinds = 0;       // bit(EvidenceKind)
  std::uint8_t receptions = 0;  // bit(Reception): of the node's announcement, no evidence by itself
  std::optional<LowerBound> lower;
};

// Nothing: the event is no evidence (a failed transfer, a QTYPE other than SOA, a heartbeat, ...).
std::optional<Claim> claim_of(const decoder::Event& event);

}  // namespace zonelag::aggregator
