#include "trouble.h"

#include <fmt/format.h>

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;

constexpr auto kErrorPatience = 1s;     // with an error that may be why
constexpr auto kSilencePatience = 15s;  // without
constexpr std::size_t kMostBrokers = 64;
constexpr std::size_t kMostTold = 3;

}  // namespace

void Trouble::broker_error(std::string_view broker, std::string text) {
  std::string name(broker);
  if (errors_.size() >= kMostBrokers && !errors_.contains(name)) return;
  errors_[std::move(name)] = std::move(text);
}

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
  return broker_errors();
}

std::string Trouble::broker_errors() const {
  std::string text;
  std::size_t told = 0;
  for (const auto& [broker, error] : errors_) {
    if (told++ == kMostTold) break;
    text += fmt::format("{}{}{}{}", text.empty() ? "" : "; ", broker, broker.empty() ? "" : ": ", error);
  }
  return text;
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
