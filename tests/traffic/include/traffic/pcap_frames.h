// The frames of a pcap file, in memory, to be sent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "traffic/wire_buffer.h"

namespace zonelag::traffic {

class PcapFrames {
 public:
  /// Files as PcapWriter writes them: pcap, little-endian, Ethernet. The error is one line that names the file.
  static std::expected<PcapFrames, std::string> read(const std::string& path);

  std::size_t size() const { return frames_.size(); }
  ByteView operator[](std::size_t index) const {
    return ByteView{bytes_}.subspan(frames_[index].offset, frames_[index].size);
  }
  std::size_t longest() const;

 private:
  struct Frame {
    std::size_t offset;
    std::size_t size;
  };
  std::vector<std::uint8_t> bytes_;  ///< of the whole file
  std::vector<Frame> frames_;
};

}  // namespace zonelag::traffic
