// What a test keeps of a capture: copies, since views end with the batch. And the file it was in.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "sensor/capture_file.h"

namespace zonelag::sensor {

struct CapturedPacket {
  std::int64_t nanoseconds = 0;
  std::uint32_t wire_length = 0;
  std::string data;
  int link = 1;
  std::uint64_t number = 0;
  friend bool operator==(const CapturedPacket&, const CapturedPacket&) = default;
};

inline std::ostream& operator<<(std::ostream& out, const CapturedPacket& packet) {
  return out << "#" << packet.number << " at " << packet.nanoseconds << ", " << packet.data.size() << " of "
             << packet.wire_length << " bytes, link " << packet.link;
}

struct Captured {
  std::vector<CapturedPacket> packets;
  std::vector<CaptureProblem> problems;
};

inline Captured read_all(PacketSource& source) {
  Captured all;
  for (auto batch = source.next_batch(); !batch.empty(); batch = source.next_batch()) {
    for (const auto& packet : batch) {
      const auto* const data = reinterpret_cast<const char*>(packet.data.data());
      all.packets.push_back({packet.time.time_since_epoch().count(), packet.wire_length,
                             std::string(data, packet.data.size()), static_cast<int>(packet.link), packet.number});
    }
  }
  all.problems.assign(source.problems().begin(), source.problems().end());
  return all;
}

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content) {
    const char* const folder = std::getenv("TMPDIR");
    path_ = std::string(folder != nullptr ? folder : "/tmp") + "/zonelag-test-XXXXXX";
    const int descriptor = ::mkstemp(path_.data());
    if (descriptor < 0) throw std::runtime_error("no temporary file");
    ::close(descriptor);
    rewrite(content);
  }
  ~TemporaryFile() { std::remove(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void rewrite(const std::string& content) const {
    std::FILE* const file = std::fopen(path_.c_str(), "wb");
    if (file == nullptr) throw std::runtime_error("cannot write " + path_);
    const bool written = std::fwrite(content.data(), 1, content.size(), file) == content.size();
    if (std::fclose(file) != 0 || !written) throw std::runtime_error("cannot write " + path_);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Of a file with this content. A problem of the whole file is the only problem, without packets.
inline Captured read_bytes(const std::string& content) {
  const TemporaryFile file(content);
  auto source = open_capture(file.path());
  if (!source) return {{}, {source.error()}};
  return read_all(**source);
}

}  // namespace zonelag::sensor
