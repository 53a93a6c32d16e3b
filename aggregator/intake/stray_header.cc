#include "stray_header.h"

#include <fmt/format.h>

#include <charconv>

namespace zonelag::aggregator {
namespace {

bool parse(std::string_view text, std::uint32_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::pair<std::string, std::string> stray_header(const StrayPath& path) {
  return {std::string(kStrayHeader), fmt::format("{}/{}", path.hops, path.layout)};
}

std::optional<StrayPath> parse_stray(std::string_view value) {
  const std::size_t slash = value.find('/');
  StrayPath path;
  if (slash == std::string_view::npos || !parse(value.substr(0, slash), path.hops) ||
      !parse(value.substr(slash + 1), path.layout)) {
    return std::nullopt;
  }
  return path;
}

std::uint32_t hops_of(const rd_kafka_message_t& message) {
  rd_kafka_headers_t* headers = nullptr;  // the message's
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
  const void* value = nullptr;
  std::size_t size = 0;
  if (rd_kafka_header_get_last(headers, kStrayHeader, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
  const auto path = parse_stray({static_cast<const char*>(value), value == nullptr ? 0 : size});
  return path ? path->hops : 1;
}

}  // namespace zonelag::aggregator
