#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "aggregator/join.h"
#include "commands.h"
#include "dns_text.h"
#include "exit_code.h"
#include "explanation.h"
#include "output.h"
#include "session.h"

namespace zonelag::cli {
namespace {

using aggregator::NodeRow;
using aggregator::VersionRow;

constexpr std::size_t kMaxPieces = 1'000'000;                   // of one zone; more are joined, but not listed
constexpr std::size_t kHeldForMessages = std::size_t{1} << 30;  // -v holds every message until it is whole

// The events of one zone, to the join and kept.
class Collector final : public sensor::EventConsumer {
 public:
  Collector(const aggregator::Inventory& inventory, decoder::ZoneName zone, bool messages)
      : join_(inventory), zone_(std::move(zone)), messages_(messages) {}

  void event(const decoder::Event& event, decoder::Bytes message) override {
    if (event.zone != zone_) return;
    join_.consume(event);
    if (pieces_.size() == kMaxPieces) {
      ++left_out_;
      return;
    }
    pieces_.push_back({event, messages_ && !message.empty() ? dns_text(message) : std::string()});
  }

  void sort() {
    std::ranges::stable_sort(pieces_, {}, [](const Piece& piece) { return piece.event.captured_at; });
  }
  const aggregator::Join& join() const { return join_; }
  const std::vector<Piece>& pieces() const { return pieces_; }
  std::size_t left_out() const { return left_out_; }

 private:
  aggregator::Join join_;
  decoder::ZoneName zone_;
  bool messages_;
  std::vector<Piece> pieces_;
  std::size_t left_out_ = 0;
};

bool is_asked_for(const ExplainOptions& options, const NodeRow& node) {
  if (options.node.empty() || options.node == node.hostname || options.node == node.srcip) return true;
  const auto address = decoder::IpAddress::parse(options.node);
  return address && address->to_string() == node.srcip;
}

// How many rows were explained.
std::size_t print(const ExplainOptions& options, const Collector& collector, const decoder::ZoneName& zone,
                  const aggregator::Inventory& inventory, Output& output) {
  const Explanation explanation(collector.pieces(), inventory);
  std::size_t rows = 0;
  collector.join().for_each_version_of(zone, [&](const VersionRow& version) {
    if (options.serial && version.serial.value() != *options.serial) return;
    for (const NodeRow& node : version.nodes) {
      if (!is_asked_for(options, node)) continue;
      if (rows++ > 0) output.line("");
      output.write(explanation.of(version, node));
    }
  });
  return rows;
}

}  // namespace

int explain(const ExplainOptions& options, const Interrupt& interrupt) {
  const auto inventory = open_inventory(options.input);
  if (!inventory) {
    complain(inventory.error());
    return kExitFailed;
  }
  const auto zone = decoder::ZoneName::parse(options.zone);
  if (!zone) {
    complain(fmt::format("--zone '{}' is not a domain name", options.zone));
    return kExitFailed;
  }
  Collector collector(*inventory, *zone, options.messages);
  decoder::DecoderLimits limits;
  limits.dns.keep_messages = options.messages;
  if (options.messages) limits.dns.max_held_bytes = kHeldForMessages;
  const auto read = read_captures(options.input, *inventory, limits, collector, interrupt, false);
  if (!read) return kExitFailed;
  collector.sort();

  Output output;
  const std::size_t rows = print(options, collector, *zone, *inventory, output);
  if (collector.left_out() > 0)
    complain(fmt::format("{} later events of the zone are not listed", collector.left_out()));
  if (!output.finish()) return kExitFailed;
  if (rows == 0) {
    complain(fmt::format("nothing in the captures about {}{}{}", zone->to_text(),
                         options.serial ? fmt::format(" {}", *options.serial) : "",
                         options.node.empty() ? "" : " at " + options.node));
    return kExitFailed;
  }
  return read->exit_code;
}

}  // namespace zonelag::cli
