#include "topic_watch.h"

#include <utility>

#include "kafka_client.h"

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;

constexpr auto kAnswerWithin = 1000ms;
constexpr auto kNextLook = 1000ms;  // while no broker is reached, or the topic is not there

}  // namespace

TopicLook look_at_topic(rd_kafka_t* client, const std::string& topic, std::chrono::milliseconds wait) {
  TopicLook look;
  const service::KafkaTopicHandle handle(rd_kafka_topic_new(client, topic.c_str(), nullptr));
  if (!handle) return {.error = rd_kafka_last_error()};
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto error = rd_kafka_metadata(client, 0, handle.get(), &metadata, static_cast<int>(wait.count()));
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return look;
  look.reached = true;
  if (metadata->topic_cnt == 1) {
    look.error = metadata->topics[0].err;
    // Leaders are being elected: the partitions are known nonetheless.
    if (look.error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) look.error = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (look.error == RD_KAFKA_RESP_ERR_NO_ERROR) look.partitions = metadata->topics[0].partition_cnt;
  }
  rd_kafka_metadata_destroy(metadata);
  return look;
}

TopicWatch::TopicWatch(rd_kafka_t* client, std::string topic, std::chrono::milliseconds refresh)
    : client_(client),
      topic_(std::move(topic)),
      refresh_(refresh),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

TopicWatch::State TopicWatch::state() const {
  const std::scoped_lock lock(mutex_);
  return state_;
}

void TopicWatch::look_again() {
  {
    const std::scoped_lock lock(mutex_);
    wanted_ = true;
  }
  wake_.notify_one();
}

void TopicWatch::note(const TopicLook& look) {
  const std::scoped_lock lock(mutex_);
  take(look);
}

void TopicWatch::take(const TopicLook& look) {
  const bool same = look.reached == state_.last.reached && (look.partitions > 0) == (state_.last.partitions > 0);
  if (!same || state_.looks == 0) state_.since = Clock::now();
  state_.last = look;
  ++state_.looks;
  if (look.partitions > 0) state_.partitions = look.partitions;
}

void TopicWatch::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const TopicLook look = look_at_topic(client_, topic_, kAnswerWithin);
    std::unique_lock lock(mutex_);
    take(look);
    const auto next = look.partitions > 0 ? refresh_ : kNextLook;
    wake_.wait_for(lock, stop, next, [this] { return wanted_; });
    wanted_ = false;
  }
}

}  // namespace zonelag::aggregator
