// docs/zonelag-aggregator.8 tells of every option, in the words of --help, and its roff is sound.
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <array>

#include "manual_text.h"
#include "options.h"

namespace zonelag::aggregator {
namespace {

constexpr const char* kProgram = "zonelag-aggregator";
const service::ManualPage kManual(kProgram);

class AggregatorManual : public testing::Test {
 protected:
  AggregatorManual() { declare(app_, line_); }

  CommandLine line_;
  CLI::App app_{"", kProgram};
};

TEST_F(AggregatorManual, TellsOfEverySetting) { kManual.expect_settings(settings()); }

TEST_F(AggregatorManual, TellsOfEveryOtherOption) { kManual.expect_options(app_); }

TEST_F(AggregatorManual, TellsTheExitCodesOfHelp) { kManual.expect_exit_codes(app_, std::array{"0", "1", "2", "3"}); }

TEST_F(AggregatorManual, Roff) { kManual.expect_sound_roff(); }

}  // namespace
}  // namespace zonelag::aggregator
