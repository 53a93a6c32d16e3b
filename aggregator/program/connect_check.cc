#include "connect_check.h"

#include <fmt/format.h>

#include <array>
#include <expected>
#include <memory>
#include <set>
#include <utility>

#include "aggregator/inventory.h"
#include "aggregator/store/postgres.h"
#include "service/kafka/kafka_handles.h"
#include "service/kafka/kafka_probe.h"
#include "service/kafka/kafka_problem.h"
#include "service/kafka/kafka_settings.h"

namespace zonelag::aggregator {
namespace {

constexpr std::chrono::seconds kPatience{10};

std::string counted(std::size_t count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

// "topic 'x' does not exist" behind "topic 'x': ".
std::string without_topic(const std::string& problem, const std::string& what) {
  return problem.starts_with(what + " ") ? problem.substr(what.size() + 1) : problem;
}

Look look_at_database(const EnvironmentConfig& environment) {
  Look look{.what = fmt::format("database '{}'", environment.name)};
  PostgresStore store(
      {.connection = environment.connection, .password_file = environment.password_file, .topic = environment.topic});
  if (const auto schema = store.check_schema(); !schema) {
    look.finding = schema.error().text;
    return look;
  }
  auto rows = store.inventory();
  if (!rows) {
    look.finding = rows.error().text;
    return look;
  }
  const auto inventory = Inventory::build(*std::move(rows));
  if (!inventory) {
    look.finding = fmt::format("the inventory contradicts itself: {}", inventory.error());
    return look;
  }
  look.good = true;
  const std::size_t policies = inventory->policies().size();
  look.finding = fmt::format(
      "{}, {}, {} {}{}", counted(inventory->nameservers().size(), "nameserver"),
      counted(inventory->customers().size(), "customer nameserver"), policies, policies == 1 ? "policy" : "policies",
      inventory->nameservers().empty() ? ": every address is unknown (zonelag inventory import)" : "");
  return look;
}

// What the client has to say while it tries.
struct Said {
  const service::KafkaConnection* connection;
  std::string problem;
};

void note_error(rd_kafka_t* /*client*/, int error, const char* reason, void* said) {
  auto& into = *static_cast<Said*>(said);
  const auto code = static_cast<rd_kafka_resp_err_t>(error);
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return;
  into.problem = service::explain(*into.connection, rd_kafka_version(), code, reason).text;
}

class Cluster {
 public:
  static std::expected<std::unique_ptr<Cluster>, std::string> open(const service::KafkaConnection& connection) {
    auto conf = service::kafka_settings(connection);
    if (!conf) return std::unexpected(conf.error());
    std::unique_ptr<Cluster> cluster(new Cluster(connection));
    rd_kafka_conf_set_opaque(conf->get(), &cluster->said_);
    rd_kafka_conf_set_error_cb(conf->get(), &note_error);
    rd_kafka_conf_set_log_cb(conf->get(), nullptr);
    std::array<char, 512> text{};
    rd_kafka_conf_t* given = conf->release();  // the client's, when there is one
    cluster->client_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, given, text.data(), text.size()));
    if (cluster->client_) return cluster;
    rd_kafka_conf_destroy(given);
    return std::unexpected(fmt::format("kafka: {}", text.data()));
  }

  Look look_at(const std::string& topic) {
    Look look{.what = fmt::format("topic '{}'", topic)};
    const service::KafkaTopicHandle handle(rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr));
    const service::KafkaTopic asked{.name = topic, .when_missing = "create it: zonelag topics create"};
    const auto found = service::look_for_topic(connection_, asked, client_.get(), handle.get(), kPatience);
    rd_kafka_poll(client_.get(), 0);
    look.good = found.topic_found;
    look.reached = found.reached;
    if (!found.reached) look.what = "Kafka";
    look.finding = found.topic_found
                       ? fmt::format("{}, {}", counted(found.partitions, "partition"), counted(found.brokers, "broker"))
                   : found.reached ? without_topic(found.problem, look.what)
                                   : fmt::format("{}: {}", service::joined_brokers(connection_),
                                                 said_.problem.empty() ? "no answer" : said_.problem);
    return look;
  }

 private:
  explicit Cluster(const service::KafkaConnection& connection) : connection_(connection), said_{&connection, {}} {}

  const service::KafkaConnection& connection_;
  Said said_;
  service::KafkaHandle client_;  // last: its thread uses the above
};

std::vector<std::string> topics_of(const AggregatorConfig& config) {
  std::set<std::string> seen{""};
  std::vector<std::string> topics;
  const auto add = [&](const std::string& topic) {
    if (seen.insert(topic).second) topics.push_back(topic);
  };
  for (const EnvironmentConfig& environment : environments_of(config)) {
    add(environment.topic);
    add(environment.lags_topic);
    add(environment.slas_topic);
  }
  add(config.dead_topic);
  return topics;
}

}  // namespace

std::vector<Look> look_around(const AggregatorConfig& config) {
  std::vector<Look> looks;
  const auto cluster = Cluster::open(config.kafka);
  if (!cluster) {
    looks.push_back({.what = "Kafka", .finding = cluster.error()});
  } else {
    for (const std::string& topic : topics_of(config)) {
      looks.push_back((*cluster)->look_at(topic));
      if (!looks.back().reached) break;  // nor would it for the others
    }
  }
  for (const EnvironmentConfig& environment : environments_of(config)) {
    looks.push_back(look_at_database(environment));
  }
  return looks;
}

}  // namespace zonelag::aggregator
