#include "service/kafka/kafka_table.h"

#include <fmt/format.h>

#include <algorithm>

namespace zonelag::service {
namespace {

// The library says what it thinks of a property when it is opened; secrets are kept out of the file here.
Parsed<void> check_property(std::string_view name) {
  struct Better {
    std::string_view property;
    std::string_view setting;
  };
  constexpr std::array<Better, 4> kSecrets{{{"sasl.password", "sasl_password_file"},
                                            {"ssl.key.password", "tls_key_password_file"},
                                            {"ssl.key.pem", "tls_key"},
                                            {"ssl.keystore.password", "tls_key"}}};
  if (name.empty()) return std::unexpected(std::string("a property without a name; the form is NAME=VALUE"));
  const auto secret = std::ranges::find(kSecrets, name, &Better::property);
  if (secret == kSecrets.end()) return {};
  return std::unexpected(fmt::format("'{}' is a secret and belongs in a file: kafka.{}", name, secret->setting));
}

}  // namespace

Parsed<PropertyMap> parse_properties(const Values& values) {
  PropertyMap taken;
  for (const std::string& value : values) {
    const std::size_t equals = value.find('=');
    if (equals == std::string::npos) return std::unexpected(fmt::format("'{}' is not of the form NAME=VALUE", value));
    const std::string name = value.substr(0, equals);
    if (auto good = check_property(name); !good) return std::unexpected(std::move(good.error()));
    if (!taken.emplace(name, value.substr(equals + 1)).second)
      return std::unexpected(fmt::format("'{}' is given more than once", name));
  }
  return taken;
}

Values show_properties(const PropertyMap& properties) {
  Values values;
  for (const auto& [name, value] : properties) values.push_back(fmt::format("{}={}", name, value));
  return values;
}

}  // namespace zonelag::service
