#pragma once

#include "decoder/event.h"
#include "zonelag/v1/event.pb.h"

namespace zonelag::proto {

// Fills `message`, which is empty, as codec.h says for encode().
void to_message(const decoder::Event& event, v1::Event& message);

}  // namespace zonelag::proto
