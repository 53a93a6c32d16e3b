// Events for the codec's tests.
#pragma once

#include <ostream>
#include <random>
#include <vector>

#include "decoder/event.h"
#include "proto/codec.h"

namespace zonelag::proto {

// One event of each body in which nothing has its default, save a served and a stamp event's destination.
decoder::Event full_notify();
decoder::Event full_transfer();
decoder::Event full_served();
decoder::Event full_stamp();
decoder::Event full_status();
std::vector<decoder::Event> full_events();

// One event of each body in which everything has its default.
std::vector<decoder::Event> empty_events();

// Anything that encode() promises to keep, every optional there or not.
decoder::Event random_event(std::mt19937_64& random);

}  // namespace zonelag::proto

namespace zonelag::decoder {

// For the messages of failed expectations.
inline void PrintTo(const Event& event, std::ostream* out) { *out << proto::to_json(event); }

}  // namespace zonelag::decoder
