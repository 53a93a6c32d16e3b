// The producer against librdkafka's mock cluster, and against sockets that are no broker at all.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
// After rdkafka.h.
#include <librdkafka/rdkafka_mock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <set>

#include "kafka_producer_impl.h"
#include "kafka_sender.h"
#include "topic_reader.h"

namespace {

using namespace zonelag;
using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using tests::KafkaSender;

constexpr std::int16_t kProduce = 0;
constexpr std::int16_t kInitProducerId = 22;
constexpr int kPartitions = 4;

std::vector<tests::SentRecord> records(std::size_t count, std::size_t size = 8) {
  std::vector<tests::SentRecord> made;
  for (std::size_t i = 0; i < count; ++i) {
    std::string value = fmt::format("{:08}", i);
    value.resize(std::max(size, value.size()), 'x');
    made.push_back({fmt::format("zone{}", i % 20), std::move(value)});
  }
  return made;
}

class KafkaProducerTest : public testing::Test {
 protected:
  KafkaProducerTest() {
    std::array<char, 512> said{};
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "0", said.data(), said.size());
    host_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf, said.data(), said.size()));
    cluster_.reset(rd_kafka_mock_cluster_new(host_.get(), 3));
    config_.brokers.clear();
    std::string all = rd_kafka_mock_cluster_bootstraps(cluster_.get());
    for (std::size_t at = 0; at != std::string::npos;) {
      const std::size_t comma = all.find(',', at);
      config_.brokers.push_back(all.substr(at, comma == std::string::npos ? comma : comma - at));
      at = comma == std::string::npos ? comma : comma + 1;
    }
    config_.linger = 5ms;
    rd_kafka_mock_topic_create(cluster_.get(), config_.topic.c_str(), kPartitions, 3);
  }

  void open() {
    auto opened = sensor::open_kafka(config_, log_.to());
    ASSERT_TRUE(opened) << opened.error();
    producer_ = std::move(*opened);
  }
  void fail_next(std::int16_t api, std::vector<rd_kafka_resp_err_t> errors) {
    rd_kafka_mock_push_request_errors_array(cluster_.get(), api, errors.size(), errors.data());
  }
  std::vector<tests::ReadRecord> arrived(std::size_t count) {
    return tests::read_topic(rd_kafka_mock_cluster_bootstraps(cluster_.get()), config_.topic, count);
  }
  // To the end: with repeats.
  std::vector<tests::ReadRecord> all_arrived() { return arrived(0); }
  // Every record of records(count) is there, in order within its key but for repeats.
  void expect_all(const std::vector<tests::ReadRecord>& got, std::size_t count) {
    std::map<std::string, std::int64_t> highest;
    std::map<std::string, std::int32_t> partition;
    std::set<std::int64_t> seen;
    for (const auto& record : got) {
      const std::int64_t number = std::stoll(record.value.substr(0, 8));
      EXPECT_EQ(record.key, fmt::format("zone{}", number % 20));
      EXPECT_EQ(partition.emplace(record.key, record.partition).first->second, record.partition);
      const auto [last, first_of_key] = highest.emplace(record.key, -1);
      // A gap within a key would be a record overtaken by its successor.
      EXPECT_LE(number, last->second < 0 ? number % 20 : last->second + 20) << record.key;
      last->second = std::max(last->second, number);
      seen.insert(number);
    }
    EXPECT_EQ(seen.size(), count);
  }

  sensor::KafkaConfig config_;
  tests::LogLines log_;
  service::KafkaHandle host_;
  std::unique_ptr<rd_kafka_mock_cluster_t, service::KafkaDeleter<rd_kafka_mock_cluster_destroy>> cluster_;
  std::unique_ptr<sensor::Producer> producer_;
};

TEST_F(KafkaProducerTest, DeliversInOrderWithinAKey) {
  open();
  KafkaSender sender(*producer_, records(2000));
  ASSERT_TRUE(sender.finish());
  const auto got = arrived(2000);
  EXPECT_EQ(got.size(), 2000U);
  expect_all(got, 2000);
  const auto figures = producer_->figures();
  EXPECT_EQ(figures.produced, 2000U);
  EXPECT_EQ(figures.delivered, 2000U);
  EXPECT_EQ(figures.queue_records, 0U);
  EXPECT_EQ(figures.queue_bytes, 0U);
  EXPECT_TRUE(figures.connected);
  EXPECT_TRUE(figures.topic_ready);
  EXPECT_EQ(figures.problem, "");
  EXPECT_TRUE(log_.lines().empty());
}

