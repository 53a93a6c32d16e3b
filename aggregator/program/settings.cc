#include "settings.h"

#include <array>
#include <utility>

#include "service/common_settings.h"
#include "service/kafka/kafka_table.h"
#include "service/setting_kinds.h"

namespace zonelag::aggregator {
namespace {

using service::boolean;
using service::choice;
using service::duration;
using service::field;
using service::kAsItIs;
using service::list;
using service::number;
using service::Parsed;
using service::single;
using service::text;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<service::Section, 9> kSections{{{"kafka", "Kafka"},
                                                     {"events", "Events"},
                                                     {"database", "Database"},
                                                     {"versions", "Versions"},
                                                     {"inventory", "Inventory"},
                                                     {"results", "Results"},
                                                     {"metrics", "Metrics"},
                                                     {"log", "Log"},
                                                     {"privileges", "Privileges"}}};
constexpr std::array<std::string_view, 2> kFormats{"plain", "confluent"};

// A topic, or "off", which is kept as "".
Parsed<std::string> parse_topic(const std::string& text) { return text == "off" ? std::string() : text; }
std::string show_topic(const std::string& topic) { return topic.empty() ? "off" : topic; }

// The settings of one database; `at` gives the field of an EnvironmentConfig within Config.
template <typename Config>
std::vector<service::Setting<Config>> database_settings(const auto& at) {
  const auto topic = [&](std::string_view key, std::string_view help, auto member) {
    return single(key, "TOPIC", help, at(member), parse_topic, show_topic);
  };
  const auto days = [&](std::string_view key, std::string_view help, auto member) {
    return duration(key, help, at(member), {std::chrono::days(1), std::chrono::days(36'500)});
  };
  using E = EnvironmentConfig;
  return {
      text("database.name", "NAME", "of the environment, in logs and metrics", at(&E::name)),
      text("database.connection", "URI", "how PostgreSQL is reached: libpq's URI or keywords; no password in here",
           at(&E::connection)),
      text("database.password_file", "FILE", "its first line is the password; empty: none, or that of .pgpass",
           at(&E::password_file)),
      text("database.topic", "TOPIC", "topic with the sensors' events", at(&E::topic)),
      text("database.group", "GROUP",
           "consumer group; empty: zonelag-aggregator, with - and the name behind it unless that is prod",
           at(&E::group)),
      topic("database.lags_topic", "topic for each changed lag; off: none", &E::lags_topic),
      topic("database.slas_topic", "topic for each changed SLA; off: none", &E::slas_topic),
      boolean("database.legacy_lags",
              "write lags that do not apply as 0 and those whose reference is not known as -1 s, not as NULL",
              at(&E::legacy_lags)),
      days("database.keep_rows", "age, by event time, at which days of rows and evidence are dropped", &E::keep_rows),
      days("database.keep_versions", "the same for months of versions, SLAs and verdicts", &E::keep_versions),
  };
}

void add_kafka(std::vector<service::Setting<AggregatorConfig>>& table) {
  const auto kafka = field(&AggregatorConfig::kafka);
  table.push_back(service::kafka_brokers(kafka));
  table.push_back(service::kafka_client_id(kafka, "our name to the brokers; empty: zonelag-aggregator"));
  table.push_back(text("kafka.instance_id", "NAME",
                       "static membership of the group: a restart within 45 s moves no partition; unique in the "
                       "group; empty: none",
                       field(&AggregatorConfig::instance_id)));
  service::add_kafka_security(table, kafka);
  table.push_back(service::kafka_properties(kafka));
}

void add_events(std::vector<service::Setting<AggregatorConfig>>& table) {
  table.push_back(text("events.dead_topic", "TOPIC", "topic for records that are no events, each with the reason",
                       field(&AggregatorConfig::dead_topic)));
  table.push_back(
      number("events.batch", "most events in one transaction", field(&AggregatorConfig::batch_events), {1, 1'000'000}));
  table.push_back(duration("events.gather", "how long a first event waits for others to share its transaction",
                           field(&AggregatorConfig::gather), {milliseconds(0), seconds(10)}));
  table.push_back(duration("events.max_future", "an event further ahead of this host's clock is refused",
                           field(&AggregatorConfig::max_future), {seconds(1), hours(24 * 365)}));
}

void add_versions(std::vector<service::Setting<AggregatorConfig>>& table) {
  table.push_back(duration("versions.horizon", "a version leaves memory so long after it was first seen",
                           field(&AggregatorConfig::horizon), {seconds(1), hours(24 * 365)}));
  table.push_back(duration("versions.settled", "or so long after its last evidence, when no node is open",
                           field(&AggregatorConfig::settled), {seconds(1), hours(24 * 365)}));
  table.push_back(list(
      "versions.excluded_locations", "PREFIX", "nodes whose location or dsc_name begins so are no part of any SLA",
      field(&AggregatorConfig::excluded_locations), [](const std::string& value) { return Parsed<std::string>(value); },
      kAsItIs));
  table.push_back(single("versions.bgp_zone", "ZONE",
                         "pseudo-zone whose NOTIFYs tell of anycast routes: an even serial takes the sender out of "
                         "service, an odd one back in; off: there is none",
                         field(&AggregatorConfig::bgp_zone), parse_topic, show_topic));
  table.push_back(duration("inventory.poll", "how often the inventory is read again, changes announced or not",
                           field(&AggregatorConfig::inventory_poll), {seconds(1), hours(24)}));
}

void add_results(std::vector<service::Setting<AggregatorConfig>>& table) {
  table.push_back(choice("results.format", "FORMAT",
                         "plain protobuf, or confluent: with the schema's number in front, for a schema registry",
                         field(&AggregatorConfig::result_format), kFormats));
  table.push_back(text("results.registry", "URL", "schema registry that the schemas are made known to",
                       field(&AggregatorConfig::registry)));
  table.push_back(text("results.registry_user", "NAME", "who we are to it", field(&AggregatorConfig::registry_user)));
  table.push_back(text("results.registry_password_file", "FILE", "its first line is the password",
                       field(&AggregatorConfig::registry_password_file)));
  table.push_back(text("results.registry_ca", "FILE",
                       "certificates, in PEM, that its own must be signed with; empty: the system's",
                       field(&AggregatorConfig::registry_ca)));
}

std::vector<service::Setting<AggregatorConfig>> all_settings() {
  std::vector<service::Setting<AggregatorConfig>> table;
  add_kafka(table);
  add_events(table);
  for (auto& setting :
       database_settings<AggregatorConfig>([](auto member) { return field(&AggregatorConfig::database, member); })) {
    table.push_back(std::move(setting));
  }
  add_versions(table);
  add_results(table);
  table.push_back(service::metrics_listen(field(&AggregatorConfig::metrics_listen)));
  table.push_back(service::log_format(field(&AggregatorConfig::log_format)));
  table.push_back(service::log_level(field(&AggregatorConfig::log_level)));
  table.push_back(text("privileges.user", "USER", "to run as, when root starts it; empty: whoever started it",
                       field(&AggregatorConfig::user)));
  table.push_back(service::seccomp(field(&AggregatorConfig::seccomp)));
  return table;
}

}  // namespace

const service::Settings<AggregatorConfig>& settings() {
  static const service::Settings<AggregatorConfig> kSettings(
      {.name = "zonelag-aggregator", .example = "database.connection"}, kSections, all_settings());
  return kSettings;
}

const service::Settings<EnvironmentConfig>& environment_settings() {
  static const service::Settings<EnvironmentConfig> kSettings(
      {.name = "zonelag-aggregator", .example = "database.connection"}, std::span(kSections).subspan(2, 1),
      database_settings<EnvironmentConfig>([](auto member) { return field(member); }));
  return kSettings;
}

}  // namespace zonelag::aggregator
