// KafkaFeed's part in its group: partitions given and taken, and how many the topic has.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "kafka_feed_impl.h"
#include "service/kafka/kafka_problem.h"

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;

constexpr auto kMissingFor = 3000ms;  // a topic is missing, and not only unknown to a broker that has just started
constexpr auto kLayoutWait = 5000ms;

KafkaFeedImpl* feed_of(void* link) { return static_cast<KafkaFeedImpl*>(static_cast<ClientLink*>(link)->owner()); }

std::vector<std::int32_t> partitions_of(const rd_kafka_topic_partition_list_t& list) {
  std::vector<std::int32_t> partitions;
  for (int i = 0; i < list.cnt; ++i) partitions.push_back(list.elems[i].partition);
  return partitions;
}

}  // namespace

void KafkaFeedImpl::on_error(rd_kafka_t* /*client*/, int error, const char* reason, void* link) {
  KafkaFeedImpl* self = feed_of(link);
  if (self == nullptr) return;
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    if (self->watch_) self->watch_->look_again();
    return;
  }
  self->trouble_.broker_error(
      service::explain(self->config_.kafka, rd_kafka_version(), static_cast<rd_kafka_resp_err_t>(error), reason));
}

void KafkaFeedImpl::on_rebalance(rd_kafka_t* client, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* list,
                                 void* link) {
  KafkaFeedImpl* self = feed_of(link);
  if (self == nullptr) return;
  self->rebalanced_ = true;
  if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    if (!self->leaving_) self->assigned(*list);
    return;
  }
  self->revoked(*list);
  const KafkaErrorHandle failed(rd_kafka_incremental_unassign(client, list));
  if (failed)
    self->log(service::LogLevel::warning, fmt::format("kafka: partitions: {}", rd_kafka_error_string(failed.get())));
}

void KafkaFeedImpl::assigned(const rd_kafka_topic_partition_list_t& list) {
  const std::vector<std::int32_t> partitions = partitions_of(list);
  ++figures_.rebalances;
  ever_assigned_ = settled_ = true;
  // Homes follow from it: it must be known before anything of these partitions is looked at.
  learn_layout(partitions.empty() ? 0 : std::ranges::max(partitions) + 1);
  if (!partitions.empty()) {
    const std::vector<std::int64_t> offsets = listener_.assigned(partitions);
    for (std::size_t i = 0; i < partitions.size(); ++i) {
      held_.hold(partitions[i], i < offsets.size() ? offsets[i] : -1);
    }
    log(service::LogLevel::info, fmt::format("kafka: topic '{}': given partitions {}, {} of {} held", config_.topic,
                                             fmt::join(partitions, " "), held_.all().size(), layout_));
  }
  const KafkaListHandle begin = list_of(partitions);
  const KafkaErrorHandle failed(rd_kafka_incremental_assign(client_.get(), begin.get()));
  if (failed)
    log(service::LogLevel::warning, fmt::format("kafka: partitions: {}", rd_kafka_error_string(failed.get())));
  // librdkafka remembers that it was told to pause a partition, even when that was lost and comes back.
  paused_ ? rd_kafka_pause_partitions(client_.get(), begin.get())
          : rd_kafka_resume_partitions(client_.get(), begin.get());
}

void KafkaFeedImpl::revoked(const rd_kafka_topic_partition_list_t& list) {
  const std::vector<std::int32_t> partitions = partitions_of(list);
  ++figures_.rebalances;
  if (!leaving_ && !partitions.empty()) {
    const bool lost = rd_kafka_assignment_lost(client_.get()) != 0;
    log(lost ? service::LogLevel::warning : service::LogLevel::info,
        fmt::format("kafka: topic '{}': {} partitions {}", config_.topic, lost ? "lost" : "gives back",
                    fmt::join(partitions, " ")));
    listener_.revoked(partitions, lost);
    if (lost) settled_ = false;
    if (!lost) commit(true);
  }
  for (const std::int32_t partition : partitions) {
    held_.drop(partition);
    to_commit_.erase(partition);
  }
}

// `least`: there are so many, at least.
void KafkaFeedImpl::learn_layout(std::int32_t least) {
  std::int32_t known = watch_->state().partitions;
  if (known < least || known == 0) {
    const TopicLook look = look_at_topic(client_.get(), config_.topic, kLayoutWait);
    watch_->note(look);
    known = std::max(look.partitions, least);
  }
  layout_ = std::max(known, 1);
}

bool KafkaFeedImpl::layout_changed() {
  const std::int32_t partitions = watch_->state().partitions;
  if (partitions == 0 || partitions == layout_) return false;
  const std::int32_t before = std::exchange(layout_, partitions);
  if (before == 0) return false;  // nothing was read yet
  log(partitions > before ? service::LogLevel::info : service::LogLevel::error,
      fmt::format("kafka: topic '{}' has {} partitions now, it had {}{}", config_.topic, partitions, before,
                  partitions > before ? "" : ": was it made anew?"));
  return true;
}

std::optional<std::string> KafkaFeedImpl::missing_topic() const {
  const TopicWatch::State watched = watch_->state();
  const TopicLook& look = watched.last;
  if (!look.reached || look.partitions > 0 || TopicWatch::Clock::now() - watched.since < kMissingFor) {
    return std::nullopt;
  }
  const bool missing = look.error == RD_KAFKA_RESP_ERR_NO_ERROR;
  return explain_topic(missing ? RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART : look.error);
}

std::string KafkaFeedImpl::explain_topic(rd_kafka_resp_err_t error) const {
  return service::explain(
      config_.kafka,
      {.name = config_.topic, .when_missing = "create it (zonelag topics create)", .needs = "Describe and Read"},
      error);
}

}  // namespace zonelag::aggregator
