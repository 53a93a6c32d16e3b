#include "kafka_client.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <future>
#include <thread>

namespace zonelag::aggregator {
namespace {

const char* protocol(KafkaSecurity security) {
  constexpr std::array kNames{"plaintext", "ssl", "sasl_plaintext", "sasl_ssl"};
  return kNames[static_cast<std::size_t>(security)];
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

KafkaProperties connection(const KafkaConfig& config) {
  KafkaProperties all{{"security.protocol", protocol(config.security)}};
  const auto add = [&all](const char* name, const std::string& value) {
    if (!value.empty()) all.emplace_back(name, value);
  };
  add("bootstrap.servers", fmt::format("{}", fmt::join(config.brokers, ",")));
  add("client.id", config.client_id);
  add("ssl.ca.location", config.tls_ca);
  add("ssl.certificate.location", config.tls_certificate);
  add("ssl.key.location", config.tls_key);
  if (!config.tls_key_password_file.empty()) add("ssl.key.password", first_line(config.tls_key_password_file));
  add("sasl.mechanisms", config.sasl_mechanism);
  add("sasl.username", config.sasl_username);
  if (!config.sasl_password_file.empty()) add("sasl.password", first_line(config.sasl_password_file));
  return all;
}

}  // namespace

std::expected<KafkaConfHandle, std::string> kafka_settings(const KafkaConfig& config, const KafkaProperties& ours,
                                                           const KafkaProperties& promised) {
  KafkaConfHandle conf(rd_kafka_conf_new());
  const KafkaProperties theirs(config.properties.begin(), config.properties.end());
  for (const KafkaProperty& property : theirs) {
    const auto is_it = [&](const KafkaProperty& one) { return one.first == property.first; };
    if (std::ranges::any_of(promised, is_it)) {
      return std::unexpected(fmt::format("kafka.properties: '{}': is not to be set", property.first));
    }
  }
  for (const KafkaProperties& properties : {connection(config), ours, promised, theirs}) {
    for (const auto& [name, value] : properties) {
      std::array<char, 512> said{};
      if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), said.data(), said.size()) != RD_KAFKA_CONF_OK) {
        return std::unexpected(fmt::format("kafka.properties: '{}': not a valid value", name));
      }
    }
  }
  return conf;
}

BrokerError explain(const KafkaConfig& /*config*/, int /*version*/, rd_kafka_resp_err_t /*error*/,
                    std::string_view reason) {
  const std::size_t colon = reason.find(": ");
  if (colon == std::string_view::npos) return {.text = std::string(reason)};
  return {.broker = std::string(reason.substr(0, colon)), .text = std::string(reason.substr(colon + 2))};
}

void ClientLink::line(LogLevel level, const std::string& text) {
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
  if (link != nullptr) link->line(LogLevel::debug, fmt::format("librdkafka: {}: {}", facility, text));
}

void retire(KafkaHandle client, std::shared_ptr<ClientLink> link, std::chrono::milliseconds wait) {
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
