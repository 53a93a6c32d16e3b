#include "report_rows.h"

#include <array>
#include <charconv>
#include <limits>

namespace zonelag::aggregator {
namespace {

using decoder::TransferFailure;
using decoder::TransferForm;
using decoder::TransferPhase;
using decoder::TransferQuery;

// The enumerator that `text` names, from the first to `last`; `otherwise` where none does.
template <typename Enum>
Enum named(std::string_view text, Enum last, Enum otherwise) {
  for (int value = 0; value <= static_cast<int>(last); ++value) {
    if (text == to_string(static_cast<Enum>(value))) return static_cast<Enum>(value);
  }
  return otherwise;
}

Role role_of(std::string_view text) { return named(text, Role::secondary, Role::unknown); }

std::optional<Serial> serial_of(const std::optional<std::int64_t>& number) {
  if (!number || *number < 0 || *number > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return Serial(static_cast<std::uint32_t>(*number));
}

std::vector<Role> roles_of(const std::vector<std::string>& names) {
  std::vector<Role> roles;
  for (const std::string& name : names) roles.push_back(role_of(name));
  return roles;
}

std::uint32_t count_of(Fields& fields) { return static_cast<std::uint32_t>(fields.number_or(0)); }

void read_lags(Fields& fields, VersionRow& row) {
  row.delta1 = fields.duration_us();
  row.delta2 = fields.duration_us();
  row.delta3.min = fields.duration_us();
  row.delta3.median = fields.duration_us();
  row.delta3.p90 = fields.duration_us();
  row.delta3.max = fields.duration_us();
  row.incoming_lag.min = fields.duration_us();
  row.incoming_lag.median = fields.duration_us();
  row.incoming_lag.p90 = fields.duration_us();
  row.incoming_lag.max = fields.duration_us();
  row.incoming_lag.avg = fields.duration_us();
  row.delta3.avg = fields.duration_us();
}

NodeRow read_node(Fields& fields, const VersionRow& version) {
  NodeRow row;
  row.zone = version.zone;
  row.serial = version.serial;
  row.hostname = fields.text();
  row.loc = fields.text();
  row.dsc_name = fields.text();
  row.role = role_of(fields.text());
  row.status = named(fields.text(), NodeStatus::disabled, NodeStatus::production);
  row.srcip = fields.text();
  row.basis = named(fields.text(), Basis::received, Basis::none);
  row.superseded_by = serial_of(fields.number());
  row.live_at = fields.time_us();
  row.not_before = fields.time_us();
  row.received_at = fields.time_us();
  row.announced_at = fields.time_us();
  row.offered_at = fields.time_us();
  row.served_at = fields.time_us();
  row.customer_lag = fields.duration_us();
  row.incoming_lag = fields.duration_us();
  row.distribution_lag = fields.duration_us();
  row.clock_error = fields.duration_us();
  row.unknown_references = roles_of(fields.list());
  return row;
}

std::vector<std::int64_t> numbers_of(const std::vector<std::string>& texts) {
  std::vector<std::int64_t> numbers;
  for (const std::string& text : texts) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    numbers.push_back(value);
  }
  return numbers;
}

StoredFact fact_of(Timestamp time, const std::optional<std::int64_t>& sensor, std::optional<Duration> clock_error,
                   const SensorNamesById& sensors) {
  StoredFact fact{.time = time, .sensor = {}, .clock_error = clock_error};
  if (const auto name = sensors.find(sensor.value_or(-1)); name != sensors.end()) fact.sensor = name->second;
  return fact;
}

}  // namespace

std::optional<VersionFields> read_version(Fields& fields) {
  VersionFields result;
  VersionRow& row = result.version;
  const auto zone = ZoneName::parse(fields.text());
  const auto serial = serial_of(fields.number());
  if (!zone || !serial) return std::nullopt;
  row.zone = *zone;
  row.serial = *serial;
  row.first_seen = fields.time_ns().value_or(Timestamp::min());
  read_lags(fields, row);
  row.ns_count = count_of(fields);
  row.ns_expected = count_of(fields);
  row.ns_open = count_of(fields);
  row.verdict = named(fields.text(), Verdict::undecidable, Verdict::none);
  row.policy = fields.text();
  result.known_roles = roles_of(fields.list());
  NodeRow node = read_node(fields, row);
  if (!node.hostname.empty() || !node.srcip.empty()) result.node = std::move(node);
  return result;
}

std::optional<decoder::Event> read_transfer(Fields& fields) {
  decoder::Event event;
  decoder::Transfer transfer;
  const auto port = [&fields] { return static_cast<std::uint16_t>(fields.number_or(0)); };
  const auto zone = ZoneName::parse(fields.text());
  const auto server = decoder::IpAddress::parse(fields.text());
  event.source.port = port();
  const auto client = decoder::IpAddress::parse(fields.text());
  event.destination.port = port();
  if (!zone || !server || !client) return std::nullopt;
  event.zone = *zone;
  event.source.address = *server;
  event.destination.address = *client;
  event.transport = named(fields.text(), decoder::Transport::tcp, decoder::Transport::tcp);
  transfer.message_id = port();
  transfer.asked = named(fields.text(), TransferQuery::ixfr, TransferQuery::unknown);
  transfer.got = named(fields.text(), TransferForm::lone_soa, TransferForm::none);
  transfer.client_serial = serial_of(fields.number());
  transfer.first_serial = transfer.last_serial = serial_of(fields.number());
  transfer.first_packet = event.captured_at = fields.time_ns().value_or(Timestamp::min());
  transfer.last_packet = fields.time_ns().value_or(transfer.first_packet);
  transfer.messages = static_cast<std::uint64_t>(fields.number_or(0));
  transfer.records = static_cast<std::uint64_t>(fields.number_or(0));
  transfer.bytes = static_cast<std::uint64_t>(fields.number_or(0));
  transfer.phase = named(fields.text(), TransferPhase::failed, TransferPhase::started);
  transfer.failure = named(fields.text(), TransferFailure::truncated, TransferFailure::none);
  transfer.rcode = static_cast<std::uint8_t>(fields.number_or(0));
  event.body = transfer;
  return event;
}

std::optional<JudgedRow> read_verdict(Fields& fields) {
  JudgedRow row;
  row.policy = fields.text();
  row.version.verdict = named(fields.text(), Verdict::undecidable, Verdict::none);
  row.version.figure = fields.duration_us();
  const auto zone = ZoneName::parse(fields.text());
  const auto serial = serial_of(fields.number());
  if (!zone || !serial) return std::nullopt;
  row.version.zone = *zone;
  row.version.serial = *serial;
  row.version.first_seen = fields.time_ns().value_or(Timestamp::min());
  row.accounts = fields.list();
  return row;
}

std::optional<EvidenceFields> read_evidence(Fields& fields, const SensorNamesById& sensors) {
  EvidenceFields result;
  const auto zone = ZoneName::parse(fields.text());
  const auto serial = serial_of(fields.number());
  if (!zone || !serial) return std::nullopt;
  result.version.serial = result.row.serial = *serial;
  result.row.zone = *zone;
  result.version.first_seen = fields.time_ns().value_or(Timestamp::min());
  result.version.last_evidence = fields.time_ns().value_or(Timestamp::min());
  result.version.day = Day(std::chrono::days(fields.number_or(0)));
  result.version.inventory = static_cast<std::uint64_t>(fields.number_or(0));
  result.row.hostname = fields.text();
  result.row.srcip = fields.text();
  result.row.receptions = static_cast<std::uint8_t>(fields.number_or(0));
  for (auto& fact : result.row.facts) {
    const auto time = fields.time_ns();
    const auto sensor = fields.number();
    const auto error = fields.duration_us();
    if (time) fact = fact_of(*time, sensor, error, sensors);
  }
  const auto times = numbers_of(fields.list());
  const auto serials = numbers_of(fields.list());
  for (std::size_t i = 0; i < times.size() && i < serials.size(); ++i) {
    if (const auto lower = serial_of(serials[i]))
      result.row.lowers.push_back({Timestamp(std::chrono::nanoseconds(times[i])), *lower});
  }
  return result;
}

}  // namespace zonelag::aggregator
