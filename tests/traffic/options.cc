#include "options.h"

#include <CLI/CLI.hpp>

namespace zonelag::traffic {
namespace {

using CLI::Range;

constexpr std::uint64_t kMaxPackets = 10'000'000'000;
constexpr std::uint32_t kMaxZones = 1'000'000;
constexpr std::uint32_t kMaxTransfers = 10'000'000;

CLI::Option* add_seconds(CLI::App& app, Options& options) {
  return app.add_option("--seconds", options.seconds, "sending ends then at the latest")
      ->check(Range(0.001, static_cast<double>(kLongestLive.count())));
}

void add_common(CLI::App& app, Options& options) {
  auto* const file = app.add_option("file", options.file, "the pcap file to write; - is stdout");
  auto* const interface =
      app.add_option("--interface", options.interface, "a veth, dummy or loopback interface to send from, instead");
  file->excludes(interface);
  add_seconds(app, options)->needs(interface);
  app.add_option("--seed", options.seed, "equal arguments and seed give equal bytes")->capture_default_str();
  app.add_flag("--micro", options.micro, "time stamps in microseconds instead of nanoseconds");
  app.add_option("--start", options.start_seconds, "capture time of the beginning, in seconds since 1970")
      ->check(Range(std::int64_t{0}, std::int64_t{4'000'000'000}))
      ->capture_default_str();
  app.add_option("--vlan", options.vlan, "ID of an 802.1Q tag on every frame; 0 is none")
      ->check(Range(0, 4094))
      ->capture_default_str();
}

void add_rate(CLI::App& app, Options& options) {
  app.add_option("--rate", options.megabits_per_second, "speed of the network in Mbit/s; sets the capture times")
      ->check(Range(1, 1'000'000))
      ->capture_default_str();
}

void add_truth(CLI::App& app, Options& options, const char* columns) {
  app.add_option("--truth", options.truth_file, std::string{"CSV of what a reader should find: "} + columns);
}

void declare_mix(CLI::App& app, Options& options) {
  CLI::App& mix = *app.add_subcommand("mix", "what a name server's host sends and receives");
  add_common(mix, options);
  add_truth(mix, options, "zone,serial,first_notify_ns,first_answer_ns");
  const auto parse_mix = [&options](const std::string& text) {
    const auto weights = parse_weights(text);
    if (!weights) throw CLI::ValidationError{"--mix", "'" + text + "' is not kind=weight,..."};
    options.mix.weights = *weights;
  };
  mix.add_option("--count", options.mix.packets, "packets")
      ->check(Range(std::uint64_t{1}, kMaxPackets))
      ->capture_default_str();
  mix.add_option("--pps", options.mix.packets_per_second, "packets a second of capture time")
      ->check(Range(1, 1'000'000'000))
      ->capture_default_str();
  mix.add_option_function<std::string>("--mix", parse_mix, "weights of the transactions' kinds")
      ->default_str("answer=62,nxdomain=20,nodata=8,referral=8,soa=1,notify=1");
  mix.add_option("--zones", options.mix.zones, "zones z0.example, z1.example, ...")
      ->check(Range(1U, kMaxZones))
      ->capture_default_str();
  mix.add_option("--templates", options.mix.templates, "distinct packets, at least")
      ->check(Range(2, 1 << 24))
      ->capture_default_str();
  mix.add_option("--v6", options.mix.v6_percent, "percentage over IPv6")->check(Range(0, 100))->capture_default_str();
  mix.add_option("--period", options.mix_period_seconds, "seconds between serials of a zone; 0 is never")
      ->check(Range(0.0, 0.0) | Range(0.001, 1e9))
      ->capture_default_str();
  mix.add_option("--lag-ms", options.mix_lag_milliseconds, "answers follow NOTIFY so much later, +-50 % by zone")
      ->capture_default_str();
}

void add_disturbance(CLI::App& app, Disturbance& disturbance) {
  const auto add = [&app](const char* name, double& percent, const char* text) {
    app.add_option(name, percent, text)->check(Range(0.0, 100.0))->capture_default_str();
  };
  add("--reorder", disturbance.reorder, "percentage of data segments captured late");
  add("--duplicate", disturbance.duplicate, "percentage captured twice");
  add("--overlap", disturbance.overlap, "percentage preceded by a retransmission with other boundaries");
  add("--drop", disturbance.drop, "percentage missing in the capture although acknowledged");
}

void declare_axfr(CLI::App& app, Options& options) {
  CLI::App& axfr = *app.add_subcommand("axfr", "one full zone transfer over TCP");
  AxfrOptions& own = options.axfr;
  add_common(axfr, options);
  add_rate(axfr, options);
  const auto parse_zone = [&own](const std::string& text) {
    constexpr std::size_t kLongest = 200;  // leaves room for the names in the zone
    const auto zone = Name::parse(text);
    if (!zone || zone->wire().size() > kLongest)
      throw CLI::ValidationError{"--zone", "'" + text + "' is not a usable name"};
    own.zone = *zone;
    own.zone_text = text;
  };
  axfr.add_option_function<std::string>("--zone", parse_zone, "the zone's name")->default_str("example");
  axfr.add_option("--serial", own.serial, "of the SOA record")->capture_default_str();
  axfr.add_option("--records", own.records, "with both SOA records")
      ->check(Range(std::uint64_t{2}, kMaxPackets))
      ->capture_default_str();
  axfr.add_option("--messages-size", own.message_size, "bytes of a DNS message at most")
      ->check(Range(1536, 65535))
      ->capture_default_str();
  const auto parse_question = [&own](const std::string& text) {
    own.question = text == "first" ? QuestionIn::kFirst : QuestionIn::kAll;
  };
  axfr.add_option_function<std::string>("--question", parse_question, "which messages have a question: all or first")
      ->check(CLI::IsMember({"all", "first"}))
      ->default_str("all");
  axfr.add_flag("--tsig", own.tsig, "a TSIG record (of random content) in every message");
  axfr.add_flag("--v6", own.v6, "over IPv6");
  axfr.add_option("--segment", own.segment, "bytes of a TCP segment: 1448, or 65160 as offloading shows them")
      ->check(Range(1, 65160))
      ->capture_default_str();
  axfr.add_option("--start-seq", own.start_seq, "sequence number of the server's first data byte (default: random)")
      ->check(Range(std::uint64_t{0}, std::uint64_t{UINT32_MAX}));
  add_disturbance(axfr, own.disturbance);
}

void declare_transfers(CLI::App& app, Options& options) {
  CLI::App& transfers = *app.add_subcommand("transfers", "very many zone transfers open at the same time");
  TransfersOptions& own = options.transfers;
  add_common(transfers, options);
  add_rate(transfers, options);
  add_truth(transfers, options, "zone,serial,asked_ns,completed_ns");
  transfers.add_option("--open", own.open, "transfers of zones t0.example, t1.example, ...")
      ->check(Range(1U, kMaxTransfers))
      ->capture_default_str();
  transfers.add_option("--interleave", own.interleave, "transfers on each connection, told apart by message ID")
      ->check(Range(1, 65536))
      ->capture_default_str();
  transfers.add_option("--records", own.records, "in each of the three messages of a transfer")
      ->check(Range(2, 2000))
      ->capture_default_str();
  transfers.add_option("--v6", own.v6_percent, "percentage over IPv6")->check(Range(0, 100))->capture_default_str();
  transfers
      .add_option("--spread", options.transfers_spread_seconds, "seconds over which the connections open (and finish)")
      ->check(Range(0.0, 1e6))
      ->capture_default_str();
  transfers.add_flag("--finish", own.finish, "complete them all in the end");
}

void declare_hostile(CLI::App& app, Options& options) {
  CLI::App& hostile = *app.add_subcommand("hostile", "what nobody should send, in a valid file");
  add_common(hostile, options);
  add_rate(hostile, options);
  hostile.add_option("--count", options.hostile.packets, "packets, at least")
      ->check(Range(std::uint64_t{1}, kMaxPackets))
      ->capture_default_str();
  const auto parse_kinds = [&options](const std::vector<std::string>& names) {
    options.hostile.kinds.clear();
    for (const std::string& name : names) {
      const auto kind = parse_hostile_kind(name);
      if (!kind) throw CLI::ValidationError{"--kinds", "'" + name + "' is not one of link, fragment, tcp, stream, dns"};
      options.hostile.kinds.push_back(*kind);
    }
  };
  hostile
      .add_option_function<std::vector<std::string>>("--kinds", parse_kinds,
                                                     "some of link,fragment,tcp,stream,dns (default: all)")
      ->delimiter(',');
}

void declare_notify(CLI::App& app, Options& options) {
  CLI::App& notify = *app.add_subcommand("notify", "NOTIFY requests, each with a new serial: one event each");
  NotifyOptions& own = options.notify;
  add_common(notify, options);
  notify.add_option("--count", own.packets, "packets")
      ->check(Range(std::uint64_t{1}, kMaxPackets))
      ->capture_default_str();
  notify.add_option("--pps", own.packets_per_second, "packets a second")
      ->check(Range(1, 1'000'000'000))
      ->capture_default_str();
  notify.add_option("--zones", own.zones, "zones z0.example, z1.example, ..., each in turn")
      ->check(Range(1U, kMaxZones))
      ->capture_default_str();
  notify.add_option("--first-serial", own.first_serial, "of every zone; then one more each time")
      ->capture_default_str();
}

void declare_send(CLI::App& app, Options& options) {
  CLI::App& send = *app.add_subcommand("send", "the frames of a file, sent live, again and again");
  send.add_option("file", options.file, "pcap file, Ethernet, as the other scenarios write it")->required();
  send.add_option("--interface", options.interface, "a veth, dummy or loopback interface")->required();
  const auto parse_method = [&options](const std::string& text) { options.inject = text == "inject"; };
  send.add_option_function<std::string>("--method", parse_method,
                                        "mmsg: out of the interface; inject: as if it had received them")
      ->check(CLI::IsMember({"mmsg", "inject"}))
      ->default_str("mmsg");
  send.add_option("--count", options.send.packets, "packets (default: the file once, or as many as --seconds allow)")
      ->check(Range(std::uint64_t{1}, kMaxPackets));
  send.add_option("--pps", options.send.packets_per_second, "packets a second; 0 is as fast as it can")
      ->check(Range(0, 100'000'000))
      ->capture_default_str();
  add_seconds(send, options);
}

Duration to_duration(double value) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>{value});
}

/// Said how long, but not how much: as much as there is time for.
void finish_counts(const CLI::App& app, Options& options) {
  if (options.seconds == 0) return;
  const auto unlimited = [&](const char* scenario, std::uint64_t& packets) {
    if (app.get_subcommand(scenario)->count("--count") == 0) packets = kMaxPackets;
  };
  unlimited("mix", options.mix.packets);
  unlimited("hostile", options.hostile.packets);
  unlimited("notify", options.notify.packets);
  unlimited("send", options.send.packets);
}

/// Sent packets have the times at which they are sent, so far as truth is concerned.
Time start_of(const Options& options) {
  if (!options.interface.empty()) return std::chrono::system_clock::now();
  return Time{std::chrono::seconds{options.start_seconds}};
}

}  // namespace

std::chrono::nanoseconds Options::longest() const { return seconds == 0 ? kLongestLive : to_duration(seconds); }

void declare_options(CLI::App& app, Options& options) {
  app.require_subcommand(1);
  declare_mix(app, options);
  declare_axfr(app, options);
  declare_transfers(app, options);
  declare_hostile(app, options);
  declare_notify(app, options);
  declare_send(app, options);
}

void finish_options(const CLI::App& app, Options& options) {
  if (options.file.empty() && options.interface.empty())
    throw CLI::ValidationError{"file", "a file to write, or --interface to send from, is required"};
  finish_counts(app, options);
  const Time start = start_of(options);
  const Duration tick{options.micro ? 1000 : 1};
  const Link link{options.vlan == 0 ? std::nullopt : std::optional{options.vlan}};
  options.mix.seed = options.axfr.seed = options.transfers.seed = options.hostile.seed = options.seed;
  options.notify.seed = options.seed;
  options.mix.start = options.notify.start = start;
  options.mix.tick = tick;
  options.mix.link = options.notify.link = link;
  options.mix.period = to_duration(options.mix_period_seconds);
  options.mix.lag = std::chrono::milliseconds{options.mix_lag_milliseconds};
  options.axfr.wire = options.transfers.wire = options.hostile.wire = {start, link, options.megabits_per_second, tick};
  options.transfers.spread =
      std::chrono::round<std::chrono::milliseconds>(to_duration(options.transfers_spread_seconds));
  if (app.got_subcommand("mix")) options.chosen = &options.mix;
  if (app.got_subcommand("axfr")) options.chosen = &options.axfr;
  if (app.got_subcommand("transfers")) options.chosen = &options.transfers;
  if (app.got_subcommand("hostile")) options.chosen = &options.hostile;
  if (app.got_subcommand("notify")) options.chosen = &options.notify;
  if (app.got_subcommand("send")) options.chosen = &options.send;
}

}  // namespace zonelag::traffic
