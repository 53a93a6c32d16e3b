#include "kafka_client.h"

#include <fmt/format.h>

#include <future>
#include <thread>

namespace zonelag::aggregator {

void ClientLink::line(service::LogLevel level, const std::string& text) {
  const std::scoped_lock lock(mutex_);
  if (log_) log_(level, text);
}

void ClientLink::cut() {
  owner_ = nullptr;
  const std::scoped_lock lock(mutex_);
  log_ = nullptr;
}

void ClientLink::on_log(const rd_kafka_t* client, int /*level*/, const char* facility, const char* text) {
  auto* link = static_cast<ClientLink*>(rd_kafka_opaque(client));
  if (link != nullptr) link->line(service::LogLevel::debug, fmt::format("librdkafka: {}: {}", facility, text));
}

void retire(service::KafkaHandle client, std::shared_ptr<ClientLink> link, std::chrono::milliseconds wait) {
  link->cut();
  std::promise<void> promise;
  const std::future<void> gone = promise.get_future();
  std::thread([client = std::move(client), link = std::move(link), promise = std::move(promise)]() mutable {
    rd_kafka_destroy_flags(client.release(), RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    promise.set_value();
  }).detach();
  gone.wait_for(wait);
}

}  // namespace zonelag::aggregator
