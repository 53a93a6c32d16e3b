#include "topic_writer.h"

#include <array>
#include <memory>
#include <stdexcept>
#include <utility>

namespace zonelag::tests {
namespace {

constexpr int kAdminTimeout = 30'000;  // ms

template <auto kDestroy>
struct Destroy {
  template <typename T>
  void operator()(T* handle) const {
    kDestroy(handle);
  }
};
using Queue = std::unique_ptr<rd_kafka_queue_t, Destroy<rd_kafka_queue_destroy>>;
using Outcome = std::unique_ptr<rd_kafka_event_t, Destroy<rd_kafka_event_destroy>>;
using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, Destroy<rd_kafka_NewTopic_destroy>>;
using NewPartitions = std::unique_ptr<rd_kafka_NewPartitions_t, Destroy<rd_kafka_NewPartitions_destroy>>;

void set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> said{};
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), said.data(), said.size()) != RD_KAFKA_CONF_OK) {
    rd_kafka_conf_destroy(conf);
    throw std::invalid_argument(said.data());
  }
}

void fail_unless(rd_kafka_resp_err_t error, const std::string& what,
                 rd_kafka_resp_err_t also_good = RD_KAFKA_RESP_ERR_NO_ERROR) {
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR && error != also_good) {
    throw std::runtime_error(what + ": " + rd_kafka_err2str(error));
  }
}

// What the broker says of the one topic of an admin request.
rd_kafka_resp_err_t outcome_of(rd_kafka_queue_t* queue) {
  const Outcome event(rd_kafka_queue_poll(queue, kAdminTimeout));
  if (!event) return RD_KAFKA_RESP_ERR__TIMED_OUT;
  if (const auto error = rd_kafka_event_error(event.get())) return error;
  std::size_t count = 0;
  const rd_kafka_topic_result_t** topics = nullptr;
  if (const auto* created = rd_kafka_event_CreateTopics_result(event.get())) {
    topics = rd_kafka_CreateTopics_result_topics(created, &count);
  } else if (const auto* grown = rd_kafka_event_CreatePartitions_result(event.get())) {
    topics = rd_kafka_CreatePartitions_result_topics(grown, &count);
  }
  return count == 1 ? rd_kafka_topic_result_error(topics[0]) : RD_KAFKA_RESP_ERR__FAIL;
}

rd_kafka_conf_t* configuration(const std::string& brokers, const std::vector<std::string>& properties) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", brokers);
  set(conf, "enable.idempotence", "true");
  set(conf, "linger.ms", "5");
  set(conf, "compression.codec", "lz4");
  set(conf, "queue.buffering.max.messages", "1000000");
  set(conf, "log_level", "0");
  for (const std::string& property : properties) {
    const std::size_t equals = property.find('=');
    if (equals == std::string::npos) {
      rd_kafka_conf_destroy(conf);
      throw std::invalid_argument("'" + property + "' is not property=value");
    }
    set(conf, property.substr(0, equals), property.substr(equals + 1));
  }
  return conf;
}

}  // namespace

TopicWriter::TopicWriter(const std::string& brokers, std::string topic, const std::vector<std::string>& properties)
    : topic_(std::move(topic)) {
  rd_kafka_conf_t* conf = configuration(brokers, properties);
  rd_kafka_conf_set_opaque(conf, this);
  rd_kafka_conf_set_dr_msg_cb(conf, delivered);
  std::array<char, 512> said{};
  client_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, said.data(), said.size());
  if (client_ == nullptr) {
    rd_kafka_conf_destroy(conf);
    throw std::invalid_argument(said.data());
  }
}

TopicWriter::~TopicWriter() {
  if (handle_ != nullptr) rd_kafka_topic_destroy(handle_);
  rd_kafka_destroy(client_);
}

void TopicWriter::make_topic(int partitions) {
  const Queue queue(rd_kafka_queue_new(client_));
  std::array<char, 512> said{};
  const NewTopic topic(rd_kafka_NewTopic_new(topic_.c_str(), partitions, 1, said.data(), said.size()));
  rd_kafka_NewTopic_t* one_topic = topic.get();
  rd_kafka_CreateTopics(client_, &one_topic, 1, nullptr, queue.get());
  const auto made = outcome_of(queue.get());
  fail_unless(made, "topic '" + topic_ + "' can't be made", RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS);
  if (made == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const NewPartitions more(
      rd_kafka_NewPartitions_new(topic_.c_str(), static_cast<std::size_t>(partitions), said.data(), said.size()));
  rd_kafka_NewPartitions_t* one_more = more.get();
  rd_kafka_CreatePartitions(client_, &one_more, 1, nullptr, queue.get());
  // "Invalid partitions": it has so many already.
  fail_unless(outcome_of(queue.get()), "topic '" + topic_ + "' can't grow", RD_KAFKA_RESP_ERR_INVALID_PARTITIONS);
}

// Not before the first record: its idea of the topic's partitions is as old as the handle.
void TopicWriter::open() {
  std::array<char, 512> said{};
  rd_kafka_topic_conf_t* conf = rd_kafka_topic_conf_new();
  rd_kafka_topic_conf_set(conf, "partitioner", "murmur2_random", said.data(), said.size());
  handle_ = rd_kafka_topic_new(client_, topic_.c_str(), conf);
}

void TopicWriter::write(std::string_view key, std::string_view value, std::int32_t partition) {
  if (handle_ == nullptr) open();
  while (rd_kafka_produce(handle_, partition, RD_KAFKA_MSG_F_COPY, const_cast<char*>(value.data()), value.size(),
                          key.data(), key.size(), nullptr) != 0) {
    const rd_kafka_resp_err_t error = rd_kafka_last_error();
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) throw std::runtime_error(rd_kafka_err2str(error));
    rd_kafka_poll(client_, 10);
    check();
  }
  if (++written_ % 256 == 0) rd_kafka_poll(client_, 0);
}

void TopicWriter::flush(std::chrono::milliseconds within) {
  const auto error = rd_kafka_flush(client_, static_cast<int>(within.count()));
  check();
  fail_unless(error, "not all was delivered");
}

void TopicWriter::check() const { fail_unless(failure_, "a record was not delivered"); }

void TopicWriter::delivered(rd_kafka_t* /*client*/, const rd_kafka_message_t* message, void* self) {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) static_cast<TopicWriter*>(self)->failure_ = message->err;
}

}  // namespace zonelag::tests
