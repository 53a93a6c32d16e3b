// A child process that has dropped all privileges in the middle of what it does.
#pragma once

#include <cap-ng.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

namespace zonelag::sensor::test {

// Nobody, without capabilities, and none to be had any more.
inline void drop_privileges() {
  constexpr uid_t kNobody = 65534;
  capng_clear(CAPNG_SELECT_BOTH);
  const auto flags = static_cast<capng_flags_t>(CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING);
  ASSERT_EQ(capng_change_id(kNobody, kNobody, flags), 0);
  ASSERT_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  ASSERT_EQ(capng_have_capabilities(CAPNG_SELECT_BOTH), CAPNG_NONE);
}

// A process that runs `what`; wait() is whether all was well there.
class Child {
 public:
  explicit Child(const std::function<void()>& what) : pid_(::fork()) {
    if (pid_ != 0) return;
    what();
    // Sanitizers' exit handlers would want what was dropped.
    std::fflush(nullptr);
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  bool wait() const {
    int status = -1;
    ::waitpid(pid_, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

 private:
  pid_t pid_;
};

// One byte from one process to another: "go on".
class Signal {
 public:
  Signal() { EXPECT_EQ(::pipe(ends_), 0); }
  ~Signal() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;
  void give() const { EXPECT_EQ(::write(ends_[1], "x", 1), 1); }
  void take() const {
    char ignored = 0;
    EXPECT_EQ(::read(ends_[0], &ignored, 1), 1);
  }

 private:
  int ends_[2] = {-1, -1};
};

}  // namespace zonelag::sensor::test
