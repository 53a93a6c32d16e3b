// What a runner has to tell: the program writes it to its log, tests look at it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace zonelag::aggregator {

enum class Severity : std::uint8_t { info, warning, error };
using SayFields = std::vector<std::pair<const char*, std::string>>;
// `message` is constant and names the kind of entry; what varies is in the fields.
using Say = std::function<void(Severity, const char* message, const SayFields&)>;

}  // namespace zonelag::aggregator
