#pragma once

#include <expected>

#include "decoder/event.h"
#include "proto/codec.h"
#include "zonelag/v1/event.pb.h"

namespace zonelag::proto {

// As codec.h says for decode().
std::expected<decoder::Event, CodecError> from_message(const v1::Event& message);

}  // namespace zonelag::proto
