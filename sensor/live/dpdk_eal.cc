#include "dpdk_eal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <new>
#include <string_view>
#include <utility>

namespace zonelag::sensor {

namespace {

constexpr std::size_t kLongest = 400;

// rte_eal_init prints its whole usage to standard output when an argument is wrong; events may be written there.
class SilentOutput {
 public:
  SilentOutput() : kept_(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)) {
    std::fflush(stdout);
    const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (kept_ >= 0 && null >= 0) dup2(null, STDOUT_FILENO);
    if (null >= 0) close(null);
  }
  ~SilentOutput() {
    std::fflush(stdout);
    if (kept_ < 0) return;
    dup2(kept_, STDOUT_FILENO);
    close(kept_);
  }
  SilentOutput(const SilentOutput&) = delete;
  SilentOutput& operator=(const SilentOutput&) = delete;

 private:
  int kept_;
};

// rte_eal_init pins the calling thread to one core, and every thread that it starts later would inherit that.
class KeepAffinity {
 public:
  KeepAffinity() : known_(pthread_getaffinity_np(pthread_self(), sizeof set_, &set_) == 0) {}
  ~KeepAffinity() {
    if (known_) pthread_setaffinity_np(pthread_self(), sizeof set_, &set_);
  }
  KeepAffinity(const KeepAffinity&) = delete;
  KeepAffinity& operator=(const KeepAffinity&) = delete;

 private:
  cpu_set_t set_{};
  bool known_;
};

// What rte_eal_init itself is: a thing of the process.
bool first_start() {
  static std::atomic_flag started;
  return !started.test_and_set();
}

}  // namespace

EalLog::EalLog() {
  stream_ = fopencookie(this, "w", {.read = nullptr, .write = write, .seek = nullptr, .close = nullptr});
  if (stream_ == nullptr) throw std::bad_alloc();
  std::setvbuf(stream_, nullptr, _IOLBF, BUFSIZ);
  rte_openlog_stream(stream_);
}

EalLog::~EalLog() {
  rte_openlog_stream(nullptr);
  std::fclose(stream_);
}

ssize_t EalLog::write(void* log, const char* text, std::size_t size) {
  auto& self = *static_cast<EalLog*>(log);
  // Of the message that this thread is logging: the stream is flushed with each.
  const bool error = rte_log_cur_msg_loglevel() <= static_cast<int>(RTE_LOG_ERR);
  const std::scoped_lock lock(self.mutex_);
  for (const char letter : std::string_view(text, size)) {
    if (letter != '\n') {
      if (self.line_.size() < kLongest) self.line_.push_back(letter);
    } else if (!self.line_.empty()) {
      if (error && self.first_error_.empty()) self.first_error_ = self.line_;
      self.last_line_ = std::exchange(self.line_, {});
    }
  }
  return static_cast<ssize_t>(size);
}

std::string EalLog::reason() const {
  std::fflush(stream_);
  const std::scoped_lock lock(mutex_);
  const std::string& line = first_error_.empty() ? last_line_ : first_error_;
  return line.empty() ? "" : fmt::format(" ({})", line);
}

void EalLog::forget() {
  std::fflush(stream_);
  const std::scoped_lock lock(mutex_);
  first_error_.clear();
  last_line_.clear();
}

std::expected<std::unique_ptr<Eal>, std::string> Eal::start(const std::vector<std::string>& arguments) {
  if (!first_start()) return std::unexpected("DPDK was started before: it can be started once in a process");
  std::unique_ptr<Eal> eal(new Eal);
  if (eal->initialise(arguments)) return eal;
  const int error = rte_errno;
  return std::unexpected(fmt::format("DPDK does not start with \"{}\": {}{}{}", fmt::join(arguments, " "),
                                     rte_strerror(error), eal->log_.reason(),
                                     error == ENOMEM || error == EACCES ? eal->memory_advice() : ""));
}

bool Eal::initialise(const std::vector<std::string>& arguments) {
  huge_ = std::find(arguments.begin(), arguments.end(), "--no-huge") == arguments.end();
  storage_ = {"zonelag-sensor"};
  storage_.insert(storage_.end(), arguments.begin(), arguments.end());
  for (auto& argument : storage_) argv_.push_back(argument.data());
  const int count = static_cast<int>(argv_.size());
  argv_.push_back(nullptr);
  const SilentOutput silent;
  opterr = 0;  // EAL's log says it as well; nobody else here uses getopt
  const KeepAffinity keep;
  started_ = rte_eal_init(count, argv_.data()) >= 0;
  return started_;
}

const char* Eal::memory_advice() const {
  return huge_ ? "; DPDK needs more hugepages (vm.nr_hugepages), or --no-huge -m MEGABYTES to go without"
               : "; with --no-huge, -m MEGABYTES must be larger (64 by default) or the pool smaller";
}

Eal::~Eal() {
  if (started_) rte_eal_cleanup();
}

}  // namespace zonelag::sensor
