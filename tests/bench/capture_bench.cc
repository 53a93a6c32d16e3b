// One capture through the product's pipeline (all signals on, one thread), beside an empty pcap_dispatch loop of
// libpcap over the same file: both in turn, so that they share the machine's moods. Prints one JSON object.
//   capture_bench FILE [ROUNDS]

#include <pcap/pcap.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "sensor/replay.h"

namespace {

using Clock = std::chrono::steady_clock;
constexpr int kBatch = 4096;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

struct Floor {
  double seconds = 0;
  std::uint64_t packets = 0;
};

Floor empty_loop(const char* file) {
  char error[PCAP_ERRBUF_SIZE] = "";
  const Clock::time_point start = Clock::now();
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> handle(
      pcap_open_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, error), &pcap_close);
  if (!handle) {
    std::fprintf(stderr, "capture_bench: %s\n", error);
    std::exit(1);
  }
  Floor floor;
  const pcap_handler count = [](unsigned char* user, const pcap_pkthdr*, const unsigned char*) {
    ++*reinterpret_cast<std::uint64_t*>(user);
  };
  while (pcap_dispatch(handle.get(), kBatch, count, reinterpret_cast<unsigned char*>(&floor.packets)) > 0) {
  }
  floor.seconds = seconds_since(start);
  return floor;
}

class Counter final : public zonelag::sensor::EventConsumer {
 public:
  void event(zonelag::decoder::Event&&, zonelag::decoder::Bytes) override { ++events; }
  std::uint64_t events = 0;
};

struct Run {
  double seconds = 0;
  std::uint64_t packets = 0;
  std::uint64_t events = 0;
  zonelag::decoder::DnsCounters dns;
};

Run pipeline(const std::string& file) {
  Counter counter;
  const Clock::time_point start = Clock::now();
  auto replay = zonelag::sensor::Replay::open({{.file = file, .sensor_id = "bench"}}, {}, counter);
  if (!replay) {
    std::fprintf(stderr, "capture_bench: %s\n", replay.error().text.c_str());
    std::exit(1);
  }
  replay->run({}, {});
  return {seconds_since(start), replay->progress().packets, counter.events,
          replay->pipelines().front()->decoder().dns_counters()};
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: capture_bench FILE [ROUNDS]\n");
    return 2;
  }
  const int rounds = argc > 2 ? std::max(1, std::atoi(argv[2])) : 5;
  std::vector<double> floors;
  std::vector<double> ours;
  std::vector<double> ratios;
  Floor floor;
  Run run;
  for (int round = 0; round < rounds; ++round) {
    floor = empty_loop(argv[1]);
    run = pipeline(argv[1]);
    floors.push_back(floor.seconds);
    ours.push_back(run.seconds);
    ratios.push_back(run.seconds / floor.seconds);
  }
  if (floor.packets != run.packets) {
    std::fprintf(stderr, "capture_bench: libpcap read %lu packets, we %lu\n", floor.packets, run.packets);
    return 1;
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const double packets = static_cast<double>(run.packets);
  std::printf(
      "{\"packets\":%lu,\"events\":%lu,\"records\":%lu,\"floor_s\":%.3f,\"ours_s\":%.3f,\"ratio\":%.2f,"
      "\"ratio_min\":%.2f,\"ratio_max\":%.2f,\"floor_ns\":%.1f,\"ours_ns\":%.1f,\"max_rss_mib\":%.1f,"
      "\"transfers_completed\":%lu,\"served_seen\":%lu,\"notify_requests\":%lu}\n",
      run.packets, run.events, run.dns.records_walked, median(floors), median(ours), median(ratios),
      std::ranges::min(ratios), std::ranges::max(ratios), median(floors) / packets * 1e9, median(ours) / packets * 1e9,
      static_cast<double>(usage.ru_maxrss) / 1024, run.dns.transfers_completed, run.dns.served_seen,
      run.dns.notify_requests);
  return 0;
}
