// kill -9 at random points: what was flushed is recovered, in order.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <random>
#include <utility>

#include "sensor/publish/spool.h"
#include "spool_fixture.h"

namespace zonelag::sensor {
namespace {

std::string value_of(std::uint64_t number) { return fmt::format("{0}:{1:x>{2}}", number, "", number * 37 % 400); }

// In the child: appends and flushes, says after each flush what is the last number; delivers some.
[[noreturn]] void run_sensor(const SpoolConfig& config, std::uint64_t number, int report) {
  const SystemClock clock;
  auto spool = Spool::open(config, clock);
  if (!spool) ::_exit(2);
  while ((*spool)->figures().dropped() == 0) {
    for (int i = 0; i < 7; ++i) (*spool)->append("key", value_of(++number));
    (*spool)->flush();
    if (::write(report, &number, sizeof number) != sizeof number) ::_exit(4);
    for (int i = 0; i < 5; ++i) {
      if (const auto record = (*spool)->next()) (*spool)->delivered(record->index);
    }
    (*spool)->maintain();
  }
  ::_exit(3);
}

// Until `reports` came, then kills it; the last number that was reported.
std::uint64_t run_and_kill(const SpoolConfig& config, std::uint64_t number, unsigned reports) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return 0;
  const pid_t child = ::fork();
  if (child == 0) run_sensor(config, number, ends[1]);
  ::close(ends[1]);
  std::uint64_t last = 0;
  std::uint64_t reported = 0;
  while (reports-- > 0 && ::read(ends[0], &reported, sizeof reported) == sizeof reported) last = reported;
  ::kill(child, SIGKILL);
  while (::read(ends[0], &reported, sizeof reported) == sizeof reported) last = reported;
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? last : 0;
}

using SpoolKillTest = SpoolTest;

TEST_F(SpoolKillTest, EverythingFlushedIsFound) {
  config_.segment_bytes = 20'000;
  std::mt19937 random(11);  // NOLINT(bugprone-random-generator-seed,cert-msc51-cpp)
  std::uint64_t number = 0;
  std::uint64_t last_index = 0;
  for (int round = 0; round < 60; ++round) {
    const std::uint64_t flushed = run_and_kill(config_, number, static_cast<unsigned>(1 + random() % 60));
    ASSERT_GT(flushed, number) << round;
    open();
    EXPECT_EQ(spool_->figures().unreadable, 0U);
    std::uint64_t found = 0;
    std::uint64_t index = 0;
    while (const auto record = spool_->next()) {
      const std::uint64_t before = std::exchange(found, std::strtoull(std::string(record->value).c_str(), nullptr, 10));
      ASSERT_TRUE(before == 0 || found == before + 1) << round << ": " << before << ", then " << found;
      ASSERT_EQ(record->value, value_of(found));
      ASSERT_GT(record->index, std::exchange(index, record->index));
    }
    ASSERT_GE(found, flushed);
    ASSERT_GT(index, std::exchange(last_index, index));
    number = found;
    if (round % 3 == 0) spool_->delivered(index);
    spool_.reset();
  }
}

}  // namespace
}  // namespace zonelag::sensor
