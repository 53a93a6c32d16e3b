// Whether a consumer is joining its group just now: between a JoinGroup request and the answer to its SyncGroup.
// An offset commit that is sent meanwhile waits behind the JoinGroup, comes to the broker with the generation of
// before, and librdkafka takes that refusal for the loss of every partition held. It tells of its joining in no other
// way.
#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>

namespace zonelag::aggregator {

class JoinWatch {
 public:
  // Before the client is made of `conf`; outlives the client.
  void watch(rd_kafka_conf_t* conf);
  bool joining() const { return joining_; }

 private:
  static rd_kafka_resp_err_t on_new(rd_kafka_t* client, const rd_kafka_conf_t* conf, void* self, char* said,
                                    std::size_t size);
  static rd_kafka_resp_err_t on_request(rd_kafka_t* client, int socket, const char* broker, std::int32_t id,
                                        std::int16_t request, std::int16_t version, std::int32_t number,
                                        std::size_t size, void* self);
  static rd_kafka_resp_err_t on_response(rd_kafka_t* client, int socket, const char* broker, std::int32_t id,
                                         std::int16_t request, std::int16_t version, std::int32_t number,
                                         std::size_t size, std::int64_t took, rd_kafka_resp_err_t error, void* self);

  std::atomic<bool> joining_ = false;  // set by librdkafka's threads
};

}  // namespace zonelag::aggregator
