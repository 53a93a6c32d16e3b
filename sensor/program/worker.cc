#include "worker.h"

#include <utility>

namespace zonelag::sensor {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kWait{250};   // for packets; also how late an order is followed in silence
constexpr std::chrono::seconds kBetweenTicks{1};  // figures, orders
// Packets older than this have come out of the ring, so event time may move on without any.
constexpr std::chrono::seconds kRingDelay{1};

}  // namespace

Worker::Worker(std::unique_ptr<Capture> capture, SensorIdentity identity, const decoder::DecoderLimits& limits,
               Surroundings surroundings)
    : capture_(std::move(capture)),
      surroundings_(surroundings),
      pipeline_(std::move(identity), limits, static_cast<EventConsumer&>(*this)) {
  publish(false);  // so that nobody takes one that has just started for one that is stuck
}

void Worker::run(const std::stop_token& stop) {
  follow_orders();
  SteadyClock::time_point next_tick = SteadyClock::now();
  CaptureState state = CaptureState::idle;
  while (!stop.stop_requested() && state != CaptureState::ended) {
    state = capture_->poll(kWait, *this);
    const SteadyClock::time_point now = SteadyClock::now();
    if (now < next_tick) continue;
    next_tick = now + kBetweenTicks;
    follow_orders();
    if (state == CaptureState::idle) pipeline_.advance(surroundings_.clock.now() - kRingDelay);
    publish(false);
  }
  pipeline_.finish();
  publish(true);
}

void Worker::packets(std::span<const decoder::Packet> batch) {
  for (const decoder::Packet& packet : batch) pipeline_.packet(packet);
  last_packet_ = batch.back().time;
}

void Worker::event(decoder::Event&& event, decoder::Bytes /*message*/) {
  events_.count(event);
  surroundings_.queue.push(std::move(event));
}

void Worker::follow_orders() {
  auto orders = surroundings_.orders.get();
  if (orders == followed_) return;
  if (!followed_ || followed_->own_addresses != orders->own_addresses) {
    pipeline_.set_own_addresses(orders->own_addresses);
  }
  if (!followed_ || followed_->signals != orders->signals) pipeline_.watch(orders->signals);
  pipeline_.set_clock(orders->clock);
  followed_ = std::move(orders);
}

void Worker::publish(bool ended) {
  const decoder::Decoder& decoder = pipeline_.decoder();
  published_.set({.capture = capture_->figures(),
                  .frame = decoder.frame_counters(),
                  .tcp = decoder.tcp_counters(),
                  .dns = decoder.dns_counters(),
                  .sizes = decoder.sizes(),
                  .events = events_,
                  .last_packet = last_packet_,
                  .progress = SteadyClock::now(),
                  .ended = ended});
  auto news = capture_->take_notices();
  if (news.empty()) return;
  notices_.update(
      [&](std::vector<InterfaceNotice>& waiting) { waiting.insert(waiting.end(), news.begin(), news.end()); });
}

std::vector<InterfaceNotice> Worker::take_notices() {
  return notices_.update(
      [](std::vector<InterfaceNotice>& waiting) { return std::exchange(waiting, std::vector<InterfaceNotice>{}); });
}

}  // namespace zonelag::sensor
