// The table's part on what is captured and looked at.
#include <array>

#include "capture_text.h"
#include "service/setting_kinds.h"
#include "settings.h"

namespace zonelag::sensor {
namespace {

using decoder::DecoderLimits;
using decoder::DnsLimits;
using decoder::FrameLimits;
using decoder::IpAddress;
using decoder::Signals;
using decoder::TcpLimits;
using service::boolean;
using service::choice;
using service::duration;
using service::field;
using service::kAsItIs;
using service::list;
using service::number;
using service::parse_number;
using service::Parsed;
using service::reloadable;
using service::size;
using service::text;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<std::string_view, 2> kSources{"pcap", "dpdk"};
constexpr std::array<std::string_view, 3> kDeduplicate{"auto", "always", "never"};
constexpr std::uint64_t kMiB = 1U << 20;
constexpr std::uint64_t kGiB = 1U << 30;
constexpr std::uint64_t kMostEntries = 1U << 26;

Parsed<IpAddress> parse_address(std::string_view text) {
  if (const auto address = IpAddress::parse(text)) return *address;
  return std::unexpected(fmt::format("'{}' is no address", text));
}

Parsed<std::uint64_t> parse_port(std::string_view text) { return parse_number(text, {1, 65'535}); }

template <typename Field>
Setting addresses(std::string_view key, std::string_view help, Field field) {
  return list(key, "ADDRESS", help, field, parse_address, [](const IpAddress& address) { return address.to_string(); });
}

Setting ports() {
  Setting setting =
      list("capture.ports", "PORT", "DNS ports, of UDP and TCP", field(&SensorConfig::live, &LiveConfig::ports),
           parse_port, [](std::uint16_t port) { return fmt::to_string(port); });
  setting.shape = service::Shape::numbers;
  return setting;
}

void add_sensor(std::vector<Setting>& table) {
  table.push_back(
      text("sensor.id", "NAME", "name of this sensor in its events; empty: the host's name", field(&SensorConfig::id)));
  table.push_back(text("sensor.node", "HOST",
                       "hostname in the inventory of the node that is captured at; empty: the sensor's id, at a mirror "
                       "port none",
                       field(&SensorConfig::node)));
  table.push_back(reloadable(
      duration("sensor.heartbeat", "between status events", field(&SensorConfig::heartbeat), {seconds(1), hours(1)})));
}

void add_capture(std::vector<Setting>& table) {
  table.push_back(choice("capture.source", "SOURCE", "pcap, or dpdk for a mirror port of its own (see DPDK)",
                         field(&SensorConfig::source), kSources));
  table.push_back(list("capture.interfaces", "NAME", "interfaces to capture on, or any alone",
                       field(&SensorConfig::live, &LiveConfig::interfaces), parse_interface, kAsItIs));
  table.push_back(number("capture.workers", "threads, each with its share of every interface's flows",
                         field(&SensorConfig::live, &LiveConfig::workers), {1, 64}));
  table.push_back(size("capture.ring", "kernel's buffer of each interface, shared out among the workers",
                       field(&SensorConfig::live, &LiveConfig::ring_bytes), {kMiB, 4 * kGiB}));
  table.push_back(duration("capture.block_timeout",
                           "the kernel hands over what it has at least so often; 10ms to 50ms are sensible",
                           field(&SensorConfig::live, &LiveConfig::block_timeout), {milliseconds(1), seconds(1)}));
  table.push_back(size("capture.snap_length", "of a packet at most so much is captured",
                       field(&SensorConfig::live, &LiveConfig::snap_length), {96, 262'144}));
  table.push_back(ports());
  table.push_back(text("capture.filter", "FILTER", "only packets that this filter of pcap-filter(7) passes, too",
                       field(&SensorConfig::live, &LiveConfig::filter)));
  table.push_back(boolean("capture.mirror",
                          "the interfaces are a switch's mirror port: promiscuous mode, packets between other hosts",
                          field(&SensorConfig::live, &LiveConfig::mirror)));
  table.push_back(choice("capture.deduplicate", "WHEN",
                         "count a packet that comes twice once: auto (at a mirror port, with several interfaces, with "
                         "any), always or never",
                         field(&SensorConfig::deduplicate), kDeduplicate));
  table.push_back(reloadable(addresses("capture.addresses", "of this host, besides those that the kernel knows",
                                       field(&SensorConfig::addresses))));
  table.push_back(reloadable(addresses("capture.servers",
                                       "name servers whose answers count as served, besides the host's own addresses",
                                       field(&SensorConfig::signals, &Signals::servers))));
}

void add_signals(std::vector<Setting>& table) {
  table.push_back(
      reloadable(boolean("signals.notify", "report NOTIFY messages", field(&SensorConfig::signals, &Signals::notify))));
  table.push_back(reloadable(
      boolean("signals.transfer", "report zone transfers", field(&SensorConfig::signals, &Signals::transfer))));
  table.push_back(reloadable(boolean("signals.served", "report changes of the serial in authoritative answers",
                                     field(&SensorConfig::signals, &Signals::served))));
  table.push_back(reloadable(list("signals.stamps", "OWNER[=ZONE]",
                                  "report changes of this TXT record; without ZONE the zone is OWNER without its first "
                                  "label",
                                  field(&SensorConfig::signals, &Signals::stamps), parse_stamp, show_stamp)));
}

template <typename Limits, typename Member>
auto limit(Limits DecoderLimits::* part, Member member) {
  return field(&SensorConfig::limits, part, member);
}

void add_limits(std::vector<Setting>& table) {
  const auto entries = [&table](std::string_view key, std::string_view help, auto where) {
    table.push_back(number(key, help, where, {1, kMostEntries}));
  };
  const auto memory = [&table](std::string_view key, std::string_view help, auto where) {
    table.push_back(size(key, help, where, {kMiB / 16, 64 * kGiB}));
  };
  entries("limits.served", "pairs of server address and zone of each worker",
          limit(&DecoderLimits::dns, &DnsLimits::max_served));
  entries("limits.notify_pairs", "NOTIFY senders, targets and zones of each worker",
          limit(&DecoderLimits::dns, &DnsLimits::max_notify_pairs));
  entries("limits.interests", "pairs of primary and secondary between which a transfer is due, of each worker",
          limit(&DecoderLimits::dns, &DnsLimits::max_interests));
  entries("limits.transfers", "open transfers over TCP of each worker",
          limit(&DecoderLimits::dns, &DnsLimits::max_transfers));
  entries("limits.udp_transfers", "open transfers over UDP of each worker",
          limit(&DecoderLimits::dns, &DnsLimits::max_udp_transfers));
  entries("limits.connections", "TCP connections of each worker",
          limit(&DecoderLimits::tcp, &TcpLimits::max_connections));
  memory("limits.held_memory", "TCP data that waits for what is missing before it, of each worker",
         limit(&DecoderLimits::tcp, &TcpLimits::max_held_bytes));
  memory("limits.message_memory", "incomplete DNS messages over TCP of each worker",
         limit(&DecoderLimits::dns, &DnsLimits::max_held_bytes));
  entries("limits.fragments", "datagrams that wait for fragments of each worker",
          limit(&DecoderLimits::frame, &FrameLimits::max_datagrams_in_reassembly));
  memory("limits.fragment_memory", "fragments that wait, of each worker",
         limit(&DecoderLimits::frame, &FrameLimits::max_fragment_bytes));
}

}  // namespace

void add_capture_settings(std::vector<Setting>& table) {
  add_sensor(table);
  add_capture(table);
  add_signals(table);
  add_limits(table);
}

}  // namespace zonelag::sensor
