#include "dns_text.h"

#include <fmt/format.h>
#include <ldns/ldns.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

namespace zonelag::cli {
namespace {

constexpr std::size_t kTail = 5;  // lines at a cut message's end: a transfer ends with its SOA, and then the size

std::string ldns_text(decoder::Bytes message) {
  ldns_pkt* parsed = nullptr;
  const ldns_status status =
      ldns_wire2pkt(&parsed, reinterpret_cast<const std::uint8_t*>(message.data()), message.size());
  if (status != LDNS_STATUS_OK) {
    return fmt::format(";; {} bytes that ldns cannot read: {}", message.size(), ldns_get_errorstr_by_id(status));
  }
  const std::unique_ptr<ldns_pkt, decltype(&ldns_pkt_free)> packet(parsed, &ldns_pkt_free);
  const std::unique_ptr<char, decltype(&std::free)> text(ldns_pkt2str(packet.get()), &std::free);
  return text ? text.get() : ";; ldns: out of memory";
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = line.substr(0, line.find_last_not_of(" \t") + 1);
    lines.push_back(line);
  }
  return lines;
}

// ldns fills these in for a message that it did not send itself.
bool says_nothing(std::string_view line) { return line.starts_with(";; Query time:") || line.starts_with(";; WHEN:"); }
bool is_heading(std::string_view line) { return line.starts_with(";; ") && line.ends_with(" SECTION:"); }

}  // namespace

std::string dns_text(decoder::Bytes message, std::size_t most) {
  const std::string text = ldns_text(message);
  const auto all = lines_of(text);
  std::vector<std::string_view> lines;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool empty_section = is_heading(all[i]) && (i + 1 == all.size() || all[i + 1].empty());
    if (!all[i].empty() && !says_nothing(all[i]) && !empty_section) lines.push_back(all[i]);
  }
  const bool cut = lines.size() > most && most > kTail;
  const std::size_t head = cut ? most - kTail : lines.size();
  std::string result;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (cut && i == head) {
      const std::size_t left_out = lines.size() - most;
      result += fmt::format("... {} more records\n", left_out);
      i += left_out;
    }
    result.append(lines[i]) += '\n';
  }
  return result;
}

}  // namespace zonelag::cli
