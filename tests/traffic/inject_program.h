// The XDP program that turns an empty frame into the next of a set of frames.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "traffic/live_interface.h"
#include "traffic/pcap_frames.h"

namespace zonelag::traffic {

class InjectProgram {
 public:
  /// Longer frames do not fit into a page beside what XDP needs there.
  static constexpr std::size_t kLongestFrame = 2048;

  static std::expected<InjectProgram, std::string> load(const PcapFrames& frames);

  /// The kernel runs the program `count` times, each of which makes a frame that `interface` has received. Error:
  /// errno.
  std::expected<void, int> run(int interface, std::uint32_t count);
  /// How often it has run: so many frames were received.
  std::uint64_t runs() const;

 private:
  InjectProgram() = default;

  Descriptor counter_;
  Descriptor frames_;
  Descriptor program_;
  std::uint32_t room_ = 0;  ///< of an empty frame
};

}  // namespace zonelag::traffic
