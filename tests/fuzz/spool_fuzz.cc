// Any bytes as two segments: opens, reads in order, and what is appended comes behind all of it, on a second run too.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "sensor/publish/spool.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto folder = std::filesystem::temp_directory_path() / ("zonelag_spool_fuzz." + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  std::ofstream(folder / "00000000000000000001.log") << bytes.substr(0, data[0] % size);
  std::ofstream(folder / "00000000000000000003.log") << bytes.substr(data[0] % size);
  const zonelag::sensor::SystemClock clock;
  for (int run = 0; run < 2; ++run) {
    const auto spool = zonelag::sensor::Spool::open({.directory = folder, .sync = {}}, clock);
    if (!spool) break;
    std::uint64_t last = 0;
    const auto index = (*spool)->append("key", "value");
    (*spool)->flush();
    for (auto record = (*spool)->next(); record; record = (*spool)->next()) {
      if (record->index <= std::exchange(last, record->index)) std::abort();
    }
    if (last != index || (*spool)->figures().dropped() > size) std::abort();
  }
  std::filesystem::remove_all(folder);
  return 0;
}
