// How many events a second one thread joins, and what a (version, node) pair costs in memory.
//   join_bench [ZONES [NODES [VERSIONS]]]      default 100000 50 1
// Events come in random order: for each version and node an announced, a served and a received one, by three sensors.
// The cost of making the events is measured apart and subtracted.
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aggregator/join.h"
#include "bench_events.h"

namespace {

using namespace zonelag;
using namespace zonelag::bench;

// All events in an order that looks random: x -> a*x + b modulo a power of two visits every number once.
class EventSource {
 public:
  explicit EventSource(const Scale& scale) : scale_(scale), maker_(scale) {
    while (modulus_ < scale.events()) modulus_ *= 2;
  }

  const Event& next() {
    do {
      state_ = (state_ * 6364136223846793005ULL + 1442695040888963407ULL) & (modulus_ - 1);
    } while (state_ >= scale_.events());
    // Low bits of such a generator are regular, so the number is not used as it comes.
    const std::uint64_t number = state_;
    return maker_.make(number % 3, number / 3 % scale_.nodes, number / 3 / scale_.nodes % scale_.versions,
                       number / 3 / scale_.nodes / scale_.versions);
  }

 private:
  Scale scale_;
  std::uint64_t modulus_ = 4;
  std::uint64_t state_ = 1;
  EventMaker maker_;
};

template <typename Use>
double run(const Scale& scale, Use use) {
  EventSource source(scale);
  const auto start = std::clock();
  for (std::uint64_t i = 0; i < scale.events(); ++i) use(source.next());
  return seconds_since(start);
}

}  // namespace

int main(int argc, char** argv) {
  Scale scale;
  for (auto [i, value] : {std::pair{1, &scale.zones}, {2, &scale.nodes}, {3, &scale.versions}}) {
    if (i >= argc) break;
    const std::string_view text(argv[i]);
    if (std::from_chars(text.data(), text.data() + text.size(), *value).ec != std::errc() || *value == 0) return 2;
  }
  const Inventory inventory = fleet(scale);
  const std::uint64_t resident = resident_bytes();
  aggregator::Join join(inventory);
  std::uint64_t sum = 0;
  const double making = run(scale, [&](const Event& event) { sum += event.zone.wire().size(); });
  const double first = run(scale, [&](const Event& event) { join.consume(event); }) - making;
  const double again = run(scale, [&](const Event& event) { join.consume(event); }) - making;
  const auto events = static_cast<double>(scale.events());
  const auto pairs = static_cast<double>(join.evidence_rows());
  std::printf("events %.0f, pairs %.0f, making an event %.0f ns (%llu)\n", events, pairs, making / events * 1e9,
              static_cast<unsigned long long>(sum));
  std::printf("first time:  %.2f million events/s\nrepeated:    %.2f million events/s\n", events / first / 1e6,
              events / again / 1e6);
  std::printf("bytes a pair: %.1f counted, %.1f resident\n", static_cast<double>(join.memory_bytes()) / pairs,
              static_cast<double>(resident_bytes() - resident) / pairs);
  const auto start = std::clock();
  std::uint64_t rows = 0;
  join.for_each_version([&](const aggregator::VersionRow& version) { rows += version.nodes.size(); });
  std::printf("rows: %llu in %.2f s\n", static_cast<unsigned long long>(rows), seconds_since(start));
}
