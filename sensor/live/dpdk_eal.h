// DPDK's Environment Abstraction Layer: one a process, started once, with its log kept instead of printed.
#pragma once

#include <cstdio>
#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace zonelag::sensor {

// The line that DPDK logged which tells most, for our error message. DPDK's own threads log as well.
class EalLog {
 public:
  EalLog();
  ~EalLog();
  EalLog(const EalLog&) = delete;
  EalLog& operator=(const EalLog&) = delete;

  // The first error, which names the cause, else the last line; in parentheses with a space before it. Empty when
  // nothing was logged since forget().
  std::string reason() const;
  void forget();

 private:
  static ssize_t write(void* log, const char* text, std::size_t size);

  mutable std::mutex mutex_;
  std::string first_error_;  // these are kLongest bytes at most
  std::string last_line_;
  std::string line_;  // of the line that is still being written
  std::FILE* stream_ = nullptr;
};

class Eal {
 public:
  // `arguments` as rte_eal_init takes them, without the program's name. Error: one line.
  static std::expected<std::unique_ptr<Eal>, std::string> start(const std::vector<std::string>& arguments);
  ~Eal();
  Eal(const Eal&) = delete;
  Eal& operator=(const Eal&) = delete;

  EalLog& log() { return log_; }
  // What to do when memory does not suffice: that depends on where it is from.
  const char* memory_advice() const;

 private:
  Eal() = default;
  bool initialise(const std::vector<std::string>& arguments);

  EalLog log_;
  // rte_eal_init keeps pointers into its arguments and permutes them.
  std::vector<std::string> storage_;
  std::vector<char*> argv_;
  bool huge_ = true;
  bool started_ = false;
};

}  // namespace zonelag::sensor
