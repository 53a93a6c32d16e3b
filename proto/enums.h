// decoder's enums <-> those of event.proto.
//
// to_wire() is a switch without default, so that a new enumerator does not compile until it has a value on the wire;
// what is no enumerator has none. from_wire() is its inverse: decoder's enumerators count from 0 without gaps.
#pragma once

#include <cstdint>
#include <optional>

#include "decoder/event.h"
#include "zonelag/v1/event.pb.h"

namespace zonelag::proto {

std::optional<v1::Transport> to_wire(decoder::Transport transport);
std::optional<v1::Direction> to_wire(decoder::Direction direction);
std::optional<v1::ClockSync> to_wire(decoder::ClockSync sync);
std::optional<v1::ClockLeap> to_wire(decoder::ClockLeap leap);
std::optional<v1::TransferPhase> to_wire(decoder::TransferPhase phase);
std::optional<v1::TransferQuery> to_wire(decoder::TransferQuery query);
std::optional<v1::TransferForm> to_wire(decoder::TransferForm form);
std::optional<v1::TransferFailure> to_wire(decoder::TransferFailure failure);
std::optional<v1::ServedVia> to_wire(decoder::ServedVia via);

// nullopt: the wire's value has no meaning in `Enum`; proto3 hands over any int32.
template <class Enum>
std::optional<Enum> from_wire(int value) {
  for (std::uint8_t i = 0; const auto wire = to_wire(static_cast<Enum>(i)); ++i) {
    if (*wire == value) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace zonelag::proto
