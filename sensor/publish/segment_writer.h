// The segment that is being written.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sensor/descriptor.h"

namespace zonelag::sensor {

class SegmentWriter {
 public:
  struct Written {
    std::size_t bytes = 0;
    int error = 0;  // errno: only so many bytes were taken
  };

  // A new file; 0 or errno.
  int create(const std::string& path);
  Written write(std::string_view bytes);
  // Cuts off what follows; 0 or errno.
  int truncate(std::size_t bytes);
  int sync();
  void close() { file_.close(); }
  bool is_open() const { return static_cast<bool>(file_); }

 private:
  Descriptor file_;
};

}  // namespace zonelag::sensor
