// The table's part on where events go.
#include <array>

#include "service/setting_kinds.h"
#include "settings.h"

namespace zonelag::sensor {
namespace {

using service::boolean;
using service::choice;
using service::duration;
using service::field;
using service::kAsItIs;
using service::list;
using service::number;
using service::Parsed;
using service::reloadable;
using service::size;
using service::text;
using service::word;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<std::string_view, 5> kCompressions{"none", "gzip", "snappy", "lz4", "zstd"};
constexpr std::array<std::string_view, 4> kSecurities{"plaintext", "ssl", "sasl_plaintext", "sasl_ssl"};
constexpr std::array<std::string_view, 4> kMechanisms{"", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};
constexpr std::uint64_t kKiB = 1U << 10;
constexpr std::uint64_t kMiB = 1U << 20;
constexpr std::uint64_t kGiB = 1U << 30;
constexpr std::uint64_t kTiB = kGiB << 10;

// The library says what it thinks of a property when it is opened; secrets are kept out of the file here.
Parsed<void> check_property(std::string_view name) {
  struct Better {
    std::string_view property;
    std::string_view setting;
  };
  constexpr std::array<Better, 4> kSecrets{{{"sasl.password", "sasl_password_file"},
                                            {"ssl.key.password", "tls_key_password_file"},
                                            {"ssl.key.pem", "tls_key"},
                                            {"ssl.keystore.password", "tls_key"}}};
  if (name.empty()) return std::unexpected(std::string("a property without a name; the form is NAME=VALUE"));
  const auto secret = std::ranges::find(kSecrets, name, &Better::property);
  if (secret == kSecrets.end()) return {};
  return std::unexpected(fmt::format("'{}' is a secret and belongs in a file: kafka.{}", name, secret->setting));
}

Setting properties() {
  Setting setting{{.key = "kafka.properties",
                   .type = "NAME=VALUE",
                   .help = "any property of librdkafka, over all of the above",
                   .shape = service::Shape::table}};
  setting.take = [](SensorConfig& config, const service::Values& values) -> Parsed<void> {
    std::map<std::string, std::string> taken;
    for (const std::string& value : values) {
      const std::size_t equals = value.find('=');
      if (equals == std::string::npos) return std::unexpected(fmt::format("'{}' is not of the form NAME=VALUE", value));
      const std::string name = value.substr(0, equals);
      if (auto good = check_property(name); !good) return good;
      if (!taken.emplace(name, value.substr(equals + 1)).second)
        return std::unexpected(fmt::format("'{}' is given more than once", name));
    }
    config.kafka.properties = std::move(taken);
    return {};
  };
  setting.show = [](const SensorConfig& config) {
    service::Values values;
    for (const auto& [name, value] : config.kafka.properties) values.push_back(fmt::format("{}={}", name, value));
    return values;
  };
  return setting;
}

template <typename Member>
auto kafka(Member member) {
  return field(&SensorConfig::kafka, member);
}

void add_kafka_security(std::vector<Setting>& table) {
  const auto file = [&table](std::string_view key, std::string_view help, auto member) {
    table.push_back(text(key, "FILE", help, kafka(member)));
  };
  table.push_back(choice("kafka.security", "PROTOCOL", "plaintext, ssl, sasl_plaintext or sasl_ssl",
                         kafka(&KafkaConfig::security), kSecurities));
  file("kafka.tls_ca", "certificates, in PEM, that the brokers' must be signed with; empty: the system's",
       &KafkaConfig::tls_ca);
  file("kafka.tls_certificate", "our own certificate and its chain, in PEM", &KafkaConfig::tls_certificate);
  file("kafka.tls_key", "key of our own certificate, in PEM", &KafkaConfig::tls_key);
  file("kafka.tls_key_password_file", "its first line is the password of the key", &KafkaConfig::tls_key_password_file);
  table.push_back(word("kafka.sasl_mechanism", "MECHANISM", "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512",
                       kafka(&KafkaConfig::sasl_mechanism), kMechanisms));
  table.push_back(text("kafka.sasl_username", "NAME", "who we are to the brokers", kafka(&KafkaConfig::sasl_username)));
  file("kafka.sasl_password_file", "its first line is the password", &KafkaConfig::sasl_password_file);
}

void add_kafka(std::vector<Setting>& table) {
  table.push_back(list("kafka.brokers", "HOST[:PORT]", "some brokers of the cluster; they tell of the others",
                       kafka(&KafkaConfig::brokers), service::parse_broker, kAsItIs));
  table.push_back(text("kafka.topic", "TOPIC", "topic of the events", kafka(&KafkaConfig::topic)));
  table.push_back(text("kafka.client_id", "NAME", "name of this client in the brokers' logs; empty: the sensor's id",
                       kafka(&KafkaConfig::client_id)));
  table.push_back(word("kafka.compression", "CODEC", "none, gzip, snappy, lz4 or zstd",
                       kafka(&KafkaConfig::compression), kCompressions));
  add_kafka_security(table);
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
  table.push_back(properties());
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
