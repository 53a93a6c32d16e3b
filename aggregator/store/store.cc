#include "aggregator/store/store.h"

#include <array>

namespace zonelag::aggregator {

const char* to_string(StoreFault fault) {
  constexpr std::array kNames{"unavailable", "fenced", "full", "refused", "schema", "broken"};
  return kNames[static_cast<std::size_t>(fault)];
}

}  // namespace zonelag::aggregator
