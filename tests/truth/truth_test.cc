// Every capture set of pcaps/ against what the servers' logs and the driver say. Prints a line of figures for each.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>

#include "truth_check.h"

namespace zonelag::truth {
namespace {

class Truth : public testing::TestWithParam<std::tuple<const char*, bool>> {};

TEST_P(Truth, EveryLoadedSerialIsReportedAndNoOther) {
  const auto& [scenario, mirror] = GetParam();
  const Tally tally = check(std::filesystem::path(ZONELAG_SOURCE_DIR) / "pcaps" / scenario, mirror);
  fmt::print("{:<15} {:<6} {}\n", scenario, mirror ? "mirror" : "hosts", to_string(tally));
  EXPECT_GT(tally.captures, 0U);
  EXPECT_GT(tally.facts, 0U);
  EXPECT_GT(tally.hits, 0U);
  EXPECT_THAT(tally.problems, testing::IsEmpty());
  EXPECT_THAT(tally.misses, testing::IsEmpty());
  EXPECT_THAT(tally.phantoms, testing::IsEmpty());
  EXPECT_THAT(tally.outside, testing::IsEmpty());
  EXPECT_THAT(tally.late, testing::IsEmpty());
  EXPECT_THAT(tally.mismatches, testing::IsEmpty());
}

std::string name_of(const testing::TestParamInfo<Truth::ParamType>& test) {
  std::string name = std::get<0>(test.param);
  std::ranges::replace(name, '-', '_');
  return name;
}

constexpr const char* kBoth[] = {"autonotify", "badkey",   "chain-A",   "chain-A-fast", "chain-B",  "faults-A",
                                 "links",      "pipeline", "provision", "refresh-A",    "udp-ixfr", "xot-nsd"};
constexpr const char* kHostsOnly[] = {"big-A",          "big-loss",       "big-tsig-A",
                                      "blackhole-bind", "blackhole-pdns", "measure-M1"};

INSTANTIATE_TEST_SUITE_P(Hosts, Truth, testing::Combine(testing::ValuesIn(kBoth), testing::Values(false)), name_of);
INSTANTIATE_TEST_SUITE_P(HostsOnly, Truth, testing::Combine(testing::ValuesIn(kHostsOnly), testing::Values(false)),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Mirror, Truth, testing::Combine(testing::ValuesIn(kBoth), testing::Values(true)), name_of);

}  // namespace
}  // namespace zonelag::truth
