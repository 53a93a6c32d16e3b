// What the main thread tells the capture workers: it changes with the host's addresses, the clock and SIGHUP.
#pragma once

#include <memory>
#include <vector>

#include "decoder/event.h"
#include "decoder/net.h"
#include "decoder/signals.h"
#include "sensor/shared_value.h"

namespace zonelag::sensor {

struct Orders {
  std::vector<decoder::IpAddress> own_addresses;
  decoder::Signals signals;
  decoder::ClockState clock;
  friend bool operator==(const Orders&, const Orders&) = default;
};

// A worker looks once a second, and at a pointer only unless something changed.
using SharedOrders = SharedValue<std::shared_ptr<const Orders>>;

}  // namespace zonelag::sensor
