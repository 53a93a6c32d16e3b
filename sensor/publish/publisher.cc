#include "sensor/publish/publisher.h"

#include <algorithm>

#include "proto/codec.h"

namespace zonelag::sensor {
namespace {

constexpr std::size_t kMostOfStep = 10'000;    // records, so that new events do not wait for a backlog
constexpr std::size_t kMostUnderWay = 50'000;  // records: the producer is full before, unless one stays out
constexpr std::size_t kMostTimed = 1U << 16U;  // records
constexpr decoder::Duration kMaintain = std::chrono::seconds(1);

}  // namespace

void Publisher::step(const std::vector<decoder::Event>& events, std::chrono::milliseconds wait) {
  spool(events);
  const auto now = clock_.now();
  if (now < maintained_ || now - maintained_ >= kMaintain) {
    spool_.maintain();
    maintained_ = now;
  }
  send();
  const bool more_to_send = more_ && !held_ && under_way_.size() < kMostUnderWay;
  producer_.poll(more_to_send ? std::chrono::milliseconds(0) : wait, *this);
  settle();
  if (failed_) start_again();
}

void Publisher::spool(const std::vector<decoder::Event>& events) {
  for (const auto& event : events) {
    encoded_.clear();
    proto::encode(event, encoded_);
    ++figures_.encoded;
    if (encoded_.size() > proto::kMaxRecordSize) {
      ++figures_.refused;
      continue;
    }
    const std::uint64_t index = spool_.append(event.zone.to_text(), encoded_);
    captured_.emplace_back(index, event.captured_at);
    if (captured_.size() > kMostTimed) captured_.pop_front();
    more_ = true;
  }
  if (!events.empty()) spool_.flush();  // before any of them is produced
}

void Publisher::send() {
  for (std::size_t sent = 0; more_ && sent < kMostOfStep && under_way_.size() < kMostUnderWay; ++sent) {
    if (held_) {
      if (!produce({held_->index, held_->key, held_->value})) return;
      held_.reset();
      continue;
    }
    const auto record = spool_.next();
    if (!record) {
      more_ = false;
    } else if (!produce(*record)) {
      held_ = Held{record->index, std::string(record->key), std::string(record->value)};
      return;
    }
  }
}

// False: not now.
bool Publisher::produce(const SpoolRecord& record) {
  const ProduceResult result = producer_.produce(record.index, record.key, record.value);
  if (result == ProduceResult::full) return false;
  const bool refused = result == ProduceResult::refused;
  if (refused) ++figures_.refused;
  under_way_.push_back({record.index, captured_at(record.index), refused});
  return true;
}

decoder::Timestamp Publisher::captured_at(std::uint64_t index) {
  while (!captured_.empty() && captured_.front().first < index) captured_.pop_front();
  if (captured_.empty() || captured_.front().first != index) return {};
  const auto time = captured_.front().second;
  captured_.pop_front();
  return time;
}

void Publisher::delivery(std::uint64_t index, Delivery delivery) {
  if (delivery == Delivery::failed) {
    failed_ = true;
    return;
  }
  const auto record = std::ranges::lower_bound(under_way_, index, {}, &UnderWay::index);
  if (record == under_way_.end() || record->index != index || record->done) return;
  record->done = true;
  if (delivery == Delivery::refused) {
    ++figures_.refused;
  } else {
    measure(*record);
  }
}

void Publisher::measure(const UnderWay& record) {
  if (record.captured_at == decoder::Timestamp{}) return;
  const double seconds = std::chrono::duration<double>(clock_.now() - record.captured_at).count();
  const auto bound = std::ranges::lower_bound(LatencyFigures::kBounds, seconds);
  ++figures_.latency.counts.at(static_cast<std::size_t>(bound - LatencyFigures::kBounds.begin()));
  figures_.latency.sum += seconds;
}

void Publisher::settle() {
  std::uint64_t last = 0;
  while (!under_way_.empty() && under_way_.front().done) {
    last = under_way_.front().index;
    under_way_.pop_front();
  }
  if (last != 0) spool_.delivered(last);
}

// From the first one that was not delivered; repeats carry their sequence numbers.
void Publisher::start_again() {
  failed_ = false;
  ++figures_.rewinds;
  producer_.reset();
  for (; !under_way_.empty(); under_way_.pop_back()) {
    const UnderWay& record = under_way_.back();
    if (!record.done && record.captured_at != decoder::Timestamp{}) {
      captured_.emplace_front(record.index, record.captured_at);
    }
  }
  held_.reset();
  spool_.rewind();
  more_ = true;
}

}  // namespace zonelag::sensor
