#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <vector>

#include "aggregator/join.h"
#include "commands.h"
#include "exit_code.h"
#include "explanation.h"
#include "output.h"
#include "service/command_line/usage.h"
#include "session.h"

namespace zonelag::cli {
namespace {

using aggregator::NodeRow;
using aggregator::VersionRow;
using service::UsageError;

constexpr std::size_t kMaxPieces = 1'000'000;                   // of one zone; more are joined, but not listed
constexpr std::size_t kMaxMessageBytes = std::size_t{1} << 28;  // of all pieces; more are listed without
constexpr std::size_t kHeldForMessages = std::size_t{1} << 30;  // -v holds every message until it is whole
constexpr std::size_t kCutAbove = 60;                           // lines of a message with -v
constexpr std::size_t kNamed = 8;                               // serials or nodes in a complaint

// The events of one zone, to the join and kept.
class Collector final : public sensor::EventConsumer {
 public:
  Collector(const aggregator::Inventory& inventory, decoder::ZoneName zone, bool messages)
      : join_(inventory), zone_(std::move(zone)), messages_(messages) {}

  void event(decoder::Event&& event, decoder::Bytes message) override {
    if (event.zone != zone_) return;
    join_.consume(event);
    if (pieces_.size() == kMaxPieces) {
      ++left_out_;
      return;
    }
    pieces_.push_back({event, {}});
    if (!messages_ || message.empty()) return;
    if (message.size() > kMaxMessageBytes - message_bytes_) {
      ++without_message_;
      return;
    }
    message_bytes_ += message.size();
    pieces_.back().message.assign(message.begin(), message.end());
  }

  void sort() {
    // By capture and packet too, so that the order in which captures were given makes no difference.
    std::ranges::stable_sort(pieces_, {}, [](const Piece& piece) {
      return std::tuple(piece.event.captured_at, std::string_view(piece.event.sensor_id), piece.event.sequence);
    });
  }
  const aggregator::Join& join() const { return join_; }
  const std::vector<Piece>& pieces() const { return pieces_; }

  void tell_limits() const {
    if (left_out_ > 0) complain(fmt::format("{} later events of the zone are not listed", left_out_));
    if (without_message_ > 0)
      complain(fmt::format("{} later events are listed without their message", without_message_));
  }

 private:
  aggregator::Join join_;
  decoder::ZoneName zone_;
  bool messages_;
  std::vector<Piece> pieces_;
  std::size_t message_bytes_ = 0;
  std::size_t left_out_ = 0;
  std::size_t without_message_ = 0;
};

bool is_asked_for(const ExplainOptions& options, const NodeRow& node) {
  if (options.node.empty() || options.node == node.hostname || options.node == node.srcip) return true;
  const auto address = decoder::IpAddress::parse(options.node);
  return address && address->to_string() == node.srcip;
}

// What there was to explain, for somebody who asked for what there was not.
struct Found {
  std::size_t rows = 0;  // explained
  std::vector<std::string> serials;
  std::set<std::string> nodes;  // of the serials that were asked for
};

Found print(const ExplainOptions& options, const Collector& collector, const decoder::ZoneName& zone,
            const aggregator::Inventory& inventory, Output& output) {
  const std::size_t most_lines = options.verbosity > 1 ? std::numeric_limits<std::size_t>::max() : kCutAbove;
  const Explanation explanation(collector.pieces(), inventory, most_lines);
  Found found;
  collector.join().for_each_version_of(zone, [&](const VersionRow& version) {
    found.serials.push_back(std::to_string(version.serial.value()));
    if (options.serial && version.serial.value() != *options.serial) return;
    for (const NodeRow& node : version.nodes) {
      found.nodes.insert(node.hostname.empty() ? node.srcip : node.hostname);
      if (!is_asked_for(options, node)) continue;
      if (found.rows++ > 0) output.line("");
      output.write(explanation.of(version, node));
    }
  });
  return found;
}

template <typename Names>
std::string some_of(const Names& names) {
  auto end = names.begin();
  std::advance(end, static_cast<std::ptrdiff_t>(std::min(names.size(), kNamed)));
  const std::string more = names.size() > kNamed ? fmt::format(" and {} more", names.size() - kNamed) : "";
  return fmt::format("{}{}", fmt::join(names.begin(), end, ", "), more);
}

std::string nothing_found(const ExplainOptions& options, const std::string& zone, const Found& found) {
  if (found.serials.empty()) return fmt::format("the captures show no version of {}", zone);
  if (options.serial && found.nodes.empty()) {
    return fmt::format("the captures show no version {} of {}; there are: {}", *options.serial, zone,
                       some_of(found.serials));
  }
  return fmt::format("the captures show no node '{}' for {}; there are: {}", options.node, zone, some_of(found.nodes));
}

}  // namespace

int explain(const ExplainOptions& options, Interrupt& interrupt) {
  const auto zone = decoder::ZoneName::parse(options.zone);
  if (!zone) throw UsageError(fmt::format("--zone: '{}' is no domain name", options.zone));
  const auto inventory = open_inventory(options.input);
  if (!inventory) {
    complain(inventory.error());
    return kExitFailed;
  }
  Collector collector(*inventory, *zone, options.verbosity > 0);
  decoder::DecoderLimits limits;
  limits.dns.keep_messages = options.verbosity > 0;
  if (limits.dns.keep_messages) limits.dns.max_held_bytes = kHeldForMessages;
  auto session = Session::open(options.input, *inventory, limits, collector);
  if (!session) {
    complain(session.error());
    return kExitFailed;
  }
  std::stop_source stop;
  const ReadResult read = session->read(interrupt, stop);
  collector.sort();

  Output output;
  const Found found = print(options, collector, *zone, *inventory, output);
  collector.tell_limits();
  if (!output.finish()) return kExitFailed;
  if (found.rows > 0) return read.exit_code;
  complain(nothing_found(options, zone->to_text(), found));
  return kExitFailed;
}

}  // namespace zonelag::cli
