#include "report_html_text.h"

#include <fmt/format.h>

#include <cmath>

#include "aggregator/time_text.h"
#include "utf8.h"

namespace zonelag::aggregator::html {
namespace {

constexpr std::string_view kReplacementText = "\xef\xbf\xbd";

// C0 and C1 controls, DEL: none of them is a character of a name.
bool is_control(char32_t code) { return code < 0x20 || (code >= 0x7f && code < 0xa0); }

std::string_view entity_of(char32_t code) {
  switch (code) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return {};
  }
}

// Roughly: from Hangul Jamo on, what an East Asian text or an emoji is made of.
std::size_t width_of(char32_t code) {
  const bool wide = (code >= 0x1100 && code < 0x1160) || (code >= 0x2e80 && code < 0xa4d0) ||
                    (code >= 0xac00 && code < 0xd7a4) || (code >= 0xf900 && code < 0xfb00) ||
                    (code >= 0xff00 && code < 0xff61) || code >= 0x1f300;
  return wide ? 2 : 1;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character c = first_character(text);
    const std::string_view entity = c.valid ? entity_of(c.code) : std::string_view();
    if (!c.valid || is_control(c.code)) {
      out += kReplacementText;
    } else {
      out += entity.empty() ? text.substr(0, c.length) : entity;
    }
    text.remove_prefix(c.length);
  }
  return out;
}

std::string shortened(std::string_view text, std::size_t columns) {
  std::size_t used = 0;
  std::size_t keep = 0;  // bytes that leave a column for the ellipsis
  for (std::size_t at = 0; at < text.size();) {
    const Character c = first_character(text.substr(at));
    used += width_of(c.code);
    if (used > columns) return std::string(text.substr(0, keep)) + "…";
    at += c.length;
    if (used < columns) keep = at;
  }
  return std::string(text);
}

std::string px(double value) {
  const std::string text = fmt::format("{:.1f}", value);
  if (text == "-0.0") return "0";
  return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
}

Duration since(Timestamp later, Timestamp earlier) {
  return Duration(static_cast<std::int64_t>(static_cast<std::uint64_t>(later.time_since_epoch().count()) -
                                            static_cast<std::uint64_t>(earlier.time_since_epoch().count())));
}

std::string lag_text(const std::optional<Duration>& lag) { return lag ? human_duration(*lag) : std::string(); }

std::string name_of(const NodeRow& node) {
  if (!node.hostname.empty()) return node.hostname;
  return node.dsc_name.empty() ? node.srcip : node.dsc_name;
}

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, "\u202f");
  }
  return text;
}

}  // namespace zonelag::aggregator::html
