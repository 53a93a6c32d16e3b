// What a capture gives, as JSON lines, from a file or through DPDK; for dpdk_test.py.
//   dpdk_events file FILE
//   dpdk_events dpdk OPTION... -- EAL-ARGUMENT...
// Options: port=N queues=N mbufs=N idle=N filter=TEXT, packets=N (end when so many have come), seconds=N (end then),
// print=none, again (open twice), wake (after
// all else, a poll of an hour). Fails when the thread was pinned. The last line on stderr has the figures of each
// queue. Times are cut to microseconds before the decoder sees them, as net_pcap cuts them.
#include <sched.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "proto/codec.h"
#include "sensor/capture_file.h"
#include "sensor/live/dpdk_capture.h"
#include "sensor/pipeline.h"

namespace zonelag::sensor {
namespace {

using Options = std::map<std::string, std::string, std::less<>>;

class Printer final : public EventConsumer {
 public:
  explicit Printer(bool print) : print_(print) {}
  void event(decoder::Event&& event, decoder::Bytes /*message*/) override {
    if (print_) std::puts(proto::to_json(event).c_str());
  }

 private:
  bool print_;
};

class Worker final : public BatchConsumer {
 public:
  explicit Worker(bool print, const std::string& name)
      : printer_(print), pipeline_({.sensor_id = name}, {}, printer_) {}
  void packets(std::span<const decoder::Packet> batch) override {
    for (auto packet : batch) {
      packet.time = std::chrono::floor<std::chrono::microseconds>(packet.time);
      cut_ += packet.wire_length != packet.data.size() ? 1U : 0U;
      ++packets_;
      pipeline_.packet(packet);
    }
  }
  void finish() { pipeline_.finish(); }
  std::uint64_t packets() const { return packets_; }
  std::uint64_t cut() const { return cut_; }

 private:
  Printer printer_;
  Pipeline pipeline_;
  std::uint64_t packets_ = 0;
  std::uint64_t cut_ = 0;  // packets of which less was captured than was on the wire
};

int from_file(const char* path, bool print) {
  auto source = open_capture(path);
  if (!source) {
    std::fprintf(stderr, "%s\n", source.error().text.c_str());
    return 1;
  }
  Worker worker(print, "0");
  for (auto batch = (*source)->next_batch(); !batch.empty(); batch = (*source)->next_batch()) worker.packets(batch);
  worker.finish();
  std::fprintf(stderr, "{\"packets\": %lu, \"cut\": %lu}\n", worker.packets(), worker.cut());
  return 0;
}

std::uint32_t number(const Options& options, std::string_view name, std::uint32_t otherwise) {
  const auto found = options.find(name);
  return found == options.end() ? otherwise : static_cast<std::uint32_t>(std::stoul(found->second));
}

void run(const std::vector<std::unique_ptr<Capture>>& captures, std::vector<std::unique_ptr<Worker>>& workers,
         const Options& options) {
  const std::uint64_t enough = number(options, "packets", 0);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(number(options, "seconds", 30));
  std::vector<bool> ended(captures.size());
  std::size_t running = captures.size();
  while (running > 0 && std::chrono::steady_clock::now() < end) {
    std::uint64_t packets = 0;
    for (std::size_t at = 0; at < captures.size(); ++at) {
      if (!ended[at] && captures[at]->poll(std::chrono::milliseconds(20), *workers[at]) == CaptureState::ended) {
        ended[at] = true;
        --running;
      }
      packets += workers[at]->packets();
    }
    if (enough != 0 && packets >= enough) return;
  }
}

void print_figures(const std::vector<std::unique_ptr<Capture>>& captures) {
  const char* comma = "";
  std::fputs("[", stderr);
  for (const auto& capture : captures) {
    const auto figures = capture->figures();
    std::fprintf(stderr, "%s{\"packets\": %lu, \"bytes\": %lu, \"dropped\": %lu, \"drops_known\": %s}", comma,
                 figures.packets, figures.bytes, figures.dropped, figures.drops_known ? "true" : "false");
    comma = ", ";
  }
  std::fputs("]\n", stderr);
}

int from_dpdk(const Options& options, std::vector<std::string> eal) {
  DpdkConfig config;
  config.eal = std::move(eal);
  config.port = static_cast<std::uint16_t>(number(options, "port", 0));
  config.queues = number(options, "queues", 1);
  config.mbufs = number(options, "mbufs", 8191);
  config.idle_polls_to_end = number(options, "idle", 0);
  if (const auto filter = options.find("filter"); filter != options.end()) config.filter = filter->second;
  cpu_set_t before{};
  cpu_set_t after{};
  sched_getaffinity(0, sizeof before, &before);
  const SystemClock clock;
  auto captures = open_dpdk(config, clock);
  if (captures && options.contains("again")) captures = open_dpdk(config, clock);
  if (!captures) {
    std::fprintf(stderr, "%s\n", captures.error().c_str());
    return 1;
  }
  sched_getaffinity(0, sizeof after, &after);
  if (CPU_EQUAL(&before, &after) == 0) {
    std::fputs("the thread was pinned\n", stderr);
    return 1;
  }
  const auto print = options.find("print");
  std::vector<std::unique_ptr<Worker>> workers;
  for (std::size_t at = 0; at < captures->size(); ++at) {
    workers.push_back(std::make_unique<Worker>(print == options.end(), std::to_string(at)));
  }
  std::fputs("ready\n", stderr);
  // As a worker's thread does it, which is none of EAL's.
  std::thread([&] { run(*captures, workers, options); }).join();
  for (const auto& worker : workers) worker->finish();
  if (options.contains("wake")) {
    captures->front()->wake();
    if (captures->front()->poll(std::chrono::hours(1), *workers.front()) != CaptureState::idle) return 1;
  }
  std::fflush(stdout);
  print_figures(*captures);
  return 0;
}

}  // namespace
}  // namespace zonelag::sensor

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() >= 2 && arguments[0] == "file") {
    return zonelag::sensor::from_file(argv[2], arguments.size() == 2);
  }
  zonelag::sensor::Options options;
  std::size_t at = 1;
  for (; at < arguments.size() && arguments[at] != "--"; ++at) {
    const auto equals = arguments[at].find('=');
    options[arguments[at].substr(0, equals)] = equals == std::string::npos ? "" : arguments[at].substr(equals + 1);
  }
  if (at >= arguments.size()) return 2;
  return zonelag::sensor::from_dpdk(options,
                                    {arguments.begin() + static_cast<std::ptrdiff_t>(at) + 1, arguments.end()});
}
