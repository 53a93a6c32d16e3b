// What all versions add up to: counts, the worst, the slowest nodes. Private to the room.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "aggregator/report_html.h"
#include "aggregator/rows.h"

namespace zonelag::aggregator::html {

class Overview {
 public:
  explicit Overview(std::uint32_t max_ranked_nodes) : max_nodes_(max_ranked_nodes) {}

  void add(const VersionRow& version);

  void write_summary(std::ostream& out) const;
  void write_slowest(std::ostream& out) const;

  std::uint64_t versions() const { return versions_; }
  std::optional<Timestamp> first() const { return first_; }    // sighting of any version
  std::optional<Timestamp> latest() const { return latest_; }  // live time of any node

 private:
  struct Lags {
    std::uint64_t count = 0;
    double sum = 0;  // ns
    Duration worst{};
  };
  struct Node {
    std::string name;
    std::string loc;
    std::uint64_t versions = 0;
    std::uint64_t last = 0;  // versions that no other secondary got later
    std::uint64_t open = 0;
    std::array<Lags, 3> lags;  // by LagKind
  };
  struct Worst {
    Duration lag{};
    std::string zone;
    Serial serial;
    std::string node;
  };

  void add_node(const NodeRow& node, bool is_last);
  LagKind ranked_by() const;
  std::vector<const Node*> slowest(LagKind kind) const;

  std::uint32_t max_nodes_;
  std::uint64_t versions_ = 0;
  std::uint64_t zones_ = 0;
  std::uint64_t with_open_nodes_ = 0;
  std::uint64_t unranked_ = 0;  // node rows beyond max_nodes_
  std::array<std::uint64_t, 5> verdicts_{};
  std::optional<ZoneName> last_zone_;
  std::optional<Timestamp> first_;
  std::optional<Timestamp> latest_;
  std::optional<Worst> worst_;
  std::map<std::pair<std::string, std::string>, Node> nodes_;  // by hostname and address
};

}  // namespace zonelag::aggregator::html
