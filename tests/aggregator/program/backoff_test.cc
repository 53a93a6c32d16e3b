#include "backoff.h"

#include <gtest/gtest.h>

namespace zonelag::aggregator {
namespace {

using std::chrono::milliseconds;

// How long it waits after a failure.
milliseconds wait_of(Backoff& backoff, SteadyTime now) {
  backoff.failed(now);
  milliseconds wait{0};
  while (!backoff.due(now + wait)) ++wait;
  return wait;
}

TEST(Backoff, DoublesUpToItsLimit) {
  Backoff backoff({.first = milliseconds(100), .most = milliseconds(500)});
  const SteadyTime now{std::chrono::hours(1)};
  EXPECT_TRUE(backoff.due(now));
  for (const std::int64_t most : {100, 200, 400, 500, 500}) {
    const milliseconds wait = wait_of(backoff, now);
    EXPECT_LE(wait, milliseconds(most));
    EXPECT_GE(wait, milliseconds(most / 2));
  }
  backoff.reset();
  EXPECT_TRUE(backoff.due(now));
  EXPECT_LE(wait_of(backoff, now), milliseconds(100));
}

}  // namespace
}  // namespace zonelag::aggregator
