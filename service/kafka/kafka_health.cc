#include "service/kafka/kafka_health.h"

#include <fmt/format.h>

namespace zonelag::service {
namespace {

constexpr std::size_t kMostBrokers = 64;  // whose errors are kept; a cluster that is larger says no more with more
constexpr std::size_t kMostTold = 3;

}  // namespace

void KafkaHealth::broker_error(BrokerError error) {
  if (errors_.size() >= kMostBrokers && !errors_.contains(error.broker)) return;
  errors_[error.broker] = std::move(error.text);
}

// No problem yet: brokers close idle connections, too. The next look tells.
void KafkaHealth::all_down() {
  if (connected_) looked_in_vain_ = false;
  connected_ = false;
}

void KafkaHealth::found(const ProbeFinding& finding) {
  if (!finding.reached) {
    connected_ = false;
    looked_in_vain_ = true;
    return;
  }
  if (!connected_) errors_.clear();
  connected_ = true;
  looked_in_vain_ = false;
  topic_ready_ = finding.topic_found;
  topic_problem_ = finding.problem;
}

void KafkaHealth::delivered(Clock::time_point now) {
  since_ = now;
  failure_.clear();
}

void KafkaHealth::restarted(Clock::time_point now) {
  connected_ = looked_in_vain_ = topic_ready_ = false;
  topic_problem_.clear();
  errors_.clear();
  since_ = now;
}

std::string KafkaHealth::broker_errors() const {
  std::string text;
  std::size_t told = 0;
  for (const auto& [broker, error] : errors_) {
    if (told++ == kMostTold) break;
    text += fmt::format("{}{}{}{}", text.empty() ? "" : "; ", broker, broker.empty() ? "" : ": ", error);
  }
  return text;
}

std::string KafkaHealth::problem(Clock::time_point now, bool waiting, std::string_view brokers) const {
  const bool late = now - since_ >= kPatience;
  if (!connected_) {
    if (looked_in_vain_ && !errors_.empty()) return broker_errors();
    if (!failure_.empty()) return failure_;
    return looked_in_vain_ && late ? fmt::format("{}: does not answer", brokers) : std::string();
  }
  if (!topic_problem_.empty()) return topic_problem_;
  if (!failure_.empty()) return failure_;
  if (!waiting || !late) return {};
  const std::string errors = broker_errors();
  return fmt::format("nothing was acknowledged for {} s{}{}", kPatience.count(),
                     errors.empty() ? " (are enough replicas in sync?)" : ": ", errors);
}

}  // namespace zonelag::service
