#include "time_argument.h"

#include <charconv>
#include <chrono>

namespace zonelag::cli {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// What event time can be is narrower: 64 bits of nanoseconds end in 2262.
constexpr int kFirstYear = 1970;
constexpr int kLastYear = 2200;

class Text {
 public:
  explicit Text(std::string_view text) : left_(text) {}

  bool skip(char c) {
    if (!left_.starts_with(c)) return false;
    left_.remove_prefix(1);
    return true;
  }
  // Exactly `digits` of them, at most `most`.
  std::optional<int> number(std::size_t digits, int least, int most) {
    if (left_.size() < digits) return std::nullopt;
    const std::string_view part = left_.substr(0, digits);
    int result = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), result);
    if (error != std::errc{} || end != part.data() + part.size() || part.front() == '-') return std::nullopt;
    if (result < least || result > most) return std::nullopt;
    left_.remove_prefix(digits);
    return result;
  }
  // After a point: at most nine decimals of a second.
  std::optional<decoder::Duration> fraction() {
    std::int64_t result = 0;
    std::size_t digits = 0;
    for (; !left_.empty() && left_.front() >= '0' && left_.front() <= '9'; ++digits, left_.remove_prefix(1))
      if (digits < 9) result = result * 10 + (left_.front() - '0');
    if (digits == 0 || digits > 9) return std::nullopt;
    for (; digits < 9; ++digits) result *= 10;
    return decoder::Duration(result);
  }
  bool empty() const { return left_.empty(); }

 private:
  std::string_view left_;
};

std::optional<std::chrono::year_month> year_month_of(Text& text) {
  const auto year = text.number(4, kFirstYear, kLastYear);
  if (!year || !text.skip('-')) return std::nullopt;
  const auto month = text.number(2, 1, 12);
  if (!month) return std::nullopt;
  return std::chrono::year(*year) / *month;
}

std::optional<std::chrono::sys_days> day_of(Text& text) {
  const auto month = year_month_of(text);
  if (!month || !text.skip('-')) return std::nullopt;
  const auto day = text.number(2, 1, 31);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date = *month / *day;
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

// "Z", "+01:00".
std::optional<minutes> offset_of(Text& text) {
  if (text.skip('Z') || text.skip('z')) return minutes(0);
  const bool west = text.skip('-');
  if (!west && !text.skip('+')) return std::nullopt;
  const auto hour = text.number(2, 0, 23);
  if (!hour || !text.skip(':')) return std::nullopt;
  const auto minute = text.number(2, 0, 59);
  if (!minute) return std::nullopt;
  const minutes offset = hours(*hour) + minutes(*minute);
  return west ? -offset : offset;
}

}  // namespace

std::optional<decoder::Timestamp> time_argument(std::string_view argument, bool is_end) {
  Text text(argument);
  const auto day = day_of(text);
  if (!day) return std::nullopt;
  if (text.empty()) return decoder::Timestamp(is_end ? *day + days(1) : *day);
  if (!text.skip('T') && !text.skip('t') && !text.skip(' ')) return std::nullopt;
  const auto hour = text.number(2, 0, 23);
  if (!hour || !text.skip(':')) return std::nullopt;
  const auto minute = text.number(2, 0, 59);
  if (!minute || !text.skip(':')) return std::nullopt;
  const auto second = text.number(2, 0, 60);
  if (!second) return std::nullopt;
  decoder::Timestamp time = *day + hours(*hour) + minutes(*minute) + seconds(*second);
  if (text.skip('.')) {
    const auto fraction = text.fraction();
    if (!fraction) return std::nullopt;
    time += *fraction;
  }
  const auto offset = offset_of(text);
  if (!offset || !text.empty()) return std::nullopt;
  return time - *offset;
}

std::optional<Month> month_argument(std::string_view argument) {
  Text text(argument);
  const auto month = year_month_of(text);
  if (!month || !text.empty()) return std::nullopt;
  return Month{decoder::Timestamp(std::chrono::sys_days(*month / 1)),
               decoder::Timestamp(std::chrono::sys_days((*month + std::chrono::months(1)) / 1))};
}

}  // namespace zonelag::cli
