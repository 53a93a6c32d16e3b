// Reads a topic from its beginning: kafka_dump, and the tests of the producer.
#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace zonelag::tests {

struct ReadRecord {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::string key;
  std::string value;
};

class TopicReader {
 public:
  // properties: "name=value". Throws std::invalid_argument for a wrong one.
  TopicReader(const std::string& brokers, std::string topic, const std::vector<std::string>& properties = {});
  ~TopicReader();
  TopicReader(const TopicReader&) = delete;
  TopicReader& operator=(const TopicReader&) = delete;

  // Until the present end of every partition, or with a count until so many came. False: not within that time.
  // Throws std::runtime_error when there is no such topic by then.
  bool read(std::size_t count, std::chrono::duration<double> timeout, const std::function<void(const ReadRecord&)>& to);

 private:
  using Clock = std::chrono::steady_clock;
  int partitions(Clock::time_point deadline);
  void assign(int partitions);

  rd_kafka_t* client_ = nullptr;
  const std::string topic_;
};

// All of a topic; waits for `count` records for at most 30 s.
std::vector<ReadRecord> read_topic(const std::string& brokers, const std::string& topic, std::size_t count);

}  // namespace zonelag::tests
