// Sends records through the sensor's Kafka producer, for tests against a real broker: record i of N has the key
// "zone<i mod KEYS>" and the value "<i>". Log lines go to stderr, and at the end one JSON line with figures to stdout.
//
//   kafka_send OPTION... [N]      N records (0: a check as doctor makes it, and no record)
//     --rate R                    records a second; default: as fast as it takes them
//     -X property=value           librdkafka's
//     --debug                     log lines of level debug, too
//     --timeout S                 30: gives up after so many seconds, exit 1
// The other options are KafkaConfig's, by their names there.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kafka_sender.h"
#include "sensor/publish/kafka_producer.h"

// LeakSanitizer asks for it. librdkafka 2.0 now and then leaves a broker's handle behind (3 kB, none of its client)
// when it is ended while a TLS port closes the connection: the report would come in place of the figures.
extern "C" const char* __lsan_default_suppressions();  // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __lsan_default_suppressions() { return "leak:librdkafka.so"; }

namespace {

using namespace zonelag;
using Clock = std::chrono::steady_clock;

struct Job {
  sensor::KafkaConfig kafka;
  std::size_t count = 0;
  std::size_t keys = 20;
  double rate = 0;
  bool debug = false;
  double timeout = 30;
};

void add_options(CLI::App& app, Job& job) {
  static const std::map<std::string, service::KafkaSecurity> kSecurity{
      {"plaintext", service::KafkaSecurity::plaintext},
      {"ssl", service::KafkaSecurity::ssl},
      {"sasl_plaintext", service::KafkaSecurity::sasl_plaintext},
      {"sasl_ssl", service::KafkaSecurity::sasl_ssl}};
  sensor::KafkaConfig& kafka = job.kafka;
  app.add_option("--brokers", kafka.brokers)->delimiter(',')->allow_extra_args(false);
  app.add_option("--topic", kafka.topic);
  app.add_option("--compression", kafka.compression);
  app.add_option("--security", kafka.security)->transform(CLI::CheckedTransformer(kSecurity));
  app.add_option("--tls-ca", kafka.tls_ca);
  app.add_option("--tls-certificate", kafka.tls_certificate);
  app.add_option("--tls-key", kafka.tls_key);
  app.add_option("--tls-key-password-file", kafka.tls_key_password_file);
  app.add_option("--sasl-mechanism", kafka.sasl_mechanism);
  app.add_option("--sasl-username", kafka.sasl_username);
  app.add_option("--sasl-password-file", kafka.sasl_password_file);
  app.add_flag("--create-topic", kafka.create_topic);
  app.add_option("--partitions", kafka.partitions);
  app.add_option_function<std::vector<std::string>>("-X",
                                                    [&kafka](const std::vector<std::string>& properties) {
                                                      for (const std::string& property : properties) {
                                                        const std::size_t equals = property.find('=');
                                                        kafka.properties[property.substr(0, equals)] =
                                                            property.substr(equals + 1);
                                                      }
                                                    })
      ->allow_extra_args(false);
  app.add_flag("--debug", job.debug);
  app.add_option("--keys", job.keys);
  app.add_option("--rate", job.rate);
  app.add_option("--timeout", job.timeout);
  app.add_option("N", job.count);
}

int check(const Job& job) {
  const auto found = sensor::check_broker(job.kafka, std::chrono::milliseconds(static_cast<int>(job.timeout * 1000)));
  fmt::print("{{\"reached\":{},\"topic_found\":{},\"brokers\":{},\"partitions\":{},\"problem\":\"{}\"}}\n",
             found.reached, found.topic_found, found.brokers, found.partitions, found.problem);
  return found.problem.empty() ? 0 : 1;
}

int send(const Job& job) {
  auto producer = sensor::open_kafka(job.kafka, [&job](service::LogLevel level, const std::string& line) {
    if (job.debug || level != service::LogLevel::debug) fmt::print(stderr, "{}\n", line);
  });
  if (!producer) {
    fmt::print(stderr, "{}\n", producer.error());
    return 2;
  }
  tests::KafkaSender sender(**producer, {});
  const auto begin = Clock::now();
  const auto deadline = begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(job.timeout));
  std::size_t added = 0;
  while ((added < job.count || !sender.finished()) && Clock::now() < deadline) {
    const double elapsed = std::chrono::duration<double>(Clock::now() - begin).count();
    const std::size_t due =
        job.rate > 0 ? std::min(job.count, static_cast<std::size_t>(elapsed * job.rate)) : job.count;
    for (; added < due; ++added) sender.add({fmt::format("zone{}", added % job.keys), std::to_string(added)});
    sender.step();
  }
  const sensor::ProducerFigures figures = (*producer)->figures();
  const auto closing = Clock::now();
  producer->reset();
  fmt::print(
      "{{\"delivered\":{},\"produced\":{},\"failed\":{},\"restarts\":{},\"resets\":{},\"problem\":\"{}\","
      "\"seconds\":{:.3f},\"close\":{:.3f}}}\n",
      sender.delivered(), figures.produced, figures.failed, figures.restarts, sender.resets(), figures.problem,
      std::chrono::duration<double>(closing - begin).count(),
      std::chrono::duration<double>(Clock::now() - closing).count());
  return sender.finished() && added == job.count ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Job job;
  CLI::App app("Sends records as the sensor does.");
  add_options(app, job);
  CLI11_PARSE(app, argc, argv);
  return job.count == 0 ? check(job) : send(job);
}
