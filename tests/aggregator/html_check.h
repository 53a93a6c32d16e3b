// A page as a tree of tags, checked while it is read: what a browser forgives, a test does not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace zonelag::aggregator::sample {

struct Element {
  std::string name;
  std::vector<std::pair<std::string, std::string>> attributes;  // values as written, entities included
};

struct CheckedPage {
  std::vector<std::string> defects;  // what is not balanced, quoted or escaped
  std::vector<Element> elements;     // in document order

  std::size_t count(std::string_view name) const;
  // Elements of this name whose attribute has this value.
  std::size_t count(std::string_view name, std::string_view attribute, std::string_view value) const;
};

// The strict subset of HTML that the report is written in: lower-case tags, quoted attributes, everything closed but
// void elements, `/>` within SVG alone, raw text in <style> and <script>.
CheckedPage check_html(std::string_view page);

std::size_t occurrences(std::string_view text, std::string_view part);

}  // namespace zonelag::aggregator::sample
