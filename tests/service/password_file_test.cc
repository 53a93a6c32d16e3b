#include "service/password_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace zonelag::service {
namespace {

class PasswordFile : public testing::Test {
 protected:
  void SetUp() override { ASSERT_GE(::mkstemp(path_), 0); }
  void TearDown() override { std::filesystem::remove(path_); }
  std::expected<std::string, std::string> read(std::string_view content) const {
    std::ofstream(path_) << content;
    return read_password("a.file", path_);
  }

  char path_[32] = "/tmp/zonelag-password-XXXXXX";
};

TEST_F(PasswordFile, TheFirstLineIsIt) {
  EXPECT_EQ(read("a secret"), "a secret");
  EXPECT_EQ(read(" kept \nnot this\n"), " kept ");
  EXPECT_EQ(read("of Windows\r\nnot this\r\n"), "of Windows");
}

TEST_F(PasswordFile, WithoutOneItSaysWhy) {
  for (const char* content : {"", "\n", "\r\n", "\nsecond"}) {
    const auto password = read(content);
    ASSERT_FALSE(password);
    EXPECT_EQ(password.error(), std::string("a.file '") + path_ + "': its first line is empty");
  }
  std::filesystem::remove(path_);
  const auto password = read_password("a.file", path_);
  ASSERT_FALSE(password);
  EXPECT_EQ(password.error(), std::string("a.file '") + path_ + "': No such file or directory");
}

}  // namespace
}  // namespace zonelag::service