TEST_F(KafkaProducerTest, TakesNothingBeforeTheTopicIsThere) {
  rd_kafka_mock_topic_set_error(cluster_.get(), config_.topic.c_str(), RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  open();
  KafkaSender sender(*producer_, records(10));
  EXPECT_EQ(producer_->produce(1, "k", "v"), sensor::ProduceResult::full);
  const std::string missing = "topic 'zonelag.events' does not exist: create it, or start with --create-topics";
  ASSERT_TRUE(sender.run_until([&] { return producer_->figures().problem == missing; }, 10s));
  EXPECT_TRUE(producer_->figures().connected);
  EXPECT_EQ(producer_->figures().produced, 0U);
  rd_kafka_mock_topic_set_error(cluster_.get(), config_.topic.c_str(), RD_KAFKA_RESP_ERR_NO_ERROR);
  ASSERT_TRUE(sender.finish());
  EXPECT_EQ(log_.lines(),
            (std::vector<std::string>{"kafka: " + missing + "; events stay in the spool", "kafka: delivering again"}));
}

TEST_F(KafkaProducerTest, TriesAgainWhatMayPass) {
  open();
  fail_next(kInitProducerId, {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS});
  fail_next(kProduce, {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
                       RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
                       RD_KAFKA_RESP_ERR__TRANSPORT});
  KafkaSender sender(*producer_, records(500));
  ASSERT_TRUE(sender.finish());
  EXPECT_EQ(sender.resets(), 0U);
  EXPECT_EQ(producer_->figures().failed, 0U);
  expect_all(arrived(500), 500);
}

TEST_F(KafkaProducerTest, ALeaderThatMovesIsFollowed) {
  open();
  KafkaSender sender(*producer_, records(200));
  ASSERT_TRUE(sender.finish());
  for (int partition = 0; partition < kPartitions; ++partition) {
    rd_kafka_mock_partition_set_leader(cluster_.get(), config_.topic.c_str(), partition, 2);
  }
  for (const auto& record : records(400)) {
    if (record.value >= "00000200") sender.add(record);
  }
  ASSERT_TRUE(sender.finish());
  expect_all(arrived(400), 400);
}

TEST_F(KafkaProducerTest, AFailureIsSentAgainInOrder) {
  open();
  fail_next(kProduce, {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED});
  KafkaSender sender(*producer_, records(1000));
  ASSERT_TRUE(sender.finish());
  EXPECT_GE(sender.resets(), 1U);
  EXPECT_GE(producer_->figures().failed, 1U);
  EXPECT_EQ(producer_->figures().restarts, sender.resets());
  expect_all(all_arrived(), 1000);
  EXPECT_THAT(log_.lines(), Contains(HasSubstr("has no permission for topic 'zonelag.events'")));
  EXPECT_THAT(log_.lines(), Contains("kafka: delivering again"));
}

TEST_F(KafkaProducerTest, ABatchThatIsTooLargeIsSentInSmallerOnes) {
  open();
  fail_next(kProduce, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  KafkaSender sender(*producer_, records(1000));
  ASSERT_TRUE(sender.finish());
  EXPECT_TRUE(sender.refused().empty());
  expect_all(all_arrived(), 1000);
}

TEST_F(KafkaProducerTest, ARecordThatIsTooLargeAloneIsRefused) {
  open();
  // First as part of a batch (of up to 1 MB), then alone.
  fail_next(kProduce, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  KafkaSender sender(*producer_, records(1, 400'000));
  ASSERT_TRUE(sender.finish());
  EXPECT_EQ(sender.refused(), (std::set<std::uint64_t>{1}));
  EXPECT_EQ(producer_->figures().refused, 1U);
  EXPECT_EQ(sender.resets(), 1U);
}

TEST_F(KafkaProducerTest, MoreThanAMegabyteIsRefusedAtOnce) {
  open();
  KafkaSender sender(*producer_, {{"zone", std::string(1'000'001, 'x')}, {"zone", "fits"}});
  ASSERT_TRUE(sender.finish());
  EXPECT_EQ(sender.refused(), (std::set<std::uint64_t>{1}));
  EXPECT_EQ(sender.resets(), 0U);
}

TEST_F(KafkaProducerTest, TheQueueIsBoundedInRecordsAndBytes) {
  config_.max_queue_records = 50;
  config_.max_queue_bytes = 10'000;
  config_.linger = 1s;
  open();
  KafkaSender nothing(*producer_, {});
  ASSERT_TRUE(nothing.run_until([&] { return producer_->figures().topic_ready; }, 10s));
  for (std::uint64_t i = 1; i <= 50; ++i) {
    ASSERT_EQ(producer_->produce(i, "k", "v"), sensor::ProduceResult::taken);
  }
  EXPECT_EQ(producer_->produce(51, "k", "v"), sensor::ProduceResult::full);
  ASSERT_TRUE(nothing.run_until([&] { return producer_->figures().queue_records == 0; }, 20s));
  const std::string half(6000, 'x');
  EXPECT_EQ(producer_->produce(51, "", half), sensor::ProduceResult::taken);
  EXPECT_EQ(producer_->produce(52, "", half), sensor::ProduceResult::full);
  EXPECT_EQ(producer_->figures().queue_bytes, 6000U);
}

TEST_F(KafkaProducerTest, AnOutageIsSurvivedAndSaidOnce) {
  open();
  KafkaSender sender(*producer_, records(100));
  ASSERT_TRUE(sender.finish());
  for (int broker = 1; broker <= 3; ++broker) rd_kafka_mock_broker_set_down(cluster_.get(), broker);
  for (const auto& record : records(600)) {
    if (record.value >= "00000100") sender.add(record);
  }
  ASSERT_TRUE(sender.run_until([&] { return !producer_->figures().problem.empty(); }, 20s));
  EXPECT_FALSE(producer_->figures().connected);
  for (int broker = 1; broker <= 3; ++broker) rd_kafka_mock_broker_set_up(cluster_.get(), broker);
  ASSERT_TRUE(sender.finish());
  ASSERT_TRUE(sender.run_until([&] { return producer_->figures().connected; }, 10s));
  expect_all(arrived(600), 600);
  EXPECT_EQ(sender.resets(), 0U);
  EXPECT_THAT(log_.lines(), Contains(HasSubstr("events stay in the spool")));
  EXPECT_EQ(std::ranges::count(log_.lines(), "kafka: delivering again"), 1);
}

TEST_F(KafkaProducerTest, ABrokerThatIsAwayAtStart) {
  for (int broker = 1; broker <= 3; ++broker) rd_kafka_mock_broker_set_down(cluster_.get(), broker);
  open();
  KafkaSender sender(*producer_, records(100));
  ASSERT_TRUE(sender.run_until([&] { return !producer_->figures().problem.empty(); }, 20s));
  for (int broker = 1; broker <= 3; ++broker) rd_kafka_mock_broker_set_up(cluster_.get(), broker);
  ASSERT_TRUE(sender.finish());
  expect_all(arrived(100), 100);
}

TEST_F(KafkaProducerTest, AfterResetNothingOfBeforeIsHeardOf) {
  config_.linger = 900ms;
  open();
  KafkaSender sender(*producer_, {});
  ASSERT_TRUE(sender.run_until([&] { return producer_->figures().topic_ready; }, 10s));
  ASSERT_EQ(producer_->produce(1, "k", "before"), sensor::ProduceResult::taken);
  producer_->reset();
  EXPECT_EQ(producer_->figures().queue_records, 0U);
  sender.add({"k", "after"});
  ASSERT_TRUE(sender.finish());
  EXPECT_EQ(producer_->figures().delivered, 1U);
  const auto got = arrived(1);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].value, "after");
}

TEST_F(KafkaProducerTest, DoctorSeesBrokersAndTopic) {
  const auto check = sensor::check_broker(config_, 5s);
  EXPECT_TRUE(check.reached);
  EXPECT_TRUE(check.topic_found);
  EXPECT_EQ(check.brokers, 3U);
  EXPECT_EQ(check.partitions, static_cast<std::uint32_t>(kPartitions));
  EXPECT_EQ(check.problem, "");
}

// A socket that takes connections, by the kernel's backlog, and never says a word.
class SilentBroker {
 public:
  SilentBroker() {
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    ::bind(socket_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(socket_, 16);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    name_ = fmt::format("127.0.0.1:{}", ntohs(address.sin_port));
  }
  ~SilentBroker() { ::close(socket_); }
  SilentBroker(const SilentBroker&) = delete;
  SilentBroker& operator=(const SilentBroker&) = delete;
  const std::string& name() const { return name_; }

 private:
  const int socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string name_;
};

TEST(KafkaProducerWithoutABroker, OneThatNeverAnswersIsSaidAndLeftInTime) {
  const SilentBroker silent;
  tests::LogLines log;
  auto producer = sensor::open_kafka({{.brokers = {silent.name()}}}, log.to());
  ASSERT_TRUE(producer);
  KafkaSender sender(**producer, records(10));
  EXPECT_TRUE(sender.run_until([&] { return !(*producer)->figures().problem.empty(); }, 20s));
  EXPECT_THAT((*producer)->figures().problem, HasSubstr(silent.name() + ": does not answer"));
  EXPECT_TRUE(sender.was_full());
  EXPECT_EQ(log.lines().size(), 1U);
  const auto begin = std::chrono::steady_clock::now();
  producer->reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
}

TEST(KafkaProducerWithoutABroker, PollKeepsItsTime) {
  const SilentBroker silent;
  tests::LogLines log;
  auto producer = sensor::open_kafka({{.brokers = {silent.name()}}}, log.to());
  ASSERT_TRUE(producer);
  KafkaSender sender(**producer, {});
  for (int i = 0; i < 20; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    sender.step(50ms);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 500ms);
  }
}

TEST(KafkaProducerWithoutABroker, ARefusedConnectionIsSaid) {
  std::string closed;
  {
    closed = SilentBroker().name();
  }
  const auto check = sensor::check_broker({{.brokers = {closed}}}, 10s);
  EXPECT_FALSE(check.reached);
  EXPECT_EQ(check.problem, closed + ": connection refused");
}

TEST(KafkaProducerWithoutABroker, WrongOptionsAreOneLine) {
  tests::LogLines log;
  const auto producer = sensor::open_kafka({{.brokers = {"a:1"}, .properties = {{"foo.bar", "1"}}}}, log.to());
  ASSERT_FALSE(producer);
  EXPECT_EQ(producer.error(), "kafka.properties: 'foo.bar': No such configuration property");
}

}  // namespace
