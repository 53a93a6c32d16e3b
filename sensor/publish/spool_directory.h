// The spool's directory: made, locked, listed. The lock goes with the object, and with the process.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "sensor/descriptor.h"

namespace zonelag::sensor {

class SpoolDirectory {
 public:
  // Error: one line that names the directory.
  static std::expected<SpoolDirectory, std::string> open(const std::string& path);

  std::string path_of(std::uint64_t first) const;
  std::string mark_path() const { return path_ + "/delivered"; }
  // First indexes of the segments, ascending; what is no segment is left alone.
  std::expected<std::vector<std::uint64_t>, std::string> segments() const;
  void remove(std::uint64_t first) const;
  // Makes the names of new files survive a crash of the machine.
  void sync() const;

 private:
  explicit SpoolDirectory(std::string path) : path_(std::move(path)) {}
  std::expected<void, std::string> lock();

  std::string path_;
  Descriptor lock_;
};

}  // namespace zonelag::sensor
