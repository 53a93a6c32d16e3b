#include "join_watch.h"

namespace zonelag::aggregator {
namespace {

constexpr const char* kName = "zonelag-join";
constexpr std::int16_t kJoinGroup = 11;  // of Kafka's protocol
constexpr std::int16_t kSyncGroup = 14;

}  // namespace

void JoinWatch::watch(rd_kafka_conf_t* conf) { rd_kafka_conf_interceptor_add_on_new(conf, kName, &on_new, this); }

rd_kafka_resp_err_t JoinWatch::on_new(rd_kafka_t* client, const rd_kafka_conf_t* /*conf*/, void* self, char* /*said*/,
                                      std::size_t /*size*/) {
  rd_kafka_interceptor_add_on_request_sent(client, kName, &on_request, self);
  rd_kafka_interceptor_add_on_response_received(client, kName, &on_response, self);
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t JoinWatch::on_request(rd_kafka_t* /*client*/, int /*socket*/, const char* /*broker*/,
                                          std::int32_t /*id*/, std::int16_t request, std::int16_t /*version*/,
                                          std::int32_t /*number*/, std::size_t /*size*/, void* self) {
  if (request == kJoinGroup) static_cast<JoinWatch*>(self)->joining_ = true;
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

// A join that fails is followed by another.
rd_kafka_resp_err_t JoinWatch::on_response(rd_kafka_t* /*client*/, int /*socket*/, const char* /*broker*/,
                                           std::int32_t /*id*/, std::int16_t request, std::int16_t /*version*/,
                                           std::int32_t /*number*/, std::size_t /*size*/, std::int64_t /*took*/,
                                           rd_kafka_resp_err_t /*error*/, void* self) {
  if (request == kSyncGroup) static_cast<JoinWatch*>(self)->joining_ = false;
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace zonelag::aggregator
