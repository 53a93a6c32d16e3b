#include "record_judge.h"

#include <fmt/format.h>

#include <optional>
#include <variant>

#include "aggregator/partition.h"
#include "aggregator/time_text.h"
#include "proto/codec.h"

namespace zonelag::aggregator {
namespace {

using decoder::Timestamp;

// What is wrong with an event that can be read; none: nothing.
class Judge {
 public:
  explicit Judge(const JudgeRules& rules) : rules_(rules) {}

  std::optional<std::string> look_at(const decoder::Event& event) {
    // PostgreSQL's index of sensors takes no text of any length.
    if (event.sensor_id.size() > kLongestSensorId) {
      reason_ = fmt::format("event: sensor_id: longer than {} bytes", kLongestSensorId);
    }
    time("captured_at", event.captured_at);
    std::visit([this](const auto& body) { look_at(body); }, event.body);
    return std::move(reason_);
  }

 private:
  void look_at(const decoder::Notify& notify) { time_if_known("notify.first_sent", notify.first_sent); }
  void look_at(const decoder::Transfer& transfer) {
    // The day of the first one names the table's partition.
    time_if_known("transfer.first_packet", transfer.first_packet);
    time_if_known("transfer.last_packet", transfer.last_packet);
  }
  void look_at(const decoder::Served& served) {
    if (served.previous_last_seen) time("served.previous_last_seen", *served.previous_last_seen);
  }
  void look_at(const decoder::Stamp& /*stamp*/) {}
  void look_at(const decoder::Status& /*status*/) {}

  void time_if_known(const char* field, Timestamp at) {
    if (at != Timestamp()) time(field, at);
  }
  void time(const char* field, Timestamp at) {
    if (reason_ || (at >= kEarliestEvent && at <= rules_.latest_event)) return;
    const char* wrong = at < kEarliestEvent ? "before 2000" : "in the future";
    reason_ = fmt::format("event: {}: {} is {}", field, rfc3339(at), wrong);
  }

  const JudgeRules& rules_;
  std::optional<std::string> reason_;
};

}  // namespace

Judgement judge(std::string_view value, std::uint32_t partition, const JudgeRules& rules) {
  auto event = proto::decode(value);
  if (!event) return Poison{to_string(event.error())};
  if (auto reason = Judge(rules).look_at(*event)) return Poison{*std::move(reason)};
  if (partition_of(key_hash(event->zone.to_text()), rules.partitions) == partition) return std::move(*event);
  return Stray{std::move(event->zone)};
}

}  // namespace zonelag::aggregator
