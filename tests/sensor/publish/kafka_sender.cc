#include "kafka_sender.h"

namespace zonelag::tests {

bool KafkaSender::step(std::chrono::milliseconds wait) {
  if (failed_) {
    producer_.reset();
    ++resets_;
    failed_ = false;
    next_ = 1;
    while (settled_.contains(next_)) ++next_;
  }
  was_full_ = false;
  for (; next_ <= records_.size() && !was_full_; ++next_) {
    if (settled_.contains(next_)) continue;
    const SentRecord& record = records_[next_ - 1];
    const sensor::ProduceResult result = producer_.produce(next_, record.key, record.value);
    if (result == sensor::ProduceResult::refused) delivery(next_, sensor::Delivery::refused);
    if (result == sensor::ProduceResult::full) was_full_ = true;
    if (was_full_) break;
  }
  producer_.poll(wait, *this);
  return finished();
}

bool KafkaSender::run_until(const std::function<bool()>& done, std::chrono::milliseconds within) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  while (!done()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    step();
  }
  return true;
}

void KafkaSender::delivery(std::uint64_t index, sensor::Delivery delivery) {
  if (delivery == sensor::Delivery::failed) {
    failed_ = true;
    return;
  }
  settled_.insert(index);
  if (delivery == sensor::Delivery::refused) refused_.insert(index);
}

service::LogLine LogLines::to() {
  return [this](service::LogLevel level, const std::string& line) {
    const std::scoped_lock lock(mutex_);
    all_ += line + "\n";
    if (level != service::LogLevel::debug) lines_.push_back(line);
  };
}

std::vector<std::string> LogLines::lines() const {
  const std::scoped_lock lock(mutex_);
  return lines_;
}

std::string LogLines::all() const {
  const std::scoped_lock lock(mutex_);
  return all_;
}

}  // namespace zonelag::tests
