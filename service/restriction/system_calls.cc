#include "service/restriction/system_calls.h"

#include <fmt/format.h>
#include <linux/sched.h>
#include <net/if.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <span>

namespace zonelag::service {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kSanitized = false;
#endif

// By name: a call that one architecture does not have (open on aarch64) is passed over there.
constexpr const char* kAllowed[] = {
    // Reading and writing what is open: ring, sockets, spool.
    "read",
    "readv",
    "pread64",
    "preadv",
    "write",
    "writev",
    "pwrite64",
    "pwritev",
    "lseek",
    "close",
    "close_range",
    "dup",
    "dup2",
    "dup3",
    "pipe",
    "pipe2",
    "eventfd2",
    "fcntl",
    "flock",
    "ftruncate",
    "fallocate",
    "fsync",
    "fdatasync",
    "sync_file_range",
    "fadvise64",
    "sendfile",
    // Files: the spool, the resolver's and TLS' files, reload of the configuration. What can be opened is up to the
    // user that we run as.
    "open",
    "openat",
    "stat",
    "lstat",
    "fstat",
    "newfstatat",
    "statx",
    "access",
    "faccessat",
    "faccessat2",
    "readlink",
    "readlinkat",
    "getdents64",
    "getcwd",
    "mkdir",
    "mkdirat",
    "unlink",
    "unlinkat",
    "rename",
    "renameat",
    "renameat2",
    "statfs",
    "fstatfs",
    "umask",
    "chmod",
    "fchmod",
    "fchmodat",
    // Sockets; which families, see add_sockets(). bind() gives the packet socket back an interface that was gone.
    "bind",
    "connect",
    "listen",
    "accept",
    "accept4",
    "getsockname",
    "getpeername",
    "getsockopt",
    "setsockopt",
    "shutdown",
    "sendto",
    "sendmsg",
    "sendmmsg",
    "recvfrom",
    "recvmsg",
    "recvmmsg",
    "poll",
    "ppoll",
    "select",
    "pselect6",
    "epoll_create1",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
    // Memory; without PROT_EXEC, see add_memory().
    "brk",
    "munmap",
    "mremap",
    "madvise",
    "mincore",
    "mlock",
    "mlock2",
    "munlock",
    "membarrier",
    // Threads; clone() see add_threads().
    "futex",
    "futex_waitv",
    "set_robust_list",
    "get_robust_list",
    "rseq",
    "set_tid_address",
    "gettid",
    "sched_yield",
    "sched_getaffinity",
    "sched_setaffinity",
    "sched_getparam",
    "sched_getscheduler",
    "sched_get_priority_max",
    "sched_get_priority_min",
    "getcpu",
    "exit",
    "exit_group",
    "restart_syscall",
    // Signals: abort() and raise() send to ourselves (tgkill's first argument, see add_threads()).
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "rt_sigpending",
    "rt_sigtimedwait",
    "rt_sigsuspend",
    "sigaltstack",
    "signalfd4",
    "pause",
    // Time. adjtimex() can't set the clock without CAP_SYS_TIME.
    "clock_gettime",
    "clock_getres",
    "clock_nanosleep",
    "nanosleep",
    "gettimeofday",
    "time",
    "adjtimex",
    "clock_adjtime",
    "timerfd_create",
    "timerfd_settime",
    "timerfd_gettime",
    "timer_create",
    "timer_settime",
    "timer_delete",
    "setitimer",
    "getitimer",
    "alarm",
    // Who and where we are.
    "getpid",
    "getppid",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "getresuid",
    "getresgid",
    "getgroups",
    "uname",
    "sysinfo",
    "getrusage",
    "getrlimit",
    "getrandom",
    "times",
    "capget",
};

constexpr unsigned long kIoctls[] = {FIONBIO,      FIONREAD,    FIOCLEX,     TCGETS,        TIOCGWINSZ, SIOCGIFFLAGS,
                                     SIOCGIFINDEX, SIOCGIFNAME, SIOCGIFCONF, SIOCGIFHWADDR, SIOCGIFMTU, SIOCGIFADDR};
constexpr int kFamilies[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
constexpr int kPrctls[] = {PR_SET_NAME,         PR_GET_NAME,    PR_GET_DUMPABLE,   PR_SET_NO_NEW_PRIVS,
                           PR_GET_NO_NEW_PRIVS, PR_GET_SECCOMP, PR_SET_TIMERSLACK, PR_SET_VMA};

struct FilterRelease {
  void operator()(void* filter) const { seccomp_release(filter); }
};

// Remembers the first rule that failed, so that rules can be written one after the other.
class Filter {
 public:
  Filter() : filter_(seccomp_init(SCMP_ACT_ERRNO(EPERM))) {
    if (!filter_) error_ = "seccomp_init failed";
  }

  void allow(const char* call, std::span<const scmp_arg_cmp> arguments = {}) { add(SCMP_ACT_ALLOW, call, arguments); }
  void add(std::uint32_t action, const char* call, std::span<const scmp_arg_cmp> arguments) {
    const int number = seccomp_syscall_resolve_name(call);
    // Negative: not on this architecture, or not known to this libseccomp.
    if (number < 0 || !error_.empty()) return;
    const int result = seccomp_rule_add_array(filter_.get(), action, number,
                                              static_cast<unsigned int>(arguments.size()), arguments.data());
    if (result != 0) error_ = fmt::format("rule for {}: {}", call, std::strerror(-result));
  }
  void load() {
    if (!error_.empty()) return;
    int result = seccomp_attr_set(filter_.get(), SCMP_FLTATR_CTL_TSYNC, 1);
    // A binary tree: on the way of every system call, also of the capture's.
    if (result == 0) result = seccomp_attr_set(filter_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (result == 0) result = seccomp_load(filter_.get());
    if (result != 0) error_ = std::strerror(-result);
  }
  const std::string& error() const { return error_; }

 private:
  std::unique_ptr<void, FilterRelease> filter_;
  std::string error_;
};

// The low 32 bits of an int argument: the kernel ignores the others.
scmp_arg_cmp int_is(unsigned int argument, std::uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, 0xffff'ffffU, value & 0xffff'ffffU};
}
scmp_arg_cmp bits_are(unsigned int argument, std::uint64_t mask, std::uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

void add_sockets(Filter& filter) {
  for (const int family : kFamilies) {
    const scmp_arg_cmp rule[] = {int_is(0, static_cast<std::uint64_t>(family))};
    filter.allow("socket", rule);
  }
  const scmp_arg_cmp pair[] = {int_is(0, AF_UNIX)};
  filter.allow("socketpair", pair);
  for (const unsigned long request : kIoctls) {
    const scmp_arg_cmp rule[] = {int_is(1, request)};
    filter.allow("ioctl", rule);
  }
}

void add_memory(Filter& filter) {
  const scmp_arg_cmp rule[] = {bits_are(2, PROT_EXEC, 0)};
  filter.allow("mmap", rule);
  filter.allow("mprotect", rule);
}

void add_threads(Filter& filter) {
  constexpr std::uint64_t kThread = CLONE_THREAD | CLONE_VM;
  // In none of its flags a new namespace.
  constexpr std::uint64_t kNamespaces =
      CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP;
  const scmp_arg_cmp rule[] = {bits_are(0, kThread | kNamespaces, kThread)};
  filter.allow("clone", rule);
  // Its flags are in memory, where no filter looks; glibc then takes clone().
  filter.add(SCMP_ACT_ERRNO(ENOSYS), "clone3", {});
  const scmp_arg_cmp self[] = {int_is(0, static_cast<std::uint64_t>(::getpid()))};
  filter.allow("tgkill", self);
  filter.allow("kill", self);
  // Own limits can be read: no new ones.
  const scmp_arg_cmp read_only[] = {{2, SCMP_CMP_EQ, 0, 0}};
  filter.allow("prlimit64", read_only);
  for (const int option : kPrctls) {
    const scmp_arg_cmp prctl_rule[] = {int_is(0, static_cast<std::uint64_t>(option))};
    filter.allow("prctl", prctl_rule);
  }
}

// What the sanitizers' runtimes want besides: their builds are for tests only. The leak check at the end traces its own
// process from a clone of it; it is not let, and says so: run with ASAN_OPTIONS=detect_leaks=0 where the filter is on.
void add_sanitizers(Filter& filter) {
  for (const char* call : {"personality", "setrlimit", "prlimit64", "rt_sigqueueinfo", "wait4"}) filter.allow(call);
}

}  // namespace

std::expected<void, std::string> restrict_system_calls() {
  Filter filter;
  for (const char* call : kAllowed) filter.allow(call);
  add_sockets(filter);
  add_memory(filter);
  add_threads(filter);
  if constexpr (kSanitized) add_sanitizers(filter);
  filter.load();
  if (filter.error().empty()) return {};
  return std::unexpected(
      fmt::format("system calls can't be restricted: {}; privileges.seccomp = false runs without", filter.error()));
}

}  // namespace zonelag::service
