#include "reader.h"

namespace zonelag::proto {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
// inet_ntop's longest (INET6_ADDRSTRLEN without its zero).
constexpr std::size_t kMaxAddressText = 45;

// nullopt: nanos outside of [0, 1e9), or no 64 bits of nanoseconds.
std::optional<std::int64_t> total_nanos(std::int64_t seconds, std::int32_t nanos) {
  if (nanos < 0 || nanos >= kNanosPerSecond) return std::nullopt;
  std::int64_t rest = nanos;
  // The earliest time's second begins before what 64 bits hold: count from the next one.
  if (seconds < 0) {
    ++seconds;
    rest -= kNanosPerSecond;
  }
  std::int64_t total = 0;
  if (__builtin_mul_overflow(seconds, kNanosPerSecond, &total) || __builtin_add_overflow(total, rest, &total)) {
    return std::nullopt;
  }
  return total;
}

}  // namespace

decoder::Timestamp Reader::time(const google::protobuf::Timestamp& value, const char* field) {
  const auto total = total_nanos(value.seconds(), value.nanos());
  if (!total) fail(CodecFault::bad_time, field);
  return decoder::Timestamp{decoder::Duration{total.value_or(0)}};
}

decoder::Duration Reader::duration(const google::protobuf::Duration& value, const char* field) {
  const auto total = total_nanos(value.seconds(), value.nanos());
  if (!total || *total < 0) fail(CodecFault::bad_time, field);
  return decoder::Duration{total.value_or(0)};
}

std::string Reader::text(const std::string& value, const char* field) {
  if (value.find('\0') != std::string::npos) fail(CodecFault::not_text, field);
  return value;
}

decoder::ZoneName Reader::zone(const std::string& value, const char* field) {
  auto name = decoder::ZoneName::parse(value);
  if (!name) fail(CodecFault::not_a_name, field);
  return std::move(name).value_or(decoder::ZoneName{});
}

decoder::IpAddress Reader::address(const std::string& value, const char* field) {
  // IpAddress::parse() ends at a zero byte, as inet_pton does.
  const bool may_be = value.size() <= kMaxAddressText && value.find('\0') == std::string::npos;
  const auto address = may_be ? decoder::IpAddress::parse(value) : std::nullopt;
  if (!address) fail(CodecFault::not_an_address, field);
  return address.value_or(decoder::IpAddress{});
}

}  // namespace zonelag::proto
