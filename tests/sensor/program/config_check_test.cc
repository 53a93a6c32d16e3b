#include "config_check.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "service/kafka/kafka_check.h"

namespace zonelag::sensor {
namespace {

using service::ConfigCheck;
using service::ConfigProblem;
using service::describe;
using service::KafkaSecurity;
using service::Origins;
using testing::ElementsAre;
using testing::IsEmpty;
using Lines = std::vector<std::string>;

SensorConfig good() {
  SensorConfig config;
  config.live.interfaces = {"eth0"};
  config.kafka.brokers = {"kafka1:9092"};
  return config;
}

Lines lines_of(const std::vector<ConfigProblem>& problems) {
  Lines lines;
  for (const ConfigProblem& problem : problems) lines.push_back(describe(problem, {}));
  return lines;
}

struct Case {
  std::function<void(SensorConfig&)> change;
  Lines errors;
  Lines warnings = {};
};

using C = SensorConfig&;

void expect(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    SensorConfig config = good();
    one.change(config);
    const ConfigCheck check = check_config(config, false);
    EXPECT_EQ(lines_of(check.errors), one.errors);
    EXPECT_EQ(lines_of(check.warnings), one.warnings);
  }
}

TEST(ConfigCheck, Good) {
  expect({{[](C) {}, {}},
          {[](C c) { c.live.interfaces = {"any"}; }, {}},
          {[](C c) { c.kafka.brokers.clear(), c.events = "-"; }, {}},
          {[](C c) { c.id = std::string(255, 'a'); }, {}},
          {[](C c) { c.metrics_listen = ""; }, {}},
          {[](C c) { c.metrics_listen = "[::1]:1"; }, {}},
          {[](C c) { c.live.block_timeout = std::chrono::milliseconds(10); }, {}},
          {[](C c) { c.live.block_timeout = std::chrono::milliseconds(50); }, {}},
          {[](C c) { c.spool.max_bytes = c.spool.segment_bytes; }, {}},
          {[](C c) { c.live.mirror = true, c.signals.servers = {*decoder::IpAddress::parse("192.0.2.1")}; }, {}},
          {[](C c) { c.live.mirror = true, c.signals.served = false; }, {}}});
}

TEST(ConfigCheck, Capture) {
  expect({
      {[](C c) { c.live.interfaces.clear(); }, {"capture.interfaces: no interface is given: name one, or any"}},
      {[](C c) { c.live.interfaces = {"eth0", "any"}; },
       {"capture.interfaces: any is every interface: it can't be given with others"}},
      {[](C c) { c.live.interfaces = {"eth0", "eth1", "eth0"}; }, {"capture.interfaces: 'eth0' is given twice"}},
      {[](C c) { c.live.ports.clear(); }, {"capture.ports: no port is given"}},
      {[](C c) { c.live.block_timeout = std::chrono::milliseconds(9); },
       {},
       {"capture.block_timeout: 9ms is not from 10ms to 50ms: shorter costs time, longer delays events and fills the "
        "ring"}},
      {[](C c) { c.live.block_timeout = std::chrono::milliseconds(51); },
       {},
       {"capture.block_timeout: 51ms is not from 10ms to 50ms: shorter costs time, longer delays events and fills the "
        "ring"}},
      {[](C c) { c.live.mirror = true; },
       {},
       {"capture.servers: none is given: at a mirror port no answer counts as served, and no stamp is seen; name the "
        "name servers"}},
      {[](C c) { c.signals.notify = c.signals.transfer = c.signals.served = false; },
       {"signals.notify: every signal is switched off: there is nothing to report"}},
  });
}

TEST(ConfigCheck, Names) {
  expect({{[](C c) { c.id = "a\nb"; }, {"sensor.id: contains a control character"}},
          {[](C c) { c.node = "a\x7f"; }, {"sensor.node: contains a control character"}},
          {[](C c) { c.id = std::string(256, 'a'); }, {"sensor.id: is longer than 255 bytes"}}});
}

TEST(ConfigCheck, Dpdk) {
  expect({{[](C c) { c.source = SourceKind::dpdk, c.live.interfaces.clear(); },
           {"dpdk.eal: no argument is given, but capture.source is dpdk",
            "capture.mirror: must be true with capture.source dpdk: it takes the port away from the system"}},
          {[](C c) {
             c.source = SourceKind::dpdk, c.dpdk.eal = {"--no-huge"}, c.live.mirror = true, c.signals.served = false;
           },
           {},
           {"capture.interfaces: is not used: capture.source is dpdk, and its port is dpdk.port"}}});
}

TEST(ConfigCheck, Output) {
  expect(
      {{[](C c) { c.kafka.brokers.clear(); },
        {"kafka.brokers: none is given, and no file in output.events: events have nowhere to go"}},
       {[](C c) { c.events = "-"; }, {"output.events: is given together with kafka.brokers: events go to one of them"}},
       {[](C c) { c.kafka.topic = ""; }, {"kafka.topic: is empty"}},
       {[](C c) { c.kafka.topic = "a b"; },
        {"kafka.topic: 'a b' is no topic: at most 249 letters, digits, dots, underscores and hyphens"}},
       {[](C c) { c.spool.directory = ""; }, {"spool.directory: is empty"}},
       {[](C c) { c.spool.max_bytes = (8U << 20) - 1024; },
        {"spool.segment_size: 8MiB is more than spool.max_size (8191KiB)"}},
       {[](C c) { c.metrics_listen = "0.0.0.0:9153"; },
        {},
        {"metrics.listen: 0.0.0.0:9153 can be reached from other hosts; 127.0.0.1 and ::1 can't"}}});
}

TEST(ConfigCheck, Tls) {
  const auto tls = [](C c) -> KafkaConfig& { return c.kafka.security = KafkaSecurity::ssl, c.kafka; };
  expect({{[&](C c) { tls(c); }, {}},
          {[&](C c) { tls(c).tls_certificate = "a", c.kafka.tls_key = "b", c.kafka.tls_key_password_file = "c"; }, {}},
          {[&](C c) { tls(c).tls_certificate = "a"; }, {"kafka.tls_key: is missing: kafka.tls_certificate is given"}},
          {[&](C c) { tls(c).tls_key = "a"; }, {"kafka.tls_certificate: is missing: kafka.tls_key is given"}},
          {[&](C c) { tls(c).tls_key_password_file = "a"; },
           {"kafka.tls_key: is missing: kafka.tls_key_password_file is given"}},
          {[](C c) { c.kafka.tls_ca = "a"; },
           {"kafka.tls_ca: is given, but kafka.security is neither ssl nor sasl_ssl"}}});
}

TEST(ConfigCheck, Sasl) {
  const auto sasl = [](C c) -> KafkaConfig& {
    c.kafka.sasl_mechanism = "PLAIN", c.kafka.sasl_username = "a", c.kafka.sasl_password_file = "b";
    return c.kafka;
  };
  const std::string stray = "is given, but kafka.security is neither sasl_plaintext nor sasl_ssl";
  expect({{[&](C c) { sasl(c).security = KafkaSecurity::sasl_ssl; }, {}},
          {[&](C c) { sasl(c).security = KafkaSecurity::sasl_plaintext; },
           {},
           {"kafka.security: sasl_plaintext with PLAIN sends the password over the network as it is; use sasl_ssl"}},
          {[&](C c) { sasl(c); },
           {"kafka.sasl_mechanism: " + stray, "kafka.sasl_username: " + stray, "kafka.sasl_password_file: " + stray}},
          {[](C c) { c.kafka.security = KafkaSecurity::sasl_ssl; },
           {"kafka.sasl_mechanism: is missing: kafka.security is sasl_ssl",
            "kafka.sasl_username: is missing: kafka.security is sasl_ssl",
            "kafka.sasl_password_file: is missing: kafka.security is sasl_ssl"}},
          {[](C c) { c.kafka.security = KafkaSecurity::sasl_ssl, c.kafka.properties["sasl.mechanisms"] = "GSSAPI"; },
           {}}});
}

TEST(ConfigCheck, ReadingFilesNeedsNoInterface) {
  SensorConfig config = good();
  config.live.interfaces.clear();
  EXPECT_THAT(check_config(config, true).errors, IsEmpty());
}

TEST(ConfigCheck, FilesThatCannotBeRead) {
  SensorConfig config;
  config.kafka.tls_ca = ZONELAG_SOURCE_DIR "/LICENSE";
  config.kafka.tls_key = "/nonexistent/key.pem";
  config.kafka.sasl_password_file = "/";
  EXPECT_THAT(lines_of(check_files(config.kafka)),
              ElementsAre("kafka.tls_key: /nonexistent/key.pem: No such file or directory",
                          "kafka.sasl_password_file: /: is a directory"));
}

TEST(ConfigCheck, ProblemsTellWhereTheSettingWasGiven) {
  const Origins origins{{"kafka.topic", "s.toml:3"}, {"sensor.id", "--sensor-id"}};
  EXPECT_EQ(describe({"kafka.topic", "is empty"}, origins), "s.toml:3: kafka.topic: is empty");
  EXPECT_EQ(describe({"sensor.id", "is empty"}, origins), "--sensor-id: is empty");
  EXPECT_EQ(describe({"log.level", "is empty"}, origins), "log.level: is empty");
}

}  // namespace
}  // namespace zonelag::sensor
