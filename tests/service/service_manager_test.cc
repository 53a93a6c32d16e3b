#include "service/service_manager.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>

namespace zonelag::service {
namespace {

// What the service manager is: a datagram socket.
class Service : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(::mkdtemp(folder_), nullptr);
    const std::string path = std::string(folder_) + "/notify";
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, path.c_str());
    ASSERT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  void TearDown() override {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "JOURNAL_STREAM"}) ::unsetenv(name);
    ::close(socket_);
    std::filesystem::remove_all(folder_);
  }
  // Empty: nothing came. A datagram to a local socket is there when send() returns.
  std::string received() const {
    char text[512];
    const ssize_t count = ::recv(socket_, text, sizeof(text), MSG_DONTWAIT);
    return count < 0 ? "" : std::string(text, static_cast<std::size_t>(count));
  }

  ServiceManager manager_;

 private:
  char folder_[32] = "/tmp/zonelag-service-XXXXXX";
  int socket_ = -1;
};

TEST_F(Service, IsToldWhatHappens) {
  manager_.ready("2 workers on eth0");
  EXPECT_EQ(received(), "READY=1\nSTATUS=2 workers on eth0");
  manager_.status("one\nREADY=1");
  EXPECT_EQ(received(), "STATUS=one READY=1") << "a name from outside can't say something of its own";
  manager_.alive();
  EXPECT_EQ(received(), "WATCHDOG=1");
  manager_.stopping("flushing");
  EXPECT_EQ(received(), "STOPPING=1\nSTATUS=flushing");
}

TEST_F(Service, AReloadSaysWhenItBegan) {
  timespec before{};
  ::clock_gettime(CLOCK_MONOTONIC, &before);
  manager_.reloading();
  timespec after{};
  ::clock_gettime(CLOCK_MONOTONIC, &after);
  const std::string text = received();
  const std::string head = "RELOADING=1\nMONOTONIC_USEC=";
  ASSERT_EQ(text.substr(0, head.size()), head);
  const long long said = std::stoll(text.substr(head.size()));
  EXPECT_GE(said, before.tv_sec * 1'000'000LL + before.tv_nsec / 1000);
  EXPECT_LE(said, after.tv_sec * 1'000'000LL + after.tv_nsec / 1000);
}

TEST_F(Service, WithoutOneNothingHappens) {
  ::unsetenv("NOTIFY_SOCKET");
  manager_.ready("well");
  EXPECT_EQ(received(), "");
}

TEST_F(Service, TheWatchdogIsForThisProcessAlone) {
  EXPECT_FALSE(manager_.watchdog_interval());
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  EXPECT_EQ(manager_.watchdog_interval(), std::chrono::seconds(15));
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_FALSE(manager_.watchdog_interval());
}

TEST_F(Service, TheJournalIsKnownByItsStream) {
  EXPECT_FALSE(standard_error_is_journal());
  struct stat state{};
  ASSERT_EQ(::fstat(STDERR_FILENO, &state), 0);
  ::setenv("JOURNAL_STREAM", (std::to_string(state.st_dev) + ":" + std::to_string(state.st_ino)).c_str(), 1);
  EXPECT_TRUE(standard_error_is_journal());
  ::setenv("JOURNAL_STREAM", "1:1", 1);
  EXPECT_FALSE(standard_error_is_journal());
}

}  // namespace
}  // namespace zonelag::service
