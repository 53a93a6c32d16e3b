// Scenario: one full zone transfer (RFC 5936) over TCP.
#pragma once

#include <cstdint>

#include "traffic/name.h"
#include "traffic/progress.h"
#include "traffic/summary.h"
#include "traffic/tcp_sender.h"

namespace zonelag::traffic {

enum class QuestionIn : std::uint8_t { kAll, kFirst };

struct AxfrOptions {
  std::uint64_t seed = 1;
  WireOptions wire;
  Name zone = Name::of("example");
  std::string zone_text = "example";
  std::uint32_t serial = 2026010100;
  std::uint64_t records = 10'000'000;  ///< with both SOA records, so at least 2
  std::size_t message_size = 16384;    ///< of a DNS message at most
  QuestionIn question = QuestionIn::kAll;
  bool tsig = false;
  bool v6 = false;
  std::size_t segment = TcpFlow::kUsualSegment;
  Disturbance disturbance{};
  std::optional<std::uint32_t> start_seq;  ///< of the server's first data byte; random by default
};

Summary write_axfr(const AxfrOptions& options, PacketSink& sink, Progress& progress);

}  // namespace zonelag::traffic
