// What a zone seen served costs, its name and the tables' growth included, measured at operator new.
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdlib>
#include <new>
#include <string>

#include "dns_messages.h"
#include "served.h"

namespace {

// As malloc accounts it, with its own header of each block; at its highest, too.
std::size_t allocated = 0;
std::size_t peak = 0;

std::size_t cost_of(void* block) { return malloc_usable_size(block) + sizeof(std::size_t); }

}  // namespace

void* operator new(std::size_t size) {
  void* block = std::malloc(size);
  if (block == nullptr) throw std::bad_alloc();
  allocated += cost_of(block);
  peak = std::max(peak, allocated);
  return block;
}
void operator delete(void* block) noexcept {
  allocated -= block == nullptr ? 0 : cost_of(block);
  std::free(block);
}
void operator delete(void* block, std::size_t) noexcept { operator delete(block); }

namespace zonelag::decoder::test {
namespace {

struct Costs {
  double now = 0;
  double peak = 0;
};

// Of each of `zones` zones with names of `length` bytes, after each has also changed twice.
Costs costs_of(std::uint32_t zones, std::size_t length) {
  const auto name_of = [&](std::uint32_t number) {
    const std::string digits = std::to_string(10'000'000 + number);
    const std::string tail = wire_name("example.at");
    return wire_name("c" + std::string(length - tail.size() - digits.size() - 2, '-') + digits)
               .substr(0, length - tail.size()) +
           tail;
  };
  DnsCounters counters;
  const IpAddress server = *IpAddress::parse("192.0.2.53");
  const std::size_t before = allocated;
  peak = allocated;
  ServedTracker tracker({}, counters);
  for (std::uint32_t serial = 1; serial <= 3; ++serial) {
    for (std::uint32_t number = 0; number < zones; ++number) {
      const std::string name = name_of(number);
      tracker.see(server, Timestamp(std::chrono::seconds(serial)), {.zone = name, .serial = Serial{serial}});
    }
  }
  EXPECT_EQ(tracker.size(), zones);
  EXPECT_EQ(name_of(1).size(), length);
  EXPECT_EQ(counters.served_changed, 3U * zones);
  return {static_cast<double>(allocated - before) / zones, static_cast<double>(peak - before) / zones};
}

void expect_at_most_160(std::uint32_t zones, std::size_t length) {
  const Costs costs = costs_of(zones, length);
  std::printf("%u zones with names of %zu bytes: %.1f bytes each, %.1f at the peak\n", zones, length, costs.now,
              costs.peak);
  EXPECT_LE(costs.now, 160) << length;
  EXPECT_LE(costs.peak, 160) << length;
}

TEST(ServedMemory, AMillionZones) {
  for (const std::size_t length : {22U, 30U, 40U}) expect_at_most_160(1'000'000, length);
}

TEST(ServedMemory, WhenTheIndexHasJustGrown) { expect_at_most_160(1'398'102, 40); }

}  // namespace
}  // namespace zonelag::decoder::test
