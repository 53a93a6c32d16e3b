#include "traffic/summary.h"

namespace zonelag::traffic {
namespace {

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

std::string to_text(std::uint64_t number) { return std::to_string(number); }
std::string to_text(const Summary::Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text != nullptr ? quoted(*text) : to_text(std::get<std::uint64_t>(value));
}

template <typename Pairs>
std::string object(const Pairs& pairs) {
  std::string result = "{";
  for (const auto& [key, value] : pairs) {
    if (result.size() > 1) result += ',';
    result += quoted(key) + ':' + to_text(value);
  }
  return result + '}';
}

}  // namespace

std::string Summary::to_json() const {
  return "{\"scenario\":" + quoted(scenario) + ",\"packets\":" + to_text(packets) + ",\"bytes\":" + to_text(bytes) +
         ",\"classes\":" + object(classes) + ",\"truth\":" + object(truth) +
         (live.empty() ? "" : ",\"live\":{" + live + "}") + '}';
}

}  // namespace zonelag::traffic
