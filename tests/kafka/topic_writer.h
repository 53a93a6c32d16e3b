// Writes records to a topic as they are, and makes topics: event_send, event_load. Not the sensor's producer: a test's
// input must not depend on what it tests, and loads are larger than what the sensor keeps on the way.
#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace zonelag::tests {

class TopicWriter {
 public:
  // properties: "name=value". Throws std::invalid_argument for a wrong one.
  TopicWriter(const std::string& brokers, std::string topic, const std::vector<std::string>& properties = {});
  ~TopicWriter();
  TopicWriter(const TopicWriter&) = delete;
  TopicWriter& operator=(const TopicWriter&) = delete;

  // The topic with so many partitions: made, or an existing one grown. Throws std::runtime_error, as all below.
  void make_topic(int partitions);
  // To the partition that the key names (murmur2, as Java's clients and the sensor), or to the one given. In order for
  // each partition. Waits for room.
  void write(std::string_view key, std::string_view value, std::int32_t partition = RD_KAFKA_PARTITION_UA);
  // Until all is acknowledged.
  void flush(std::chrono::milliseconds within);
  std::uint64_t written() const { return written_; }

 private:
  static void delivered(rd_kafka_t* client, const rd_kafka_message_t* message, void* self);
  void open();
  void check() const;

  rd_kafka_t* client_ = nullptr;
  rd_kafka_topic_t* handle_ = nullptr;
  const std::string topic_;
  std::uint64_t written_ = 0;
  rd_kafka_resp_err_t failure_ = RD_KAFKA_RESP_ERR_NO_ERROR;
};

}  // namespace zonelag::tests
