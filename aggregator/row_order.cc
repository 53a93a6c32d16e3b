#include "aggregator/row_order.h"

#include <algorithm>
#include <string_view>
#include <tuple>

namespace zonelag::aggregator {
namespace {

int chain_position(Role role) { return role == Role::unknown ? 5 : static_cast<int>(role); }

}  // namespace

void sort_nodes(std::vector<NodeRow>& nodes) {
  std::ranges::sort(nodes, {}, [](const NodeRow& row) {
    return std::tuple(chain_position(row.role), std::string_view(row.loc), std::string_view(row.hostname),
                      std::string_view(row.srcip));
  });
}

}  // namespace zonelag::aggregator
