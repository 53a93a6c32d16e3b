#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>

#include "report_html_waterfall.h"

namespace zonelag::aggregator::html {
namespace {

// Along the way; those of unknown role last.
int order_of(Role role) { return role == Role::unknown ? 9 : static_cast<int>(role); }

Timestamp live_or_last(const NodeRow& node) { return node.live_at.value_or(Timestamp::max()); }

std::vector<const NodeRow*> most_telling(const VersionRow& version, std::size_t limit) {
  std::vector<const NodeRow*> nodes;
  nodes.reserve(version.nodes.size());
  for (const NodeRow& node : version.nodes) nodes.push_back(&node);
  if (nodes.size() <= limit) return nodes;
  std::ranges::sort(nodes, [](const NodeRow* left, const NodeRow* right) {
    const bool passed_left = left->role == Role::secondary || left->role == Role::unknown;
    const bool passed_right = right->role == Role::secondary || right->role == Role::unknown;
    if (passed_left != passed_right) return passed_right;
    if (live_or_last(*left) != live_or_last(*right)) return live_or_last(*left) > live_or_last(*right);
    return left < right;  // as the rows come
  });
  nodes.resize(limit);
  return nodes;
}

}  // namespace

std::vector<const NodeRow*> nodes_in_order(const VersionRow& version, std::size_t limit) {
  std::vector<const NodeRow*> nodes = most_telling(version, limit);
  std::map<std::string_view, Timestamp> first_of;
  for (const NodeRow* node : nodes) {
    const auto at = first_of.try_emplace(node->loc, live_or_last(*node)).first;
    at->second = std::min(at->second, live_or_last(*node));
  }
  const auto rank = [&first_of](const NodeRow* node) {
    const bool by_location = node->role == Role::secondary;
    return std::tuple(order_of(node->role), by_location ? first_of[node->loc] : Timestamp::min(),
                      by_location ? std::string_view(node->loc) : std::string_view(), live_or_last(*node),
                      std::string_view(node->hostname), std::string_view(node->srcip), node);
  };
  std::ranges::sort(nodes, [&](const NodeRow* left, const NodeRow* right) { return rank(left) < rank(right); });
  return nodes;
}

}  // namespace zonelag::aggregator::html
