#include "decoder/net.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace zonelag::decoder {

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt;  // inet_pton would stop there
  const std::string terminated(text);
  std::array<std::byte, 16> bytes{};
  if (inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) return v4(Bytes{bytes}.first(4));
  if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return v6(bytes);
  return std::nullopt;
}

bool IpAddress::is_v4() const {
  constexpr std::array<std::uint8_t, 12> kPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::equal(kPrefix.begin(), kPrefix.end(), bytes_.begin());
}

std::string IpAddress::to_string() const {
  if (!is_v4()) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(AF_INET6, bytes_.data(), text.data(), text.size());
    return text.data();
  }
  // inet_ntop() goes through printf, which costs more than the rest of an event's encoding.
  std::string text;
  std::array<char, 3> digits{};
  for (std::size_t i = 12; i < bytes_.size(); ++i) {
    if (i > 12) text.push_back('.');
    text.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), bytes_[i]).ptr);
  }
  return text;
}

const char* to_string(Transport transport) { return transport == Transport::udp ? "udp" : "tcp"; }

}  // namespace zonelag::decoder
