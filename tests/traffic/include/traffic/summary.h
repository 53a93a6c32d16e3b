// What a scenario wrote, as one JSON line. Unless it was sent, it depends on nothing but the arguments.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace zonelag::traffic {

struct Summary {
  using Value = std::variant<std::uint64_t, std::string>;

  std::string scenario;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;                                       ///< of frames, without the file format's own
  std::vector<std::pair<std::string, std::uint64_t>> classes{};  ///< packets of each class
  std::vector<std::pair<std::string, Value>> truth{};            ///< what a reader should find

  std::string live{};  ///< members of a JSON object: what became of it on the wire; empty: written to a file

  std::string to_json() const;
};

}  // namespace zonelag::traffic
