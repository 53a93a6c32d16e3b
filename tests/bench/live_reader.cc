// Reads an interface with libpcap as the sensor does (TPACKET_V3, block time-out of 20 ms, bounded dispatch) and does
// nothing with the packets, or (--pipeline) has the product's pipeline look at them, all signals on: the floor under a
// live sensor, and the part of it that is not waiting, publishing, or telling about itself.
//   live_reader [--pipeline] INTERFACE RING-BYTES
// Prints "capturing", and one JSON object when SIGTERM has come and what had been captured by then has been read.
#include <pcap/pcap.h>
#include <poll.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "sensor/pipeline.h"

namespace {

namespace decoder = zonelag::decoder;
namespace sensor = zonelag::sensor;

constexpr int kBatch = 256;
constexpr int kBlockTimeout = 20;  // ms
constexpr int kSnapLength = 262'144;

pcap_t* captured = nullptr;  // for the signal handler
volatile std::sig_atomic_t stopping = 0;

using Handle = std::unique_ptr<pcap_t, decltype(&pcap_close)>;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "live_reader: %s\n", what);
  std::exit(1);
}

Handle open_interface(const char* interface, int ring_bytes) {
  char error[PCAP_ERRBUF_SIZE] = "";
  Handle handle(pcap_create(interface, error), &pcap_close);
  if (!handle) fail(error);
  pcap_set_snaplen(handle.get(), kSnapLength);
  pcap_set_timeout(handle.get(), kBlockTimeout);
  pcap_set_buffer_size(handle.get(), ring_bytes);
  pcap_set_tstamp_precision(handle.get(), PCAP_TSTAMP_PRECISION_NANO);
  if (pcap_activate(handle.get()) < 0) fail(pcap_geterr(handle.get()));
  return handle;
}

class Counter final : public sensor::EventConsumer {
 public:
  void event(decoder::Event&&, decoder::Bytes) override { ++events; }
  std::uint64_t events = 0;
};

struct Reader {
  std::uint64_t packets = 0;
  Counter counter;
  std::unique_ptr<sensor::Pipeline> pipeline;
};

void count(unsigned char* user, const pcap_pkthdr*, const unsigned char*) {
  ++reinterpret_cast<Reader*>(user)->packets;
}

void decode(unsigned char* user, const pcap_pkthdr* header, const unsigned char* data) {
  Reader& reader = *reinterpret_cast<Reader*>(user);
  const auto time = std::chrono::seconds{header->ts.tv_sec} + std::chrono::nanoseconds{header->ts.tv_usec};
  reader.pipeline->packet({.time = decoder::Timestamp{time},
                           .data = {reinterpret_cast<const std::byte*>(data), header->caplen},
                           .wire_length = header->len,
                           .number = ++reader.packets});
}

/// Until SIGTERM, and then what is there: the kernel hands over an unfinished block after the block time-out.
void read_all(pcap_t* handle, Reader& reader) {
  const pcap_handler handler = reader.pipeline ? decode : count;
  auto* const user = reinterpret_cast<unsigned char*>(&reader);
  int got = 0;
  while (got >= 0 && stopping == 0) got = pcap_dispatch(handle, kBatch, handler, user);
  char error[PCAP_ERRBUF_SIZE] = "";
  if (pcap_setnonblock(handle, 1, error) != 0) fail(error);
  pollfd ready{.fd = pcap_get_selectable_fd(handle), .events = POLLIN, .revents = 0};
  do {
    got = pcap_dispatch(handle, kBatch, handler, user);
  } while (got > 0 || got == PCAP_ERROR_BREAK || (got == 0 && ::poll(&ready, 1, 5 * kBlockTimeout) > 0));
  if (got < 0) fail(pcap_geterr(handle));
}

}  // namespace

int main(int argc, char** argv) {
  const bool pipeline = argc > 1 && std::strcmp(argv[1], "--pipeline") == 0;
  if (argc != 3 + (pipeline ? 1 : 0)) {
    std::fprintf(stderr, "usage: live_reader [--pipeline] INTERFACE RING-BYTES\n");
    return 2;
  }
  Reader reader;
  if (pipeline) {
    reader.pipeline = std::make_unique<sensor::Pipeline>(sensor::SensorIdentity{.sensor_id = "bench"},
                                                         decoder::DecoderLimits{}, reader.counter);
  }
  const Handle handle = open_interface(argv[argc - 2], std::atoi(argv[argc - 1]));
  captured = handle.get();
  struct sigaction action{};
  action.sa_handler = [](int) {
    stopping = 1;
    pcap_breakloop(captured);
  };
  sigaction(SIGTERM, &action, nullptr);
  std::printf("capturing\n");
  std::fflush(stdout);
  read_all(handle.get(), reader);
  pcap_stat drops{};
  if (pcap_stats(handle.get(), &drops) != 0) fail(pcap_geterr(handle.get()));
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("{\"packets\":%lu,\"dropped\":%u,\"events\":%lu,\"max_rss_kib\":%ld}\n", reader.packets, drops.ps_drop,
              reader.counter.events, usage.ru_maxrss);
  return 0;
}
