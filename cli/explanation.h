// The text of `zonelag explain`: every piece of evidence behind a row, then the conclusion step by step.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "aggregator/inventory.h"
#include "aggregator/rows.h"
#include "decoder/event.h"

namespace zonelag::cli {

struct Piece {
  decoder::Event event;
  std::string message;  // presentation format; empty: not asked for, or not held
};

class Explanation {
 public:
  // `pieces` are all events of the zone in the order of capture time; both must outlive this.
  Explanation(const std::vector<Piece>& pieces, const aggregator::Inventory& inventory)
      : pieces_(pieces), inventory_(inventory) {}

  // One node's row of the version.
  std::string of(const aggregator::VersionRow& version, const aggregator::NodeRow& node) const;

 private:
  struct Listed {
    std::size_t number = 0;  // as printed, from 1
    const Piece* piece = nullptr;
  };

  std::string node_of(const decoder::Event& event, const decoder::Endpoint& endpoint) const;
  std::string remark(const Piece& piece, const aggregator::VersionRow& version, const aggregator::NodeRow& node) const;
  std::string evidence(const aggregator::VersionRow& version, const aggregator::NodeRow& node,
                       std::vector<Listed>& listed) const;
  std::string interval(const aggregator::NodeRow& node, const std::vector<Listed>& listed) const;

  const std::vector<Piece>& pieces_;
  const aggregator::Inventory& inventory_;
};

// What an event says, in a few words: "NOTIFY with serial 7, attempt 2", "IXFR completed, incremental 6 to 7, ...".
std::string describe(const decoder::Event& event);

}  // namespace zonelag::cli
