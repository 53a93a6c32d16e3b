// The command line of zonelag-traffic: one scenario with its options, checked.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "traffic/axfr.h"
#include "traffic/hostile.h"
#include "traffic/inject.h"
#include "traffic/mix.h"
#include "traffic/notify.h"
#include "traffic/pcap_writer.h"
#include "traffic/send.h"
#include "traffic/transfers.h"

namespace CLI {
class App;
}

namespace zonelag::traffic {

/// What the scenarios have in common, and all of theirs; `chosen` says which one is meant.
struct Options {
  std::string file;        ///< to write; of send: to read
  std::string interface;   ///< to send from in place of writing; of send: always
  double seconds = 0;      ///< sending ends then at the latest; 0: with the packets
  std::string truth_file;  ///< empty: none
  bool micro = false;
  std::uint64_t seed = 1;
  std::int64_t start_seconds = kDefaultStart.time_since_epoch() / std::chrono::seconds{1};
  std::uint16_t vlan = 0;  ///< 0: untagged
  std::uint64_t megabits_per_second = 1000;

  MixOptions mix;
  double mix_period_seconds = 0;
  std::uint32_t mix_lag_milliseconds = 200;
  AxfrOptions axfr;
  TransfersOptions transfers;
  double transfers_spread_seconds = 10;
  HostileOptions hostile;
  NotifyOptions notify;
  SendOptions send;
  bool inject = false;

  using Scenario = std::variant<const MixOptions*, const AxfrOptions*, const TransfersOptions*, const HostileOptions*,
                                const NotifyOptions*, const SendOptions*>;
  Scenario chosen;

  std::chrono::nanoseconds longest() const;
  Precision precision() const { return micro ? Precision::kMicro : Precision::kNano; }
};

/// `options` must outlive the parsing; it is complete after finish_options(), which throws CLI::ValidationError.
void declare_options(CLI::App& app, Options& options);
void finish_options(const CLI::App& app, Options& options);

}  // namespace zonelag::traffic
