// The texts are librdkafka 2.0.2's, as it gave them at Kafka 4.1.0.
#include "service/kafka/kafka_problem.h"

#include <gtest/gtest.h>

namespace {

using namespace zonelag::service;

constexpr int kOld = 0x020002ff;
constexpr int kRepaired = 0x020601ff;

class KafkaProblemTest : public testing::Test {
 protected:
  std::string line(rd_kafka_resp_err_t error, std::string_view reason, int version = kOld) const {
    const BrokerError explained = explain(connection_, version, error, reason);
    return explained.broker + " | " + explained.text;
  }
  KafkaConnection connection_;
};

TEST_F(KafkaProblemTest, ARefusedConnection) {
  EXPECT_EQ(line(RD_KAFKA_RESP_ERR__TRANSPORT,
                 "127.0.0.1:9092/bootstrap: Connect to ipv4#127.0.0.1:9092 failed: Connection refused (after 0ms in "
                 "state CONNECT, 2 identical error(s) suppressed)"),
            "127.0.0.1:9092 | connection refused");
}

TEST_F(KafkaProblemTest, AGroupsOwnConnectionIsToABroker) {
  EXPECT_EQ(
      line(RD_KAFKA_RESP_ERR__TRANSPORT,
           "GroupCoordinator: 127.0.0.1:9092: Connect to ipv4#127.0.0.1:9092 failed: Connection refused (after 0ms "
           "in state CONNECT)"),
      "127.0.0.1:9092 | connection refused");
}

TEST_F(KafkaProblemTest, ANameThatDoesNotResolve) {
  EXPECT_EQ(line(RD_KAFKA_RESP_ERR__RESOLVE,
                 "nosuch.invalid:9092/bootstrap: Failed to resolve 'nosuch.invalid:9092': Name or service not known "
                 "(after 12ms in state CONNECT)"),
            "nosuch.invalid:9092 | the name does not resolve: name or service not known");
}

TEST_F(KafkaProblemTest, AHungUpConnection) {
  const std::string expected =
      "b:9093 | closes the connection: does it expect TLS or a login at this port? "
      "(kafka.security)";
  EXPECT_EQ(line(RD_KAFKA_RESP_ERR__TRANSPORT,
                 "b:9093/bootstrap: Disconnected while requesting ApiVersion: might be caused by incorrect "
                 "security.protocol configuration (connecting to a SSL listener?) or broker version is < 0.10 (see "
                 "api.version.request) (after 1ms in state APIVERSION_QUERY)"),
            expected);
  EXPECT_EQ(line(RD_KAFKA_RESP_ERR__TRANSPORT,
                 "ssl://b:9093/1: Disconnected: verify that security.protocol is correctly configured, broker might "
                 "require SASL authentication (after 12ms in state UP)"),
            expected);
  EXPECT_EQ(line(RD_KAFKA_RESP_ERR__TRANSPORT,
                 "ssl://b:9093/1: Send failed: SSL transport error: Broken pipe (after 3ms in state UP)"),
            expected);
}

TEST_F(KafkaProblemTest, ACertificateNamesTheAuthority) {
  constexpr std::string_view kReason =
      "ssl://a:9093/bootstrap: SSL handshake failed: error:0A000086:SSL routines::certificate verify failed: broker "
      "certificate could not be verified, verify that ssl.ca.location is correctly configured (after 2ms in state X)";
  EXPECT_EQ(line(RD_KAFKA_RESP_ERR__SSL, kReason),
            "a:9093 | its certificate is not signed by a CA of this system (kafka.tls_ca names another)");
  connection_.tls_ca = "/etc/ca.pem";
  EXPECT_EQ(line(RD_KAFKA_RESP_ERR__SSL, kReason), "a:9093 | its certificate is not signed by a CA in '/etc/ca.pem'");
}

TEST_F(KafkaProblemTest, AFailedLoginSaysTheKnownProblemOnlyWhereItIsOne) {
  constexpr std::string_view kReason =
      "sasl_ssl://a:9094/bootstrap: SASL authentication error: Authentication failed: Invalid username or password "
      "(after 5ms in state AUTH_REQ)";
  connection_.sasl_username = "zonelag";
  connection_.sasl_mechanism = "PLAIN";
  const std::string plain = "a:9094 | authentication of user 'zonelag' failed: invalid username or password";
  EXPECT_EQ(line(RD_KAFKA_RESP_ERR__AUTHENTICATION, kReason), plain);
  connection_.sasl_mechanism = "SCRAM-SHA-256";
  EXPECT_EQ(line(RD_KAFKA_RESP_ERR__AUTHENTICATION, kReason, kRepaired), plain);
  EXPECT_EQ(line(RD_KAFKA_RESP_ERR__AUTHENTICATION, kReason, kOld).find("a:9094 | librdkafka 2.0.2 can't log in"), 0U);
}

TEST_F(KafkaProblemTest, TopicsAndPermissions) {
  const KafkaTopic topic{.name = "a", .when_missing = "create it: zonelag topics create"};
  EXPECT_EQ(explain(connection_, topic, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC),
            "topic 'a' does not exist: create it: zonelag topics create");
  EXPECT_EQ(explain(connection_, topic, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED),
            "this client has no permission for topic 'a': it needs Describe and Read");
  connection_.sasl_username = "zonelag";
  EXPECT_EQ(explain(connection_, topic, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED),
            "user 'zonelag' has no permission for topic 'a': it needs Describe and Read");
}

}  // namespace
