// What the makers of hostile packets share.
#pragma once

#include <cstdint>
#include <vector>

#include "traffic/message_builder.h"
#include "traffic/rng.h"
#include "traffic/wire.h"

namespace zonelag::traffic {

struct HostileContext {
  Wire& wire;
  Rng rng;
  MessageBuilder message;

  /// One of few pairs of endpoints, in one of both directions, so that a reader's state is hit again and again.
  Path some_path();
  /// A valid message of a kind that a transfer monitor looks at: NOTIFY, SOA, transfer, negative answer.
  std::vector<std::uint8_t> some_message(Framing framing);
  /// One time in four the frame is cut in the capture.
  void emit(const WireBuffer& frame);
  bool coin() { return (rng.next() >> 63) != 0; }
};

/// Some random changes: bits, counts, compression pointers, lengths; cut, longer, repeated.
void mutate(std::vector<std::uint8_t>& bytes, Rng& rng);
/// Puts lies into the first bytes of a frame: lengths, versions, offsets, protocols.
void wound(WireBuffer& frame, Rng& rng);

// One burst each.
void emit_hostile_link(HostileContext& context);
void emit_hostile_fragments(HostileContext& context);
void emit_hostile_tcp(HostileContext& context);
void emit_hostile_stream(HostileContext& context);
void emit_hostile_dns(HostileContext& context);

}  // namespace zonelag::traffic
