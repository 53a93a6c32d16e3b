#include "html_check.h"

#include <algorithm>
#include <array>
#include <set>

namespace zonelag::aggregator::sample {
namespace {

constexpr std::array<std::string_view, 4> kVoid{"meta", "input", "br", "hr"};
constexpr std::array<std::string_view, 2> kRaw{"style", "script"};

class Checker {
 public:
  explicit Checker(std::string_view page) : rest_(page) {}

  CheckedPage run() {
    constexpr std::string_view kDoctype = "<!DOCTYPE html>\n";
    if (!rest_.starts_with(kDoctype)) defect("no doctype");
    rest_.remove_prefix(std::min(rest_.size(), kDoctype.size()));
    while (!rest_.empty() && page_.defects.size() < 10) step();
    for (const std::string& name : open_) defect("<" + name + "> is not closed");
    return std::move(page_);
  }

 private:
  void defect(std::string what) {
    page_.defects.push_back(std::move(what) + " near: " + std::string(rest_.substr(0, 60)));
  }

  void step() {
    const std::size_t tag = rest_.find('<');
    text(rest_.substr(0, tag), "text");
    if (tag == std::string_view::npos) {
      rest_ = {};
      return;
    }
    rest_.remove_prefix(tag);
    rest_.starts_with("</") ? end_tag() : start_tag();
  }

  void text(std::string_view text, const char* where) {
    if (text.find('>') != std::string_view::npos) defect(std::string("bare > in ") + where);
    for (std::size_t at = text.find('&'); at != std::string_view::npos; at = text.find('&', at + 1)) {
      const std::string_view entity = text.substr(at, 6);
      const bool known = entity.starts_with("&amp;") || entity.starts_with("&lt;") || entity.starts_with("&gt;") ||
                         entity.starts_with("&quot;") || entity.starts_with("&#39;");
      if (!known) defect(std::string("bare & in ") + where);
    }
    if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; })) {
      defect(std::string("control character in ") + where);
    }
  }

  void end_tag() {
    const std::size_t end = rest_.find('>');
    const std::string name(rest_.substr(2, end == std::string_view::npos ? end : end - 2));
    if (open_.empty() || open_.back() != name) {
      defect("unexpected </" + name + ">");
    } else {
      open_.pop_back();
    }
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  }

  std::string take_while(auto accept) {
    const auto end = std::ranges::find_if_not(rest_, accept);
    const auto length = static_cast<std::size_t>(end - rest_.begin());
    std::string taken(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return taken;
  }
  static bool is_name(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

  void start_tag() {
    rest_.remove_prefix(1);
    Element element;
    element.name = take_while(is_name);
    if (element.name.empty()) defect("no name after <");
    while (!rest_.empty() && rest_.front() == ' ') attribute(element);
    const bool self_closed = rest_.starts_with("/>");
    if (!self_closed && !rest_.starts_with(">")) defect("unfinished <" + element.name);
    rest_.remove_prefix(std::min<std::size_t>(rest_.size(), self_closed ? 2 : 1));
    if (self_closed && std::ranges::find(open_, "svg") == open_.end()) defect("/> outside of SVG");
    const bool is_void = std::ranges::find(kVoid, element.name) != kVoid.end();
    if (!self_closed && !is_void) open_.push_back(element.name);
    if (std::ranges::find(kRaw, element.name) != kRaw.end()) {
      rest_.remove_prefix(std::min(rest_.size(), rest_.find("</" + element.name + ">")));
    }
    page_.elements.push_back(std::move(element));
  }

  void attribute(Element& element) {
    rest_.remove_prefix(1);
    std::string name = take_while([](char c) { return is_name(c) || (c >= 'A' && c <= 'Z'); });
    if (name.empty()) return defect("no attribute name");
    std::string value;
    if (rest_.starts_with("=")) {
      if (!rest_.starts_with("=\"")) return defect("attribute not quoted");
      rest_.remove_prefix(2);
      value = take_while([](char c) { return c != '"'; });
      text(value, "attribute");
      if (value.find('<') != std::string::npos) defect("bare < in attribute");
      rest_.remove_prefix(std::min<std::size_t>(rest_.size(), 1));
    }
    if (name == "id" && !ids_.insert(value).second) defect("id twice: " + value);
    element.attributes.emplace_back(std::move(name), std::move(value));
  }

  std::string_view rest_;
  std::vector<std::string> open_;
  std::set<std::string> ids_;
  CheckedPage page_;
};

}  // namespace

std::size_t CheckedPage::count(std::string_view name) const {
  return static_cast<std::size_t>(std::ranges::count(elements, name, &Element::name));
}

std::size_t CheckedPage::count(std::string_view name, std::string_view attribute, std::string_view value) const {
  return static_cast<std::size_t>(std::ranges::count_if(elements, [&](const Element& element) {
    return element.name == name &&
           std::ranges::find(element.attributes, std::pair(std::string(attribute), std::string(value))) !=
               element.attributes.end();
  }));
}

CheckedPage check_html(std::string_view page) { return Checker(page).run(); }

std::size_t occurrences(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

}  // namespace zonelag::aggregator::sample
