// Needs root, as CI has it, for the packet socket that is open before.
#include "service/restriction/system_calls.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/un.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "child.h"
#include "service/http_server.h"
#include "service/restriction/privileges.h"
#include "service/service_manager.h"

namespace zonelag::service {
namespace {

std::string failed(const std::string& what) { return what + ": " + std::strerror(errno); }

// Everything in a child that runs as nobody, restricted; `before` still has what root has.
std::string restricted(const std::function<std::string()>& work, const std::function<void()>& before = [] {}) {
  return in_child([&]() -> std::string {
    before();
    if (auto dropped = drop_privileges("nobody"); !dropped) return dropped.error();
    if (auto done = restrict_system_calls(); !done) return done.error();
    return work();
  });
}

// "" when the call failed with EPERM.
std::string denied(const char* what, long result) {
  if (result >= 0) return std::string(what) + " worked";
  return errno == EPERM ? "" : failed(what);
}

TEST(SystemCalls, WhatASensorNeverDoesIsDenied) {
  const auto check = [](const char* what, const std::function<long()>& call) {
    EXPECT_EQ(restricted([&] { return denied(what, call()); }), "") << what;
  };
  check("AF_PACKET", [] { return ::socket(AF_PACKET, SOCK_RAW, 0); });
  check("AF_PACKET datagrams", [] { return ::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ALL)); });
  check("AF_BLUETOOTH", [] { return ::socket(31, SOCK_RAW, 1); });
  check("execve", [] {
    char* const none[] = {nullptr};
    return ::execve("/bin/true", none, none);
  });
  check("execveat", [] {
    char* const none[] = {nullptr};
    return ::syscall(SYS_execveat, AT_FDCWD, "/bin/true", none, none, 0);
  });
  check("fork", [] { return ::fork(); });
  check("ptrace", [] { return ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); });
  check("bpf", [] { return ::syscall(SYS_bpf, 0, nullptr, 0); });
  check("mount", [] { return ::mount("none", "/mnt", "tmpfs", 0, nullptr); });
  check("unshare", [] { return ::unshare(CLONE_NEWUSER); });
  check("io_uring_setup", [] { return ::syscall(SYS_io_uring_setup, 1, nullptr); });
  check("keyctl", [] { return ::syscall(SYS_keyctl, 0, 0, 0, 0, 0); });
  check("process_vm_readv", [] { return ::syscall(SYS_process_vm_readv, ::getpid(), nullptr, 0, nullptr, 0, 0); });
  check("userfaultfd", [] { return ::syscall(SYS_userfaultfd, 0); });
  check("kill of another", [] { return ::kill(::getppid(), 0); });
  check("TIOCSTI", [] { return ::ioctl(0, TIOCSTI, "x"); });
  check("PR_SET_DUMPABLE", [] { return ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); });
}

TEST(SystemCalls, MemoryIsNeverExecutable) {
  EXPECT_EQ(restricted([] {
              void* memory = ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              return denied("mmap", memory == MAP_FAILED ? -1 : 0);
            }),
            "");
  EXPECT_EQ(restricted([]() -> std::string {
              void* memory = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              if (memory == MAP_FAILED) return failed("mmap");
              return denied("mprotect", ::mprotect(memory, 4096, PROT_READ | PROT_EXEC));
            }),
            "");
  EXPECT_EQ(restricted([]() -> std::string {
              const int file = ::open("/bin/true", O_RDONLY | O_CLOEXEC);
              if (file < 0) return failed("open");
              void* memory = ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
              return denied("mmap of a program", memory == MAP_FAILED ? -1 : 0);
            }),
            "");
}

int packet_socket() { return ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL)); }

int bind_to_loopback(int socket) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(::if_nametoindex("lo"));
  return ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address));
}

