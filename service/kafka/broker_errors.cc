#include "service/kafka/broker_errors.h"

#include <fmt/format.h>

#include <utility>

namespace zonelag::service {
namespace {

constexpr std::size_t kMostBrokers = 64;  // whose errors are kept; a cluster that is larger says no more with more
constexpr std::size_t kMostTold = 3;

}  // namespace

void BrokerErrors::add(BrokerError error) {
  if (errors_.size() >= kMostBrokers && !errors_.contains(error.broker)) return;
  errors_[std::move(error.broker)] = std::move(error.text);
}

std::string BrokerErrors::text() const {
  std::string text;
  std::size_t told = 0;
  for (const auto& [broker, error] : errors_) {
    if (told++ == kMostTold) break;
    text += fmt::format("{}{}{}{}", text.empty() ? "" : "; ", broker, broker.empty() ? "" : ": ", error);
  }
  return text;
}

}  // namespace zonelag::service
