// A file descriptor to read from, front to back: no seeking, so that a pipe does as well as a file.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>

#include "sensor/packet_source.h"

namespace zonelag::sensor {

class RawFile {
 public:
  // `path` "-" is standard input, which is left open.
  static std::expected<std::unique_ptr<RawFile>, CaptureProblem> open(const std::string& path);
  ~RawFile();
  RawFile(const RawFile&) = delete;
  RawFile& operator=(const RawFile&) = delete;

  // What is there, at least one byte; waits for it. 0: the end, an error, or interrupt().
  std::size_t read(std::span<std::byte> into);
  // From another thread: makes a waiting read(), and every later one, return 0.
  void interrupt() const;
  // Whether read() would have to wait.
  bool would_wait() const;
  // errno of the read that failed, or 0.
  int error() const { return error_; }

  const std::string& name() const { return name_; }
  std::uint64_t bytes_read() const { return bytes_read_.load(std::memory_order_relaxed); }
  std::uint64_t total_bytes() const { return total_bytes_; }

 private:
  RawFile(std::string name, int descriptor);
  std::expected<void, CaptureProblem> examine();
  bool wait() const;

  std::string name_;
  int descriptor_;
  int interrupt_ = -1;  // an eventfd, where a read may have to wait
  bool regular_ = false;
  int error_ = 0;
  std::atomic<std::uint64_t> bytes_read_ = 0;
  std::uint64_t total_bytes_ = 0;
};

}  // namespace zonelag::sensor
