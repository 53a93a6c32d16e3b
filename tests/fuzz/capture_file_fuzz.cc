// Any bytes as a capture file: no crash, no hang, every packet's bytes readable.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "sensor/capture_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const int memory = ::memfd_create("capture", MFD_CLOEXEC);
  if (memory < 0 || ::write(memory, data, size) != static_cast<ssize_t>(size)) std::abort();
  if (auto source = zonelag::sensor::open_capture("/proc/self/fd/" + std::to_string(memory), 1)) {
    std::uint64_t previous = 0;
    unsigned sum = 0;
    for (auto batch = (*source)->next_batch(); !batch.empty(); batch = (*source)->next_batch()) {
      for (const auto& packet : batch) {
        if (packet.number <= previous) std::abort();
        previous = packet.number;
        for (const auto byte : packet.data) sum += std::to_integer<unsigned>(byte);
      }
    }
    volatile unsigned keep = sum;
    (void)keep;
  }
  ::close(memory);
  return 0;
}
