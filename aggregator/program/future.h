// Events that say they were captured in the future: a clock that is wrong by hours must not let deadlines pass.
#pragma once

#include <cstdint>

#include "aggregator/intake/event_feed.h"

namespace zonelag::aggregator {

// Makes poison of the events captured after `limit`, and takes them out of the ranges' latest times. `layout`: the
// topic's number of partitions.
void refuse_future(EventBatch& batch, decoder::Timestamp limit, std::uint32_t layout);

}  // namespace zonelag::aggregator
