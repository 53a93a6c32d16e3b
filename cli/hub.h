// The in-memory hand-over from sensor to aggregator: every event goes to the join and to whoever else was asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <utility>

#include "aggregator/exchanges.h"
#include "aggregator/join.h"
#include "aggregator/starter_inventory.h"
#include "sensor/event_file.h"
#include "sensor/pipeline.h"

namespace zonelag::cli {

class Hub final : public sensor::EventConsumer {
 public:
  struct Wishes {
    std::optional<decoder::ZoneName> zone;  // this one only
    bool exchanges = false;
    bool starter = false;
    std::optional<sensor::EventFile>* events = nullptr;  // each event is written to it once there is one
    std::stop_source* stop_without_events = nullptr;     // asked to stop when they can't be written any more
  };

  // The inventory and what the wishes point to must outlive the hub.
  Hub(const aggregator::Inventory& inventory, Wishes wishes) : wishes_(std::move(wishes)), join_(inventory) {}

  void event(decoder::Event&& event, decoder::Bytes message) override;

  const aggregator::Join& join() const { return join_; }
  const aggregator::ExchangeLog& exchanges() const { return exchanges_; }
  const aggregator::StarterInventory& starter() const { return starter_; }
  std::uint64_t events() const { return events_; }
  std::optional<decoder::Timestamp> first_event() const { return first_event_; }

 private:
  Wishes wishes_;
  aggregator::Join join_;
  aggregator::ExchangeLog exchanges_;
  aggregator::StarterInventory starter_;
  std::uint64_t events_ = 0;
  std::optional<decoder::Timestamp> first_event_;
};

}  // namespace zonelag::cli
