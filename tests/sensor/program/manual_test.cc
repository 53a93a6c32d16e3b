// docs/zonelag-sensor.8 tells of every option, in the words of --help, and its roff is sound.
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <array>

#include "manual_text.h"
#include "options.h"

namespace zonelag::sensor {
namespace {

constexpr const char* kProgram = "zonelag-sensor";
const service::ManualPage kManual(kProgram);

class Manual : public testing::Test {
 protected:
  Manual() { declare(app_, line_); }

  CommandLine line_;
  CLI::App app_{"", kProgram};
};

TEST_F(Manual, TellsOfEverySetting) { kManual.expect_settings(settings()); }

TEST_F(Manual, TellsOfEveryOtherOption) {
  kManual.expect_options(app_);
  kManual.expect_options(*app_.get_subcommand("doctor"));
}

TEST_F(Manual, TellsTheExitCodesOfHelp) { kManual.expect_exit_codes(app_, std::array{"0", "1", "2", "75"}); }

TEST_F(Manual, Roff) { kManual.expect_sound_roff(); }

}  // namespace
}  // namespace zonelag::sensor
