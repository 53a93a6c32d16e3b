// Sends results through the codec and KafkaSender, for tests against a real broker and a schema registry.
//
//   send_results --brokers B [--lags T] [--slas T] [--registry URL ...] [--create PARTITIONS] [-X property=value]...
//   [N]
// N entries (1), each one version of zoneI.example with serial I: a Sla, the Lags of a secondary and of an open one,
// and a removed one. stdout: JSON lines; the last one has the ids in the order in which they were delivered.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "aggregator/intake/kafka_sender.h"
#include "aggregator/intake/result_codec.h"
#include "aggregator/intake/schema_registry.h"
#include "aggregator/intake/topics.h"

namespace {

using namespace zonelag;
using namespace std::chrono_literals;
using aggregator::Timestamp;
using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr Timestamp kNoon = std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 12h;
constexpr std::uint32_t kZones = 20;

struct Job {
  aggregator::SenderConfig sender;
  aggregator::ResultTopics topics;
  aggregator::RegistryConfig registry;
  std::uint32_t create = 0;
  std::uint32_t count = 1;
  double timeout = 30;
  double rate = 0;
};

void say(const Json& line) {
  std::puts(line.dump().c_str());
  std::fflush(stdout);
}

void log(service::LogLevel level, const std::string& line) {
  if (level != service::LogLevel::debug) say({{"log", line}});
}

aggregator::NodeRow node(std::uint32_t number) {
  aggregator::NodeRow row;
  row.zone = *decoder::ZoneName::parse(fmt::format("zone{}.example", number % kZones));
  row.serial = decoder::Serial(number);
  row.hostname = "s1.example";
  row.loc = "Vienna";
  row.dsc_name = "s1-vie";
  row.role = aggregator::Role::secondary;
  row.srcip = "192.0.2.11";
  row.live_at = kNoon + 2s + 500ms;
  row.not_before = kNoon - 1ns;
  row.basis = aggregator::Basis::served;
  row.served_at = kNoon + 2s + 500ms;
  row.incoming_lag = -1s - 250ms;
  row.distribution_lag = 3ns;
  row.clock_error = 2ms;
  row.unknown_references = {aggregator::Role::customer};
  return row;
}

aggregator::Changes changes(std::uint32_t number) {
  aggregator::Changes made;
  made.nodes.push_back({.row = node(number)});
  aggregator::NodeRow open = node(number);
  open = {.zone = open.zone, .serial = open.serial, .hostname = "s2.example", .srcip = "2001:db8::2"};
  open.superseded_by = decoder::Serial(0);
  made.nodes.push_back({.row = open});
  made.removed_nodes.push_back({.zone = open.zone, .serial = open.serial, .srcip = "192.0.2.99"});
  // Another node has its address now: not a record.
  made.removed_nodes.push_back({.zone = open.zone, .serial = open.serial, .srcip = open.srcip});
  aggregator::VersionChange version{
      .last_evidence = kNoon + 10h, .last_own_evidence = kNoon + 3s, .open_nodes = {"s2.example", "s3.example"}};
  version.row.zone = open.zone;
  version.row.serial = open.serial;
  version.row.first_seen = kNoon;
  version.row.delta1 = 1s;
  version.row.delta3 = {.min = 1s, .max = 90s};
  version.row.incoming_lag.p90 = 1500ms;
  version.row.ns_count = 1;
  version.row.ns_expected = 3;
  version.row.ns_open = 2;
  version.row.verdict = aggregator::Verdict::open;
  version.row.policy = "icann";
  version.verdicts = {{.policy = "icann", .verdict = aggregator::Verdict::open},
                      {.policy = "own", .verdict = aggregator::Verdict::met, .figure = 2s, .clock_error = 1ms}};
  made.versions.push_back(std::move(version));
  return made;
}

int create(const Job& job) {
  aggregator::TopicPlan plan{.partitions = job.create, .replication = 1};
  plan.events = "events-" + job.topics.lags;
  plan.dead = "dead-" + job.topics.lags;
  plan.lags = job.topics.lags;
  plan.slas = job.topics.slas;
  const auto outcomes = aggregator::create_topics(job.sender.kafka, aggregator::wished_topics(plan), 10s);
  if (!outcomes) {
    say({{"fatal", outcomes.error()}});
    return 2;
  }
  for (const auto& outcome : *outcomes) {
    say({{"topic", outcome.name},
         {"fate", to_string(outcome.fate)},
         {"partitions", outcome.partitions},
         {"text", outcome.text}});
  }
  return 0;
}

bool register_at(Job& job) {
  if (job.registry.url.empty()) return true;
  const auto registry = aggregator::SchemaRegistry::open(job.registry);
  const auto done =
      registry ? aggregator::register_schemas(*registry, job.topics, log, {}) : std::unexpected(registry.error());
  if (!done) say({{"fatal", done.error()}});
  return done.has_value();
}

int send(const Job& job) {
  auto sender = aggregator::KafkaSender::open(job.sender, log);
  if (!sender) {
    say({{"fatal", sender.error()}});
    return 2;
  }
  std::vector<std::int64_t> ids;
  const auto begin = Clock::now();
  std::uint32_t sent = 0;
  while (ids.size() < job.count && Clock::now() - begin < std::chrono::duration<double>(job.timeout)) {
    const double elapsed = std::chrono::duration<double>(Clock::now() - begin).count();
    const double due = job.rate > 0 ? elapsed * job.rate : job.count;
    while (sent < job.count && sent < due) {
      aggregator::OutboxEntry entry{.id = sent + 1000};
      encode_results(changes(sent), {kNoon + 5s, 1000 + sent}, job.topics, entry.messages);
      if (!(*sender)->send(entry)) break;
      if (++sent % 1000 == 0) say({{"sent", sent}});
    }
    (*sender)->flush(10ms);
    for (const std::int64_t id : (*sender)->delivered()) ids.push_back(id);
  }
  const auto figures = (*sender)->figures();
  say({{"ids", ids},
       {"waiting", (*sender)->waiting()},
       {"delivered", figures.delivered},
       {"failed", figures.failed},
       {"restarts", figures.restarts},
       {"problem", (*sender)->problem()}});
  return ids.size() == job.count ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Job job;
  service::KafkaConnection& kafka = job.sender.kafka;
  static const std::map<std::string, service::KafkaSecurity> kSecurity{{"plaintext", service::KafkaSecurity::plaintext},
                                                                       {"ssl", service::KafkaSecurity::ssl},
                                                                       {"sasl_ssl", service::KafkaSecurity::sasl_ssl}};
  CLI::App app("Sends results as the aggregator does.");
  app.add_option("--brokers", kafka.brokers)->allow_extra_args(false)->required();
  app.add_option("--lags", job.topics.lags);
  app.add_option("--slas", job.topics.slas);
  app.add_option("--registry", job.registry.url);
  app.add_option("--registry-username", job.registry.username);
  app.add_option("--registry-password-file", job.registry.password_file);
  app.add_option("--registry-ca", job.registry.tls_ca);
  app.add_option("--create", job.create);
  app.add_option("--security", kafka.security)->transform(CLI::CheckedTransformer(kSecurity));
  app.add_option("--tls-ca", kafka.tls_ca);
  app.add_option("--tls-certificate", kafka.tls_certificate);
  app.add_option("--tls-key", kafka.tls_key);
  app.add_option("--sasl-mechanism", kafka.sasl_mechanism);
  app.add_option("--sasl-username", kafka.sasl_username);
  app.add_option("--sasl-password-file", kafka.sasl_password_file);
  app.add_option("--timeout", job.timeout);
  app.add_option("--rate", job.rate);
  app.add_option("N", job.count);
  CLI11_PARSE(app, argc, argv);
  if (job.create > 0) return create(job);
  return register_at(job) ? send(job) : 2;
}