TEST(SystemCalls, AnOpenPacketSocketGoesOnAndIsBoundAgain) {
  int packets = -1;
  EXPECT_EQ(restricted(
                [&]() -> std::string {
                  if (packets < 0) return "no packet socket at the start";
                  // if_nametoindex() and flags: what follows an interface's coming and going asks.
                  if (bind_to_loopback(packets) != 0) return failed("bind");
                  ifreq request{};
                  std::strcpy(request.ifr_name, "lo");
                  if (::ioctl(packets, SIOCGIFFLAGS, &request) != 0) return failed("SIOCGIFFLAGS");
                  tpacket_stats_v3 statistics{};
                  socklen_t length = sizeof(tpacket_stats);
                  if (::getsockopt(packets, SOL_PACKET, PACKET_STATISTICS, &statistics, &length) != 0) {
                    return failed("PACKET_STATISTICS");
                  }
                  const int sender = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
                  sockaddr_in address{};
                  address.sin_family = AF_INET;
                  address.sin_port = htons(9);
                  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
                  if (::sendto(sender, "x", 1, 0, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 1) {
                    return failed("sendto");
                  }
                  pollfd waited{packets, POLLIN, 0};
                  if (::poll(&waited, 1, 5000) != 1) return "no packet came";
                  char frame[2048];
                  return ::recv(packets, frame, sizeof(frame), 0) > 0 ? "" : failed("recv");
                },
                [&] {
                  packets = packet_socket();
                  bind_to_loopback(packets);
                }),
            "");
}

TEST(SystemCalls, NamesAreResolved) {
  EXPECT_EQ(restricted([]() -> std::string {
              addrinfo* found = nullptr;
              const int error = ::getaddrinfo("localhost", "80", nullptr, &found);
              if (error != 0) return ::gai_strerror(error);
              ::freeaddrinfo(found);
              return "";
            }),
            "");
}

// librdkafka's mock broker runs in the same process, so that both ends of real connections are restricted.
std::string use_kafka(const char* compression) {
  char error[512];
  rd_kafka_conf_t* settings = rd_kafka_conf_new();
  for (const auto& [key, value] : std::initializer_list<std::pair<const char*, const char*>>{
           {"test.mock.num.brokers", "1"}, {"compression.type", compression}, {"enable.idempotence", "true"}}) {
    if (rd_kafka_conf_set(settings, key, value, error, sizeof(error)) != RD_KAFKA_CONF_OK) return error;
  }
  rd_kafka_t* producer = rd_kafka_new(RD_KAFKA_PRODUCER, settings, error, sizeof(error));
  if (producer == nullptr) return error;
  const std::string value(10'000, 'x');
  const auto produced = rd_kafka_producev(producer, RD_KAFKA_V_TOPIC("t"),
                                          RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
  if (produced != RD_KAFKA_RESP_ERR_NO_ERROR) return rd_kafka_err2str(produced);
  const auto flushed = rd_kafka_flush(producer, 20'000);
  rd_kafka_destroy(producer);
  return flushed == RD_KAFKA_RESP_ERR_NO_ERROR ? "" : rd_kafka_err2str(flushed);
}

TEST(SystemCalls, KafkaDelivers) {
  EXPECT_EQ(restricted([] { return use_kafka("zstd"); }), "");
  EXPECT_EQ(restricted([] { return use_kafka("lz4"); }), "");
}

TEST(SystemCalls, KafkaReadsTheSystemsCertificates) {
  EXPECT_EQ(restricted([]() -> std::string {
              char error[512];
              rd_kafka_conf_t* settings = rd_kafka_conf_new();
              rd_kafka_conf_set(settings, "bootstrap.servers", "localhost:1", error, sizeof(error));
              rd_kafka_conf_set(settings, "security.protocol", "ssl", error, sizeof(error));
              rd_kafka_conf_set(settings, "log_level", "0", error, sizeof(error));
              rd_kafka_t* producer = rd_kafka_new(RD_KAFKA_PRODUCER, settings, error, sizeof(error));
              if (producer == nullptr) return error;
              rd_kafka_destroy(producer);
              return "";
            }),
            "");
}

TEST(SystemCalls, ThreadsStartAndEnd) {
  EXPECT_EQ(restricted([]() -> std::string {
              std::atomic<int> ran = 0;
              for (int round = 0; round < 8; ++round) {
                std::jthread first([&] {
                  ::prctl(PR_SET_NAME, "worker", 0, 0, 0);
                  ++ran;
                });
                std::jthread second([&] { ++ran; });
              }
              return ran == 16 ? "" : "threads did not run";
            }),
            "");
}

#ifndef __SANITIZE_THREAD__
TEST(SystemCalls, ThreadsThatRunAlreadyAreRestrictedToo) {
  EXPECT_EQ(in_child([]() -> std::string {
              std::atomic<bool> go = false;
              std::string answer;
              std::jthread other([&] {
                go.wait(false);
                answer = denied("socket", ::socket(AF_PACKET, SOCK_RAW, 0));
              });
              if (auto done = restrict_system_calls(); !done) return done.error();
              go = true;
              go.notify_all();
              other.join();
              return answer;
            }),
            "");
}
#endif

std::string use_files(const std::string& folder) {
  const std::string path = folder + "/segment";
  const std::string other = folder + "/renamed";
  if (::mkdir((folder + "/sub").c_str(), 0700) != 0) return failed("mkdir");
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return failed("open");
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) return failed("flock");
  if (::fallocate(file, 0, 0, 8192) != 0) return failed("fallocate");
  if (::pwrite(file, "abc", 3, 4096) != 3) return failed("pwrite");
  if (::ftruncate(file, 4099) != 0) return failed("ftruncate");
  if (::fdatasync(file) != 0 || ::fsync(file) != 0) return failed("fsync");
  char text[4] = {};
  if (::pread(file, text, 3, 4096) != 3 || std::strcmp(text, "abc") != 0) return failed("pread");
  void* memory = ::mmap(nullptr, 4099, PROT_READ, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) return failed("mmap");
  ::munmap(memory, 4099);
  struct stat state{};
  if (::stat(path.c_str(), &state) != 0 || state.st_size != 4099) return failed("stat");
  if (::rename(path.c_str(), other.c_str()) != 0) return failed("rename");
  std::error_code error;
  std::size_t entries = 0;
  for (auto at = std::filesystem::directory_iterator(folder, error); at != std::filesystem::end(at);
       at.increment(error)) {
    ++entries;
  }
  if (error || entries != 2) return "listing: " + error.message();
  if (::unlink(other.c_str()) != 0) return failed("unlink");
  std::ifstream stream("/etc/hosts");
  return std::string(std::istreambuf_iterator<char>(stream), {}).empty() ? "/etc/hosts can't be read" : "";
}

TEST(SystemCalls, FilesOfASpool) {
  char folder[] = "/tmp/zonelag-calls-XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  std::filesystem::permissions(folder, std::filesystem::perms::all);
  EXPECT_EQ(restricted([&] { return use_files(folder); }), "");
  std::filesystem::remove_all(folder);
}

TEST(SystemCalls, TheClockIsReadAndAbortStillAborts) {
  EXPECT_EQ(restricted([]() -> std::string {
              timex state{};
              if (::adjtimex(&state) < 0) return failed("adjtimex");
              if (::clock_adjtime(CLOCK_REALTIME, &state) < 0) return failed("clock_adjtime");
              if (::raise(SIGURG) != 0) return failed("raise");
              return "";
            }),
            "");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_EQ(restricted([]() -> std::string { std::abort(); }), " killed by signal 6");
#endif
}

TEST(SystemCalls, TheServiceManagerIsToldAndPagesAreServed) {
  char folder[] = "/tmp/zonelag-calls-XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  std::filesystem::permissions(folder, std::filesystem::perms::all);
  const std::string path = std::string(folder) + "/notify";
  const int manager = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, path.c_str());
  ASSERT_EQ(::bind(manager, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  std::filesystem::permissions(path, std::filesystem::perms::all);
  std::unique_ptr<HttpServer> server;
  EXPECT_EQ(restricted(
                [&]() -> std::string {
                  ServiceManager().ready("well");
                  server->start({.metrics = [] { return std::string(); }, .health = [] { return Health{}; }});
                  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
                  sockaddr_in to{};
                  to.sin_family = AF_INET;
                  to.sin_port = htons(server->port());
                  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
                  if (::connect(client, reinterpret_cast<sockaddr*>(&to), sizeof(to)) != 0) return failed("connect");
                  const std::string request = "GET /health HTTP/1.0\r\n\r\n";
                  if (::send(client, request.data(), request.size(), 0) < 0) return failed("send");
                  char answer[4096];
                  const ssize_t count = ::recv(client, answer, sizeof(answer), 0);
                  server.reset();
                  if (count < 12) return failed("recv");
                  return std::string(answer + 9, 3) == "200" ? ""
                                                             : std::string(answer, static_cast<std::size_t>(count));
                },
                [&] {
                  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
                  server = std::move(HttpServer::open("127.0.0.1:0").value());
                }),
            "");
  char told[256];
  const ssize_t count = ::recv(manager, told, sizeof(told), MSG_DONTWAIT);
  ASSERT_GT(count, 0);
  EXPECT_EQ(std::string(told, static_cast<std::size_t>(count)), "READY=1\nSTATUS=well");
  ::close(manager);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace zonelag::service
