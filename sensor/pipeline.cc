#include "sensor/pipeline.h"

#include <utility>

namespace zonelag::sensor {

Pipeline::Pipeline(SensorIdentity identity, const decoder::DecoderLimits& limits, EventConsumer& consumer)
    : identity_(std::move(identity)),
      own_(identity_.own_addresses.begin(), identity_.own_addresses.end()),
      consumer_(consumer),
      decoder_(limits, *this) {}

void Pipeline::set_own_addresses(const std::vector<decoder::IpAddress>& addresses) {
  own_ = {addresses.begin(), addresses.end()};
}

void Pipeline::event(decoder::Event&& event, std::uint64_t packet, decoder::Bytes message) {
  event.sensor_id = identity_.sensor_id;
  event.boot_id = identity_.boot_id;
  event.sequence = ++sequence_;
  event.clock = clock_;
  if (own_.contains(event.source.address)) {
    event.direction = decoder::Direction::out;
  } else if (own_.contains(event.destination.address)) {
    event.direction = decoder::Direction::in;
  }
  if (event.direction != decoder::Direction::transit) event.node = identity_.node;
  if (!identity_.captures.empty()) {
    const auto capture = static_cast<std::size_t>(packet >> kShift);
    event.provenance = {identity_.captures.at(capture), packet & ((std::uint64_t{1} << kShift) - 1)};
  }
  consumer_.event(std::move(event), message);
}

}  // namespace zonelag::sensor
