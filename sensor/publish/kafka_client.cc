#include "kafka_client.h"

#include <fmt/format.h>

#include <array>
#include <condition_variable>
#include <thread>

#include "producer_settings.h"
#include "service/kafka/kafka_problem.h"

namespace zonelag::sensor {
namespace {

// The index travels in the message's opaque pointer.
static_assert(sizeof(void*) >= sizeof(std::uint64_t));
void* to_opaque(std::uint64_t index) { return reinterpret_cast<void*>(static_cast<std::uintptr_t>(index)); }
std::uint64_t to_index(void* opaque) { return reinterpret_cast<std::uintptr_t>(opaque); }

}  // namespace

std::expected<std::unique_ptr<KafkaClient>, std::string> KafkaClient::open(const KafkaConfig& config,
                                                                           const rd_kafka_conf_t& settings,
                                                                           std::optional<std::size_t> batch_bytes,
                                                                           service::LogLine log) {
  std::unique_ptr<KafkaClient> self(new KafkaClient(config, std::move(log)));
  service::KafkaConfHandle conf(rd_kafka_conf_dup(&settings));
  rd_kafka_conf_set_opaque(conf.get(), self.get());
  rd_kafka_conf_set_error_cb(conf.get(), &KafkaClient::on_error);
  rd_kafka_conf_set_dr_msg_cb(conf.get(), &KafkaClient::on_report);
  rd_kafka_conf_set_log_cb(conf.get(), &KafkaClient::on_log);
  std::array<char, 512> said{};
  if (batch_bytes) {
    rd_kafka_conf_set(conf.get(), "batch.size", std::to_string(*batch_bytes).c_str(), said.data(), said.size());
  }
  rd_kafka_conf_t* given = conf.release();  // the client's, when there is one
  self->client_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, given, said.data(), said.size()));
  if (!self->client_) {
    rd_kafka_conf_destroy(given);
    return std::unexpected(service::why_not_opened(config, said.data()));
  }
  self->topic_.reset(rd_kafka_topic_new(self->client_.get(), config.topic.c_str(), nullptr));
  if (!self->topic_) {
    return std::unexpected(fmt::format("kafka.topic: '{}': {}", config.topic, rd_kafka_err2str(rd_kafka_last_error())));
  }
  self->probe_ =
      std::make_unique<service::KafkaProbe>(self->config_, topic_of(config), self->client_.get(), self->topic_.get());
  return self;
}

rd_kafka_resp_err_t KafkaClient::produce(std::uint64_t index, std::string_view key, std::string_view value) {
  // F_COPY: librdkafka only reads what the pointer shows.
  void* payload = const_cast<char*>(value.data());
  if (rd_kafka_produce(topic_.get(), RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, payload, value.size(), key.data(),
                       key.size(), to_opaque(index)) == 0) {
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  }
  return rd_kafka_last_error();
}

void KafkaClient::poll(std::chrono::milliseconds wait, KafkaEvents& events) {
  events_ = &events;
  rd_kafka_poll(client_.get(), static_cast<int>(wait.count()));
  events_ = nullptr;
}

void KafkaClient::purge() { rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT); }

void KafkaClient::mute() {
  const std::scoped_lock lock(log_mutex_);
  log_ = nullptr;
}

std::pair<rd_kafka_resp_err_t, std::string> KafkaClient::fatal() const {
  std::array<char, 512> said{};
  const rd_kafka_resp_err_t code = rd_kafka_fatal_error(client_.get(), said.data(), said.size());
  return {code, said.data()};
}

void KafkaClient::on_error(rd_kafka_t* /*client*/, int error, const char* reason, void* self) {
  KafkaEvents* events = static_cast<KafkaClient*>(self)->events_;
  if (events != nullptr) events->error(static_cast<rd_kafka_resp_err_t>(error), reason);
}

void KafkaClient::on_report(rd_kafka_t* /*client*/, const rd_kafka_message_t* message, void* self) {
  KafkaEvents* events = static_cast<KafkaClient*>(self)->events_;
  if (events != nullptr) events->report(to_index(message->_private), message->len + message->key_len, message->err);
}

// What matters of it comes as an error, too; the rest is for whoever sets the property "debug".
void KafkaClient::on_log(const rd_kafka_t* client, int /*level*/, const char* facility, const char* text) {
  auto* self = static_cast<KafkaClient*>(rd_kafka_opaque(client));
  if (self == nullptr) return;
  const std::scoped_lock lock(self->log_mutex_);
  if (self->log_) self->log_(service::LogLevel::debug, fmt::format("librdkafka: {}: {}", facility, text));
}

struct RetiredClient::State {
  std::mutex mutex;
  std::condition_variable changed;
  bool gone = false;
};

RetiredClient::RetiredClient(std::unique_ptr<KafkaClient> client) : state_(std::make_shared<State>()) {
  client->mute();
  client->purge();
  std::thread([state = state_, client = std::move(client)]() mutable {
    client.reset();
    const std::scoped_lock lock(state->mutex);
    state->gone = true;
    state->changed.notify_all();
  }).detach();
}

bool RetiredClient::gone(std::chrono::milliseconds wait) {
  if (!state_) return true;
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, wait, [this] { return state_->gone; });
}

}  // namespace zonelag::sensor
