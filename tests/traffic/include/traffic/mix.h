// Scenario: what goes in and out of an authoritative name server's host.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "traffic/frame.h"
#include "traffic/packet_sink.h"
#include "traffic/progress.h"
#include "traffic/summary.h"

namespace zonelag::traffic {

/// Transactions of each kind, as weights. A transaction is a request and its response.
struct MixWeights {
  std::uint32_t answer = 62;
  std::uint32_t nxdomain = 20;
  std::uint32_t nodata = 8;
  std::uint32_t referral = 8;
  std::uint32_t soa = 1;
  std::uint32_t notify = 1;
};

struct MixOptions {
  std::uint64_t seed = 1;
  Time start = kDefaultStart;
  Duration tick{1};  ///< truth times are rounded down to it, as the file's time stamps are
  Link link;
  std::uint64_t packets = 1'000'000;
  std::uint64_t packets_per_second = 100'000;
  MixWeights weights;
  std::uint32_t zones = 64;
  std::uint32_t templates = 4096;  ///< distinct packets, at least; each class has all zones
  std::uint32_t v6_percent = 0;
  Duration period{0};                  ///< each zone gets a new serial so often; 0 = never
  std::chrono::milliseconds lag{200};  ///< answers have a new serial so much later than NOTIFY, +-50 % by zone
};

/// A version, and when a packet with it went first. Times are 0 when none did.
struct MixTruth {
  std::uint32_t zone = 0;  ///< of z<zone>.example
  std::uint32_t serial = 0;
  Time first_notify{};
  Time first_answer{};
};

struct MixResult {
  Summary summary;
  std::vector<MixTruth> truth;  ///< by zone, then serial
};

MixResult write_mix(const MixOptions& options, PacketSink& sink, Progress& progress);

/// "answer=62,nxdomain=20,...": kinds left out weigh 0. Nothing when a kind or a number is wrong or the sum is 0.
std::optional<MixWeights> parse_weights(std::string_view text);

/// CSV with a head line: zone,serial,first_notify_ns,first_answer_ns.
std::string truth_csv(const std::vector<MixTruth>& truth);

}  // namespace zonelag::traffic
