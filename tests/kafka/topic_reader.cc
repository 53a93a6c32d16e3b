#include "topic_reader.h"

#include <array>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>

namespace zonelag::tests {
namespace {

using namespace std::chrono_literals;

void set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> said{};
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), said.data(), said.size()) != RD_KAFKA_CONF_OK) {
    rd_kafka_conf_destroy(conf);
    throw std::invalid_argument(said.data());
  }
}

ReadRecord to_record(const rd_kafka_message_t& message) {
  return {.partition = message.partition,
          .offset = message.offset,
          .key = std::string(static_cast<const char*>(message.key), message.key_len),
          .value = std::string(static_cast<const char*>(message.payload), message.len)};
}

}  // namespace

TopicReader::TopicReader(const std::string& brokers, std::string topic, const std::vector<std::string>& properties)
    : topic_(std::move(topic)) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", brokers);
  set(conf, "group.id", "zonelag-dump");
  set(conf, "enable.auto.commit", "false");
  set(conf, "enable.partition.eof", "true");
  set(conf, "auto.offset.reset", "earliest");
  set(conf, "log_level", "0");
  for (const std::string& property : properties) {
    const std::size_t equals = property.find('=');
    if (equals == std::string::npos) {
      rd_kafka_conf_destroy(conf);
      throw std::invalid_argument("'" + property + "' is not property=value");
    }
    set(conf, property.substr(0, equals), property.substr(equals + 1));
  }
  std::array<char, 512> said{};
  client_ = rd_kafka_new(RD_KAFKA_CONSUMER, conf, said.data(), said.size());
  if (client_ == nullptr) {
    rd_kafka_conf_destroy(conf);
    throw std::invalid_argument(said.data());
  }
  rd_kafka_poll_set_consumer(client_);
}

TopicReader::~TopicReader() {
  rd_kafka_consumer_close(client_);
  rd_kafka_destroy(client_);
}

int TopicReader::partitions(Clock::time_point deadline) {
  rd_kafka_topic_t* topic = rd_kafka_topic_new(client_, topic_.c_str(), nullptr);
  std::string problem;
  int found = 0;
  while (found == 0) {
    const rd_kafka_metadata_t* metadata = nullptr;
    const rd_kafka_resp_err_t error = rd_kafka_metadata(client_, 0, topic, &metadata, 1000);
    problem = rd_kafka_err2str(error);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      found = metadata->topics[0].partition_cnt;
      problem = rd_kafka_err2str(metadata->topics[0].err);
      rd_kafka_metadata_destroy(metadata);
    }
    if (Clock::now() >= deadline) break;
    if (found == 0) std::this_thread::sleep_for(50ms);
  }
  rd_kafka_topic_destroy(topic);
  if (found == 0) throw std::runtime_error("topic '" + topic_ + "': " + problem);
  return found;
}

void TopicReader::assign(int partitions) {
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(partitions);
  for (int partition = 0; partition < partitions; ++partition) {
    rd_kafka_topic_partition_list_add(list, topic_.c_str(), partition)->offset = RD_KAFKA_OFFSET_BEGINNING;
  }
  rd_kafka_assign(client_, list);
  rd_kafka_topic_partition_list_destroy(list);
}

bool TopicReader::read(std::size_t count, std::chrono::duration<double> timeout,
                       const std::function<void(const ReadRecord&)>& to) {
  const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(timeout);
  const auto all = static_cast<std::size_t>(partitions(deadline));
  assign(static_cast<int>(all));
  std::set<std::int32_t> ended;
  std::size_t came = 0;
  while (count > 0 ? came < count : ended.size() < all) {
    if (Clock::now() >= deadline) return false;
    rd_kafka_message_t* message = rd_kafka_consumer_poll(client_, 100);
    if (message == nullptr) continue;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) ended.insert(message->partition);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      ++came;
      to(to_record(*message));
    }
    rd_kafka_message_destroy(message);
  }
  return true;
}

std::vector<ReadRecord> read_topic(const std::string& brokers, const std::string& topic, std::size_t count) {
  std::vector<ReadRecord> records;
  TopicReader reader(brokers, topic);
  reader.read(count, 30s, [&](const ReadRecord& record) { records.push_back(record); });
  return records;
}

}  // namespace zonelag::tests
