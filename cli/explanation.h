// The text of `zonelag explain`: every piece of evidence behind a row, then the conclusion step by step.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "aggregator/claim.h"
#include "aggregator/inventory.h"
#include "aggregator/rows.h"
#include "decoder/event.h"

namespace zonelag::cli {

struct Piece {
  decoder::Event event;
  std::vector<std::byte> message;  // empty: not asked for, or not held
};

class Explanation {
 public:
  // `pieces` are all events of the zone in the order of capture time; both must outlive this. A piece's message is
  // cut to `most_lines`.
  Explanation(const std::vector<Piece>& pieces, const aggregator::Inventory& inventory, std::size_t most_lines)
      : pieces_(pieces), inventory_(inventory), most_lines_(most_lines) {}

  // One node's row of the version.
  std::string of(const aggregator::VersionRow& version, const aggregator::NodeRow& node) const;

 private:
  struct Row {
    const aggregator::VersionRow& version;
    const aggregator::NodeRow& node;
  };
  struct Listed {
    const Piece* piece = nullptr;
    std::string why;
  };
  // What the lower end of the interval rests on.
  struct Lower {
    const Piece* piece = nullptr;
    std::string reason;
  };

  std::string node_of(const decoder::Event& event, const decoder::Endpoint& endpoint) const;
  std::optional<aggregator::Claim> claim_of(const Piece& piece, const Row& row) const;
  Lower lower_of(const Row& row) const;
  std::string remark(const Piece& piece, const Row& row) const;
  std::vector<Listed> listed(const Row& row, const Lower& lower) const;
  std::string evidence(const std::vector<Listed>& listed) const;
  std::string upper_end(const Row& row, const std::vector<Listed>& listed) const;
  std::string lower_end(const Row& row, const Lower& lower, const std::vector<Listed>& listed) const;

  const std::vector<Piece>& pieces_;
  const aggregator::Inventory& inventory_;
  std::size_t most_lines_;
};

}  // namespace zonelag::cli
