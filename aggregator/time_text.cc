#include "aggregator/time_text.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>

namespace zonelag::aggregator {
namespace {

using decoder::Duration;
using decoder::Timestamp;

// The absolute value in nanoseconds; unsigned, so that the most negative duration has one.
std::uint64_t magnitude(Duration duration) {
  const auto count = static_cast<std::uint64_t>(duration.count());
  return duration.count() < 0 ? 0 - count : count;
}

struct CalendarTime {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<Duration> clock;
};

CalendarTime calendar(Timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  // By counts: the first day of the type's range begins before the range does, and has no Timestamp.
  const auto in_day = static_cast<std::uint64_t>(time.time_since_epoch().count()) -
                      static_cast<std::uint64_t>(day.time_since_epoch().count()) * 86'400'000'000'000ULL;
  return {std::chrono::year_month_day(day), std::chrono::hh_mm_ss(Duration(static_cast<std::int64_t>(in_day)))};
}

std::string date_text(const std::chrono::year_month_day& date) {
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::string clock_text(const std::chrono::hh_mm_ss<Duration>& clock) {
  return fmt::format("{:02}:{:02}:{:02}", clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

// `value` in units of `unit` nanoseconds with one decimal, rounded half up.
std::string with_decimal(std::uint64_t value, std::uint64_t unit, const char* name) {
  const std::uint64_t tenths = (value + unit / 20) / (unit / 10);
  return fmt::format("{}.{} {}", tenths / 10, tenths % 10, name);
}

std::uint64_t rounded(std::uint64_t value, std::uint64_t unit) { return (value + unit / 2) / unit; }

// Every threshold is where rounding would reach the next unit, so that no "1000 ms" or "60.0 s" appears.
std::string unsigned_human(std::uint64_t ns) {
  constexpr std::uint64_t kMicro = 1'000;
  constexpr std::uint64_t kMilli = 1'000'000;
  constexpr std::uint64_t kSecond = 1'000'000'000;
  if (ns == 0) return "0 ms";
  if (ns < kMicro) return fmt::format("{} ns", ns);
  if (ns < kMilli - kMicro / 2) return fmt::format("{} µs", rounded(ns, kMicro));
  if (ns < 10 * kMilli - kMilli / 20) return with_decimal(ns, kMilli, "ms");
  if (ns < kSecond - kMilli / 2) return fmt::format("{} ms", rounded(ns, kMilli));
  if (ns < 60 * kSecond - kSecond / 20) return with_decimal(ns, kSecond, "s");
  const std::uint64_t seconds = rounded(ns, kSecond);
  if (seconds < 3600) return fmt::format("{} m {:02} s", seconds / 60, seconds % 60);
  const std::uint64_t minutes = rounded(ns, 60 * kSecond);
  if (minutes < std::uint64_t{24} * 60) return fmt::format("{} h {:02} m", minutes / 60, minutes % 60);
  const std::uint64_t hours = rounded(ns, 3600 * kSecond);
  return fmt::format("{} d {:02} h", hours / 24, hours % 24);
}

}  // namespace

std::string rfc3339(Timestamp time) {
  const CalendarTime at = calendar(time);
  return fmt::format("{}T{}.{:09}Z", date_text(at.date), clock_text(at.clock), at.clock.subseconds().count());
}

std::string decimal_seconds(Duration duration) {
  const std::uint64_t ns = magnitude(duration);
  std::string text = fmt::format("{}{}", duration.count() < 0 ? "-" : "", ns / 1'000'000'000);
  if (ns % 1'000'000'000 == 0) return text;
  text += fmt::format(".{:09}", ns % 1'000'000'000);
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

std::string date_and_clock(Timestamp time) {
  const CalendarTime at = calendar(time);
  return fmt::format("{} {}.{:03}", date_text(at.date), clock_text(at.clock),
                     at.clock.subseconds().count() / 1'000'000);
}

std::string human_duration(Duration duration) {
  return (duration.count() < 0 ? "-" : "") + unsigned_human(magnitude(duration));
}

}  // namespace zonelag::aggregator
