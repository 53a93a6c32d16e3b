// librdkafka's mock of one broker.
#pragma once

#include <librdkafka/rdkafka.h>
// After rdkafka.h.
#include <librdkafka/rdkafka_mock.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace zonelag::aggregator {

class MockCluster {
 public:
  MockCluster() {
    std::array<char, 512> said{};
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "0", said.data(), said.size());
    host_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf, said.data(), said.size()));
    cluster_.reset(rd_kafka_mock_cluster_new(host_.get(), 1));
  }
  std::string broker() const { return rd_kafka_mock_cluster_bootstraps(cluster_.get()); }
  void create(const char* topic, int partitions) { rd_kafka_mock_topic_create(cluster_.get(), topic, partitions, 1); }
  // Of requests of this kind.
  void fail_next(std::int16_t api, std::vector<rd_kafka_resp_err_t> errors) {
    rd_kafka_mock_push_request_errors_array(cluster_.get(), api, errors.size(), errors.data());
  }
  void down() { rd_kafka_mock_broker_set_down(cluster_.get(), 1); }

 private:
  struct Deleter {
    void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
    void operator()(rd_kafka_mock_cluster_t* cluster) const { rd_kafka_mock_cluster_destroy(cluster); }
  };
  std::unique_ptr<rd_kafka_t, Deleter> host_;
  std::unique_ptr<rd_kafka_mock_cluster_t, Deleter> cluster_;
};

}  // namespace zonelag::aggregator
