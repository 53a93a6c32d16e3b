#include "sensor/merge.h"

#include <algorithm>
#include <utility>

namespace zonelag::sensor {

MergedSource::MergedSource(std::vector<std::unique_ptr<PacketSource>> sources)
    : sources_(std::move(sources)), rest_(sources_.size()) {}

Run MergedSource::next_run() {
  if (!started_) {
    start();
  } else if (!heap_.empty()) {
    settle_root();
  }
  if (heap_.empty()) return {};
  const std::size_t index = heap_.front().source;
  const std::size_t count = run_length();
  const Run run{index, rest_[index].first(count)};
  rest_[index] = rest_[index].subspan(count);
  return run;
}

void MergedSource::interrupt() {
  for (const auto& source : sources_) source->interrupt();
}

void MergedSource::start() {
  started_ = true;
  for (std::size_t index = 0; index < sources_.size(); ++index) {
    rest_[index] = sources_[index]->next_batch();
    if (!rest_[index].empty()) heap_.push_back({rest_[index].front().time, index});
  }
  for (std::size_t at = heap_.size() / 2; at-- > 0;) sift_down(at);
}

// The root's run was handed out: find its new place. Only here, because a new batch ends the life of the run's views.
void MergedSource::settle_root() {
  Head& root = heap_.front();
  auto& rest = rest_[root.source];
  if (rest.empty()) rest = sources_[root.source]->next_batch();
  if (rest.empty()) {
    root = heap_.back();
    heap_.pop_back();
  } else {
    root.time = rest.front().time;
  }
  sift_down(0);
}

void MergedSource::sift_down(std::size_t at) {
  while (true) {
    std::size_t least = at;
    for (std::size_t child = 2 * at + 1; child <= 2 * at + 2 && child < heap_.size(); ++child) {
      if (before(heap_[child], heap_[least])) least = child;
    }
    if (least == at) return;
    std::swap(heap_[at], heap_[least]);
    at = least;
  }
}

std::size_t MergedSource::run_length() const {
  const Head& root = heap_.front();
  const auto rest = rest_[root.source];
  if (heap_.size() == 1) return rest.size();
  const Head& rival = heap_.size() > 2 && before(heap_[2], heap_[1]) ? heap_[2] : heap_[1];
  std::size_t count = 1;
  while (count < rest.size() && before({rest[count].time, root.source}, rival)) ++count;
  return count;
}

std::vector<CaptureProblem> MergedSource::problems() const {
  std::vector<CaptureProblem> all;
  for (const auto& source : sources_) {
    const auto problems = source->problems();
    all.insert(all.end(), problems.begin(), problems.end());
  }
  return all;
}

std::uint64_t MergedSource::bytes_read() const {
  std::uint64_t sum = 0;
  for (const auto& source : sources_) sum += source->bytes_read();
  return sum;
}

std::uint64_t MergedSource::total_bytes() const {
  std::uint64_t sum = 0;
  for (const auto& source : sources_) {
    const auto total = source->total_bytes();
    if (total == 0) return 0;
    sum += total;
  }
  return sum;
}

}  // namespace zonelag::sensor
