// The index up to which all is delivered, in a small file with two slots that are written in turn: a torn write costs
// one step back, and a mark that is behind costs repeats only.
#pragma once

#include <cstdint>
#include <string>

#include "sensor/descriptor.h"

namespace zonelag::sensor {

class DeliveredMark {
 public:
  explicit DeliveredMark(std::string path) : path_(std::move(path)) {}

  // 0: there is none, or none that is whole.
  std::uint64_t load();
  // False: the disk does not take it.
  bool store(std::uint64_t index);

 private:
  bool open();

  std::string path_;
  Descriptor file_;
  std::uint64_t generation_ = 0;
};

}  // namespace zonelag::sensor
