#include "service/kafka/kafka_health.h"

#include <fmt/format.h>

namespace zonelag::service {

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

// It was reached, whatever the last look found.
void KafkaHealth::delivered(Clock::time_point now) {
  if (!connected_) errors_.clear();
  connected_ = true;
  looked_in_vain_ = false;
  since_ = now;
  failure_.clear();
}

void KafkaHealth::restarted(Clock::time_point now) {
  connected_ = looked_in_vain_ = topic_ready_ = false;
  topic_problem_.clear();
  errors_.clear();
  since_ = now;
}

std::string KafkaHealth::problem(Clock::time_point now, bool waiting, std::string_view brokers) const {
  const bool late = now - since_ >= kPatience;
  if (!connected_) {
    if (looked_in_vain_ && !errors_.empty()) return errors_.text();
    if (!failure_.empty()) return failure_;
    return looked_in_vain_ && late ? fmt::format("{}: does not answer", brokers) : std::string();
  }
  if (!topic_problem_.empty()) return topic_problem_;
  if (!failure_.empty()) return failure_;
  if (!waiting || !late) return {};
  const std::string errors = errors_.text();
  return fmt::format("nothing was acknowledged for {} s{}{}", kPatience.count(),
                     errors.empty() ? " (are enough replicas in sync?)" : ": ", errors);
}

}  // namespace zonelag::service
