#include "trouble.h"

#include <fmt/format.h>

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;

constexpr auto kErrorPatience = 1s;     // with an error that may be why
constexpr auto kSilencePatience = 15s;  // without

}  // namespace

void Trouble::works() {
  since_ = Clock::now();
  worked_ = true;
  failure_.clear();
  errors_.clear();
}

std::string Trouble::problem(bool waiting) const {
  if (!failure_.empty()) return failure_;
  const auto silence = Clock::now() - since_;
  if (!waiting || silence < (errors_.empty() ? kSilencePatience : Clock::duration(kErrorPatience))) return {};
  if (errors_.empty()) return fmt::format("the brokers do not answer ({} s)", kSilencePatience.count());
  return errors_.text();
}

void Trouble::tell(bool waiting) {
  std::string now = problem(waiting);
  if (now == told_) return;
  if (now.empty() && !worked_) return;  // not over, only not known
  log_(now.empty() ? service::LogLevel::info : service::LogLevel::warning,
       now.empty() ? fine_ : fmt::format("kafka: {}", now));
  worked_ = false;
  told_ = std::move(now);
}

}  // namespace zonelag::aggregator
