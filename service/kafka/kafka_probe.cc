#include "service/kafka/kafka_probe.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "service/kafka/kafka_problem.h"

namespace zonelag::service {
namespace {

using namespace std::chrono_literals;

constexpr auto kAnswerWithin = 1s;
constexpr auto kCreatedWithin = 10s;
constexpr auto kNextLook = 250ms;        // no broker was reached, or the topic was just created
constexpr auto kNextTopicLook = 2000ms;  // the topic is not there

int milliseconds(std::chrono::milliseconds duration) { return static_cast<int>(duration.count()); }

void read_topic(const KafkaConnection& connection, const KafkaTopic& topic, const rd_kafka_metadata_t& metadata,
                ProbeFinding& finding) {
  finding.reached = true;
  finding.brokers = static_cast<std::uint32_t>(metadata.broker_cnt);
  if (metadata.topic_cnt != 1) return;
  const rd_kafka_metadata_topic_t& found = metadata.topics[0];
  // The cluster is about to elect leaders: just created, or just started.
  const bool settling = found.err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
  if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR && !settling) finding.problem = explain(connection, topic, found.err);
  finding.partitions = static_cast<std::uint32_t>(found.partition_cnt);
  finding.topic_found = found.err == RD_KAFKA_RESP_ERR_NO_ERROR && found.partition_cnt > 0;
}

// The answer of CreateTopics: empty when the topic is there now.
std::string why_not_created(const KafkaTopic& topic, rd_kafka_event_t* event) {
  if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return fmt::format("topic '{}' can't be created: {}", topic.name, rd_kafka_event_error_string(event));
  }
  std::size_t count = 0;
  const rd_kafka_CreateTopics_result_t* result = rd_kafka_event_CreateTopics_result(event);
  const rd_kafka_topic_result_t** topics = rd_kafka_CreateTopics_result_topics(result, &count);
  if (count != 1) return fmt::format("topic '{}' can't be created: the broker does not say why", topic.name);
  const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(topics[0]);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) return {};
  const char* said = rd_kafka_topic_result_error_string(topics[0]);
  return fmt::format("topic '{}' can't be created: {}", topic.name, said != nullptr ? said : rd_kafka_err2str(error));
}

bool is_missing(const ProbeFinding& finding) {
  return finding.reached && !finding.topic_found && finding.partitions == 0;
}

}  // namespace

ProbeFinding look_for_topic(const KafkaConnection& connection, const KafkaTopic& topic, rd_kafka_t* client,
                            rd_kafka_topic_t* handle, std::chrono::milliseconds wait) {
  ProbeFinding finding;
  const rd_kafka_metadata_t* metadata = nullptr;
  if (rd_kafka_metadata(client, 0, handle, &metadata, milliseconds(wait)) != RD_KAFKA_RESP_ERR_NO_ERROR) return finding;
  read_topic(connection, topic, *metadata, finding);
  rd_kafka_metadata_destroy(metadata);
  return finding;
}

std::expected<bool, std::string> create_topic(rd_kafka_t* client, const KafkaTopic& topic,
                                              const std::stop_token& stop) {
  std::array<char, 512> said{};
  const KafkaNewTopicHandle wanted(rd_kafka_NewTopic_new(topic.name.c_str(), static_cast<int>(topic.partitions),
                                                         static_cast<int>(topic.replication), said.data(),
                                                         said.size()));
  if (!wanted) return std::unexpected(fmt::format("topic '{}' can't be created: {}", topic.name, said.data()));
  for (const auto& [name, value] : topic.config)
    rd_kafka_NewTopic_set_config(wanted.get(), name.c_str(), value.c_str());
  const KafkaQueueHandle answers(rd_kafka_queue_new(client));
  const KafkaAdminOptionsHandle options(rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), milliseconds(kCreatedWithin), said.data(), said.size());
  rd_kafka_NewTopic_t* topics[] = {wanted.get()};
  rd_kafka_CreateTopics(client, topics, 1, options.get(), answers.get());
  KafkaEventHandle event;
  while (!event && !stop.stop_requested()) event.reset(rd_kafka_queue_poll(answers.get(), 200));
  if (!event) return false;
  std::string problem = why_not_created(topic, event.get());
  if (!problem.empty()) return std::unexpected(std::move(problem));
  return true;
}

KafkaProbe::KafkaProbe(const KafkaConnection& connection, KafkaTopic topic, rd_kafka_t* client,
                       rd_kafka_topic_t* handle)
    : connection_(connection),
      topic_(std::move(topic)),
      client_(client),
      handle_(handle),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void KafkaProbe::look_again() {
  {
    const std::scoped_lock lock(mutex_);
    wanted_ = true;
  }
  wake_.notify_one();
}

std::optional<ProbeFinding> KafkaProbe::take() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(finding_, std::nullopt);
}

void KafkaProbe::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (!wake_.wait(lock, stop, [this] { return wanted_; })) return;
    wanted_ = false;
    lock.unlock();
    ProbeFinding finding = look_for_topic(connection_, topic_, client_, handle_, kAnswerWithin);
    if (topic_.create && is_missing(finding)) create(stop, finding);
    lock.lock();
    const bool soon = !finding.reached || finding.problem.empty();
    if (!finding.topic_found) wanted_ = true;
    // One that was created must not be forgotten before somebody was told.
    if (finding_ && finding_->topic_created) finding.topic_created = true;
    finding_ = std::move(finding);
    if (wanted_) wake_.wait_for(lock, stop, soon ? kNextLook : kNextTopicLook, [] { return false; });
  }
}

void KafkaProbe::create(const std::stop_token& stop, ProbeFinding& finding) {
  const auto created = create_topic(client_, topic_, stop);
  finding.topic_created = created.value_or(false);
  finding.problem = created ? std::string() : created.error();
}

}  // namespace zonelag::service
