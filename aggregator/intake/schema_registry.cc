#include "aggregator/intake/schema_registry.h"

#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>

#include "service/password_file.h"

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;

constexpr const char* kContentType = "application/vnd.schemaregistry.v1+json";
constexpr auto kFirstPause = 500ms;
constexpr auto kLongestPause = 30'000ms;

// What is not allowed in a piece of a path (RFC 3986 section 3.3): topics' names have none of it, but who knows.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                       c == '_' || c == '-' || c == '~';
    plain ? out.push_back(c) : void(out += fmt::format("%{:02X}", static_cast<unsigned char>(c)));
  }
  return out;
}

// The registry's own words: {"error_code":42201,"message":"..."}.
std::string message_of(const httplib::Response& response) {
  const auto body = nlohmann::json::parse(response.body, nullptr, false);
  if (body.is_object() && body.contains("message") && body["message"].is_string()) {
    std::string message = body["message"].get<std::string>();
    return message.substr(0, std::min<std::size_t>(message.find('\n'), 300));
  }
  return response.reason;
}

RegistryError refusal(const std::string& url, const std::string& subject, const httplib::Response& response) {
  const std::string said = message_of(response);
  RegistryError error{.passing = response.status >= 500 || response.status == 429 || response.status == 408};
  switch (response.status) {
    case 401:
    case 403:
      error.text = fmt::format("schema registry {}: does not let us in (results.registry_user): {}", url, said);
      break;
    case 409:
      error.text = fmt::format("schema registry {}: subject '{}' has a schema that ours is not compatible with: {}",
                               url, subject, said);
      break;
    default:
      error.text = fmt::format("schema registry {}: subject '{}': status {}: {}", url, subject, response.status, said);
  }
  return error;
}

}  // namespace

std::expected<SchemaRegistry, std::string> SchemaRegistry::open(const RegistryConfig& config) {
  SchemaRegistry registry;
  registry.config_ = config;
  const bool plain = config.url.starts_with("http://");
  if (!plain && !config.url.starts_with("https://")) {
    return std::unexpected(fmt::format("results.registry: '{}' is not http://... or https://...", config.url));
  }
  const std::size_t host = plain ? 7 : 8;
  const std::size_t path = std::min(config.url.find('/', host), config.url.size());
  if (path == host || config.url.find('@') != std::string::npos) {
    return std::unexpected("results.registry: wants HOST[:PORT][/PATH] behind the scheme, and no user");
  }
  registry.origin_ = config.url.substr(0, path);
  registry.path_ = config.url.substr(path);
  while (registry.path_.ends_with('/')) registry.path_.pop_back();
  if (config.username.empty() != config.password_file.empty()) {
    return std::unexpected("results.registry_user and results.registry_password_file go together");
  }
  if (config.username.empty()) return registry;
  auto password = service::read_password("results.registry_password_file", config.password_file);
  if (!password) return std::unexpected(password.error());
  registry.password_ = std::move(*password);
  return registry;
}

std::expected<std::uint32_t, RegistryError> SchemaRegistry::register_results(const std::string& topic) const {
  const std::string subject = topic + "-value";
  httplib::Client client(origin_);
  client.set_connection_timeout(config_.timeout);
  client.set_read_timeout(config_.timeout);
  client.set_follow_location(true);
  if (!config_.username.empty()) client.set_basic_auth(config_.username, password_);
#ifdef CPPHTTPLIB_OPENSSL_SUPPORT
  if (!config_.tls_ca.empty()) client.set_ca_cert_path(config_.tls_ca);
#endif
  const nlohmann::json body{{"schemaType", "PROTOBUF"}, {"schema", result_schema()}};
  const auto response =
      client.Post(fmt::format("{}/subjects/{}/versions", path_, escaped(subject)), body.dump(), kContentType);
  if (!response) {
    return std::unexpected(
        RegistryError{true, fmt::format("schema registry {}: {}", config_.url, httplib::to_string(response.error()))});
  }
  if (response->status != 200) return std::unexpected(refusal(config_.url, subject, *response));
  const auto answer = nlohmann::json::parse(response->body, nullptr, false);
  if (!answer.is_object() || !answer.contains("id") || !answer["id"].is_number_unsigned()) {
    return std::unexpected(
        RegistryError{false, fmt::format("schema registry {}: its answer has no schema id", config_.url)});
  }
  return answer["id"].get<std::uint32_t>();
}

std::expected<void, std::string> register_schemas(const SchemaRegistry& registry, ResultTopics& topics,
                                                  const service::LogLine& log, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::string told;
  auto pause = std::chrono::milliseconds(kFirstPause);
  const std::array<std::pair<const std::string&, std::optional<std::uint32_t>&>, 2> wanted{
      {{topics.lags, topics.lag_schema_id}, {topics.slas, topics.sla_schema_id}}};
  for (const auto& [topic, id] : wanted) {
    while (!topic.empty() && !id) {
      const auto registered = registry.register_results(topic);
      if (registered) {
        id = *registered;
        continue;
      }
      if (!registered.error().passing) return std::unexpected(registered.error().text);
      if (registered.error().text != told) log(service::LogLevel::warning, told = registered.error().text);
      std::unique_lock lock(mutex);
      wake.wait_for(lock, stop, pause, [] { return false; });
      if (stop.stop_requested()) return std::unexpected(told);
      pause = std::min(pause * 2, std::chrono::milliseconds(kLongestPause));
    }
  }
  if (!told.empty()) log(service::LogLevel::info, "schema registry: the results' schemas are registered");
  return {};
}

}  // namespace zonelag::aggregator
