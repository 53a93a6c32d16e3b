// The table's part on where events go.
#include <array>

#include "service/kafka/kafka_table.h"
#include "service/setting_kinds.h"
#include "settings.h"

namespace zonelag::sensor {
namespace {

using service::boolean;
using service::duration;
using service::field;
using service::number;
using service::reloadable;
using service::size;
using service::text;
using service::word;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<std::string_view, 5> kCompressions{"none", "gzip", "snappy", "lz4", "zstd"};
constexpr std::uint64_t kKiB = 1U << 10;
constexpr std::uint64_t kMiB = 1U << 20;
constexpr std::uint64_t kGiB = 1U << 30;
constexpr std::uint64_t kTiB = kGiB << 10;

template <typename Member>
auto kafka(Member member) {
  return field(&SensorConfig::kafka, member);
}

void add_kafka(std::vector<Setting>& table) {
  const auto connection = field(&SensorConfig::kafka);
  table.push_back(service::kafka_brokers(connection));
  table.push_back(text("kafka.topic", "TOPIC", "topic of the events", kafka(&KafkaConfig::topic)));
  table.push_back(
      service::kafka_client_id(connection, "name of this client in the brokers' logs; empty: the sensor's id"));
  table.push_back(word("kafka.compression", "CODEC", "none, gzip, snappy, lz4 or zstd",
                       kafka(&KafkaConfig::compression), kCompressions));
  add_kafka_security(table, connection);
  table.push_back(duration("kafka.linger", "events wait at most so long for others of their batch",
                           kafka(&KafkaConfig::linger), {milliseconds(0), milliseconds(100)}));
  table.push_back(number("kafka.queue_records", "records that librdkafka holds at most",
                         kafka(&KafkaConfig::max_queue_records), {1, 10'000'000}));
  table.push_back(size("kafka.queue_size", "memory of the records that librdkafka holds at most",
                       kafka(&KafkaConfig::max_queue_bytes), {kMiB, 2 * kGiB}));
  table.push_back(
      boolean("kafka.create_topics", "create the topic where it is missing", kafka(&KafkaConfig::create_topic)));
  table.push_back(
      number("kafka.partitions", "of a topic that is created", kafka(&KafkaConfig::partitions), {1, 10'000}));
  table.push_back(
      number("kafka.replication", "factor of a topic that is created", kafka(&KafkaConfig::replication), {1, 100}));
  table.push_back(service::kafka_properties(connection));
}

template <typename Member>
auto spool(Member member) {
  return field(&SensorConfig::spool, member);
}

void add_spool(std::vector<Setting>& table) {
  table.push_back(text("spool.directory", "DIRECTORY", "of events that are not delivered yet; one sensor each",
                       spool(&SpoolConfig::directory)));
  table.push_back(reloadable(size("spool.max_size", "beyond it the oldest events are given up",
                                  spool(&SpoolConfig::max_bytes), {kMiB, 16 * kTiB})));
  table.push_back(reloadable(duration("spool.max_age", "events that are older are given up; 0s: never",
                                      spool(&SpoolConfig::max_age), {hours(0), hours(24 * 3650)})));
  table.push_back(
      reloadable(size("spool.segment_size", "of each file", spool(&SpoolConfig::segment_bytes), {64 * kKiB, kGiB})));
  table.push_back(
      reloadable(duration("spool.sync", "events are forced to the disk at most so often; 0s: when the kernel likes",
                          spool(&SpoolConfig::sync), {seconds(0), seconds(60)})));
  table.push_back(reloadable(size("spool.memory", "events kept in memory while the disk takes none",
                                  spool(&SpoolConfig::memory_bytes), {64 * kKiB, kGiB})));
}

void add_output(std::vector<Setting>& table) {
  table.push_back(text("output.events", "FILE",
                       "write events to this file in place of Kafka: one JSON object a line, or length-delimited "
                       "protobuf where FILE ends in .pb; - is standard output",
                       field(&SensorConfig::events)));
  table.push_back(number("output.queue", "events between the workers and the publisher; beyond, new ones are dropped",
                         field(&SensorConfig::queue_events), {16, 16'777'216}));
}

}  // namespace

void add_publish_settings(std::vector<Setting>& table) {
  add_kafka(table);
  add_spool(table);
  add_output(table);
}

}  // namespace zonelag::sensor
