#include "traffic/inject.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

#include "inject_program.h"

namespace zonelag::traffic {
namespace {

using Clock = std::chrono::steady_clock;

// A call ends with a wait of 20 ms for the kernel's readers, so calls are long; but none is interrupted for the time.
constexpr std::uint64_t kLongestCall = 1 << 19;
constexpr std::chrono::milliseconds kBurst{50};

std::uint64_t bytes_of(const PcapFrames& frames, std::uint64_t runs) {
  std::uint64_t all = 0;
  std::uint64_t last_round = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    all += frames[i].size();
    if (i < runs % frames.size()) last_round += frames[i].size();
  }
  return runs / frames.size() * all + last_round;
}

/// How long a call may be, and when the next one is due.
class Schedule {
 public:
  explicit Schedule(const InjectOptions& options)
      : options_{options}, longest_{std::min<std::chrono::nanoseconds>(options.longest, kLongestLive)} {}

  /// 0: the end.
  std::uint32_t next(std::uint64_t sent) {
    const std::uint64_t rate = options_.packets_per_second;
    const std::uint64_t burst = rate == 0 ? kLongestCall : rate * kBurst.count() / 1000;
    std::uint64_t count = std::clamp<std::uint64_t>(burst, 1, kLongestCall);
    if (options_.packets != 0) count = std::min(count, options_.packets - std::min(sent, options_.packets));
    if (rate != 0) {
      const std::chrono::duration<double> due{static_cast<double>(sent) / static_cast<double>(rate)};
      std::this_thread::sleep_until(started_ + std::chrono::duration_cast<Clock::duration>(due));
    }
    return elapsed() >= longest_ ? 0 : static_cast<std::uint32_t>(count);
  }
  std::chrono::nanoseconds elapsed() const { return Clock::now() - started_; }

 private:
  const InjectOptions& options_;
  std::chrono::nanoseconds longest_;
  Clock::time_point started_ = Clock::now();
};

}  // namespace

std::expected<LiveFigures, std::string> inject_frames(const PcapFrames& frames, const InjectOptions& options) {
  const auto index = test_interface(options.interface);
  if (!index) return std::unexpected{index.error()};
  auto program = InjectProgram::load(frames);
  if (!program) return std::unexpected{program.error()};
  LiveFigures figures;
  Schedule schedule{options};
  while (const std::uint32_t count = schedule.next(program->runs())) {
    const auto done = program->run(*index, count);
    if (done) continue;
    if (done.error() != EINTR && done.error() != EAGAIN)
      return std::unexpected{"interface '" + options.interface + "': BPF_PROG_RUN: " + std::strerror(done.error())};
    ++figures.stalls;
  }
  figures.elapsed = schedule.elapsed();
  figures.sent = program->runs();
  figures.sent_bytes = bytes_of(frames, figures.sent);
  read_cpu(figures);
  return figures;
}

}  // namespace zonelag::traffic
