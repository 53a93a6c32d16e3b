// Scenario: very many zone transfers open at the same time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "traffic/progress.h"
#include "traffic/summary.h"
#include "traffic/wire.h"

namespace zonelag::traffic {

struct TransfersOptions {
  std::uint64_t seed = 1;
  WireOptions wire;
  std::uint32_t open = 100'000;
  std::uint32_t interleave = 1;  ///< transfers on each connection, told apart by message ID
  std::uint32_t records = 6;     ///< in each of the three messages of a transfer
  std::uint32_t v6_percent = 0;
  std::chrono::milliseconds spread{10'000};  ///< the connections open over so much time
  bool finish = false;
};

/// One transfer as it went.
struct TransferTruth {
  std::uint32_t index = 0;  ///< of zone t<index>.example
  std::uint32_t serial = 0;
  Time asked{};
  Time completed{};  ///< 0 when it did not
};

struct TransfersResult {
  Summary summary;
  std::vector<TransferTruth> truth;  ///< by index
};

TransfersResult write_transfers(const TransfersOptions& options, PacketSink& sink, Progress& progress);

/// CSV with a head line: zone,serial,asked_ns,completed_ns.
std::string truth_csv(const std::vector<TransferTruth>& truth);

}  // namespace zonelag::traffic
