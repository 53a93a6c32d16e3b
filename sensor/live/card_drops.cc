#include "card_drops.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <optional>
#include <system_error>
#include <tuple>

namespace zonelag::sensor {
namespace {

constexpr std::array kFiles{"rx_missed_errors", "rx_fifo_errors"};

std::optional<std::uint64_t> read_number(const Descriptor& file) {
  std::array<char, 24> text{};
  const ssize_t length = ::pread(file.get(), text.data(), text.size(), 0);
  std::uint64_t number = 0;
  if (length <= 0 || std::from_chars(text.data(), text.data() + length, number).ec != std::errc{}) return std::nullopt;
  return number;
}

}  // namespace

CardDrops::CardDrops(const std::string& interface, const std::string& root) {
  static_assert(kFiles.size() == std::tuple_size_v<decltype(counters_)>);
  for (std::size_t i = 0; i < kFiles.size(); ++i) {
    const std::string path = fmt::format("{}/{}/statistics/{}", root, interface, kFiles[i]);
    counters_[i].file = Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (counters_[i].file) counters_[i].last = read_number(counters_[i].file).value_or(0);
  }
}

std::uint64_t CardDrops::count() {
  for (Counter& counter : counters_) {
    if (!counter.file) continue;
    const auto number = read_number(counter.file);
    if (!number) continue;
    // A driver that starts again counts from 0.
    count_ += *number >= counter.last ? *number - counter.last : *number;
    counter.last = *number;
  }
  return count_;
}

}  // namespace zonelag::sensor
