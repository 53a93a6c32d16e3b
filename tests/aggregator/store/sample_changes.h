// Changes as a ledger makes them, and what must come back of them.
#pragma once

#include "aggregator/changes.h"

namespace zonelag::aggregator {

inline constexpr Timestamp kNoon = std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + std::chrono::hours(12);

ZoneName zone(std::string_view text);
// Version 7 of example.at: evidence of two nodes and one more, rows of two, a node open, two policies.
Changes sample_changes();
// The same rows, each with something changed, as updates.
void touch(Changes& changes);
// `stored` is what loading the zone of `changes` must give; fails the test.
void expect_stored(const Changes& changes, const StoredZone& stored);

}  // namespace zonelag::aggregator
