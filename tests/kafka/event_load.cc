#include "event_load.h"

#include <fmt/format.h>

#include <chrono>

namespace zonelag::tests {
namespace {

using namespace std::chrono_literals;
using decoder::Duration;
using decoder::Serial;
using decoder::Timestamp;

constexpr std::uint32_t kCustomer = 0;
constexpr std::uint32_t kIncoming = 1;
constexpr std::uint32_t kDistribution = 2;
constexpr std::uint16_t kDnsPort = 53;
constexpr std::uint64_t kStride = 1'000'003;  // prime: zones of a round in another order than by number

std::string address_of(std::uint32_t node) {
  return fmt::format("10.{}.{}.{}", 53 + node / 62'500, node / 250 % 250, node % 250 + 1);
}

// A number that depends on all three, below `bound`.
std::uint64_t draw(std::uint64_t seed, std::uint64_t version, std::uint64_t node, std::uint64_t bound) {
  return decoder::mix(seed ^ decoder::mix(version ^ decoder::mix(node + 1))) % bound;
}

decoder::ZoneName zone_name(std::uint64_t number) {
  char name[] =
      "\x0az000000000\x07"
      "example\x02"
      "at";  // with the root: 23 bytes
  for (int at = 10; at > 1; --at, number /= 10) name[at] = static_cast<char>('0' + number % 10);
  return decoder::ZoneName::from_canonical(std::string_view(name, sizeof name));
}

const char* role_of(std::uint32_t node) {
  if (node == kIncoming) return "incoming";
  return node == kDistribution ? "distribution" : "secondary";
}

}  // namespace

std::string inventory_of(const LoadSettings& settings) {
  std::string text = fmt::format("[[customer_nameserver]]\nip = \"{}\"\nzone = \"*\"\naccountname = \"Load\"\n\n",
                                 address_of(kCustomer));
  for (std::uint32_t node = 1; node < settings.nodes; ++node) {
    text += fmt::format(
        "[[nameserver]]\nhostname = \"node{0}\"\nip4 = \"{1}\"\nloc = \"l{2}\"\ndsc_name = \"Site {2}\"\n"
        "ns_type = \"{3}\"\nstatus = \"production\"\n\n",
        node, address_of(node), (node + 1) / 2, role_of(node));
  }
  return text +
         "[[policy]]\nname = \"contract\"\nzones = [\"*\"]\nlag = \"incoming_lag\"\npercentile = 95\n"
         "limit = \"1500ms\"\ndeadline = \"1m\"\n";
}

EventLoad::EventLoad(const LoadSettings& settings) : settings_(settings) {
  name_nodes();
  if (settings_.kind == LoadKind::notify) {
    plan_notify();
    return;
  }
  if (settings_.nodes > kIncoming) plan_hop(kCustomer, kIncoming);
  if (settings_.nodes > kDistribution) plan_hop(kIncoming, kDistribution);
  for (std::uint32_t node = kDistribution + 1; node < settings_.nodes; ++node) {
    if (!is_missing(node)) plan_hop(kDistribution, node);
  }
}

// Node numbers, and behind them the collector.
void EventLoad::name_nodes() {
  for (std::uint32_t node = 0; node < settings_.nodes; ++node) {
    addresses_.push_back(*decoder::IpAddress::parse(address_of(node)));
    names_.push_back(fmt::format("node{}", node));
  }
  addresses_.push_back(*decoder::IpAddress::parse("10.200.0.1"));
  names_.emplace_back("collector");
  sequences_.resize(names_.size());
}

void EventLoad::plan_notify() {
  for (std::uint32_t node = 0; node < settings_.nodes; ++node) {
    if (node > kDistribution && is_missing(node)) continue;
    steps_.push_back({What::notify, settings_.nodes, node, settings_.nodes, node, 0ns});
  }
}

// A version's way from one node to the next, as the sensors on both hosts see it; a customer's host has none.
void EventLoad::plan_hop(std::uint32_t from, std::uint32_t to) {
  plan_notify_between(from, to);
  plan_transfer(from, to);
  if (to != kDistribution) steps_.push_back({What::served, to, to, to, to, 2ms});
}

void EventLoad::plan_notify_between(std::uint32_t from, std::uint32_t to) {
  for (const std::uint32_t sensor : {from, to}) {
    if (sensor == kCustomer) continue;
    steps_.push_back({What::notify, sensor, from, to, from, sensor == from ? 1ms : 2ms});
    steps_.push_back({What::answer, sensor, to, from, from, sensor == from ? 4ms : 3ms});
  }
}

void EventLoad::plan_transfer(std::uint32_t from, std::uint32_t to) {
  for (const std::uint32_t sensor : {from, to}) {
    if (sensor == kCustomer) continue;
    steps_.push_back({What::started, sensor, from, to, to, sensor == from ? -5ms : -4ms});
    steps_.push_back({What::completed, sensor, from, to, to, sensor == from ? -1ms : 0ms});
  }
}

Timestamp EventLoad::start_of(std::uint64_t version) const {
  const double seconds = static_cast<double>(version) * static_cast<double>(steps_.size()) / settings_.rate;
  return settings_.start + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

Duration EventLoad::reached_after(std::uint64_t version, std::uint32_t node) const {
  const auto within = [&](std::uint64_t salt, Duration bound) {
    return Duration(draw(settings_.seed, version, salt, static_cast<std::uint64_t>(bound.count())));
  };
  if (node == kCustomer) return 0ns;
  const Duration incoming = 50ms + within(kIncoming, 200ms);
  if (node == kIncoming) return incoming;
  const Duration distribution = incoming + 50ms + within(kDistribution, 300ms);
  if (node == kDistribution) return distribution;
  return distribution + 50ms + within(node, 1s);
}

void EventLoad::start_version() {
  const Timestamp start = start_of(started_);
  for (std::uint32_t step = 0; step < steps_.size(); ++step) {
    due_.push({start + reached_after(started_, steps_[step].stage) + steps_[step].after, started_, step});
  }
  ++started_;
}

const decoder::Event* EventLoad::next() {
  const std::uint64_t all = std::uint64_t{settings_.zones} * settings_.versions;
  while (started_ < all && (due_.empty() || start_of(started_) <= due_.top().at)) start_version();
  if (due_.empty()) return nullptr;
  fill(due_.top());
  due_.pop();
  return &event_;
}

void EventLoad::fill(const Due& due) {
  const Step& step = steps_[due.step];
  event_.sensor_id = names_[step.sensor];
  event_.node = names_[step.sensor];
  event_.boot_id = settings_.seed;
  event_.sequence = ++sequences_[step.sensor];
  event_.clock = {.sync = decoder::ClockSync::synchronised,
                  .max_error = std::chrono::microseconds(400 + step.sensor % 100)};
  event_.direction = step.source == step.sensor ? decoder::Direction::out : decoder::Direction::in;
  event_.captured_at = due.at;
  event_.zone = zone_name(settings_.first_zone + due.version * kStride % settings_.zones);
  const auto port = static_cast<std::uint16_t>(32'768 + draw(settings_.seed, due.version, step.stage, 28'000));
  event_.source = {addresses_[step.source], kDnsPort};
  event_.destination = {addresses_[step.destination], kDnsPort};
  if (step.what == What::notify) event_.source.port = port;
  if (step.what != What::notify) event_.destination.port = port;
  if (step.what == What::served) event_.destination = {};
  fill_body(due);
}

std::uint16_t EventLoad::message_id(const Due& due) const {
  return static_cast<std::uint16_t>(draw(settings_.seed, due.version, steps_[due.step].stage, 65'536));
}

void EventLoad::fill_body(const Due& due) {
  const Step& step = steps_[due.step];
  const auto round = static_cast<std::uint32_t>(due.version / settings_.zones);
  const Serial serial(settings_.first_serial + round);
  event_.transport = decoder::Transport::udp;
  if (step.what == What::notify || step.what == What::answer) {
    auto& notify = event_.body.emplace<decoder::Notify>();
    notify.response = step.what == What::answer;
    notify.message_id = message_id(due);
    (notify.response ? notify.request_serial : notify.serial) = serial;
    notify.first_sent = notify.response ? due.at - 1ms : due.at;
  } else if (step.what == What::served) {
    auto& served = event_.body.emplace<decoder::Served>();
    served.serial = serial;
    if (round > 0) served.previous = Serial(serial.value() - 1);
    if (round > 0) served.previous_last_seen = due.at - 20ms;
    served.timers = decoder::SoaTimers{3600, 600, 86'400, 300};
  } else {
    fill_transfer(due, serial);
  }
}

void EventLoad::fill_transfer(const Due& due, Serial serial) {
  const bool done = steps_[due.step].what == What::completed;
  event_.transport = decoder::Transport::tcp;
  auto& transfer = event_.body.emplace<decoder::Transfer>();
  transfer.phase = done ? decoder::TransferPhase::completed : decoder::TransferPhase::started;
  transfer.asked = decoder::TransferQuery::ixfr;
  transfer.got = done ? decoder::TransferForm::incremental : decoder::TransferForm::none;
  transfer.message_id = message_id(due);
  transfer.client_serial = Serial(serial.value() - 1);
  transfer.first_serial = serial;
  if (done) transfer.last_serial = serial;
  transfer.messages = 1;
  transfer.records = done ? 6 : 1;
  transfer.bytes = done ? 420 : 0;
  transfer.first_packet = due.at - (done ? 5ms : 1ms);
  transfer.last_packet = due.at;
}

}  // namespace zonelag::tests
