// The manual page of a program, docs/NAME.8: it tells of every option, in the words of --help, and its roff is sound.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "service/settings.h"

namespace CLI {
class App;
}

namespace zonelag::service {

// With what roff would take for its own escaped.
std::string roff(std::string_view text);

// A section for each section, and in it type, help text, default, and whether SIGHUP changes it.
std::string settings_in_roff(const SettingsTable& table);

// Each expect_...() adds failures to the test that calls it.
class ManualPage {
 public:
  explicit ManualPage(std::string_view program);

  // The part between its marks; written where ZONELAG_WRITE_DOCS is set.
  void expect_settings(const SettingsTable& table) const;
  // Of `app` itself, not of its sub-commands.
  void expect_options(const CLI::App& app) const;
  // They are those of --help, too.
  void expect_exit_codes(const CLI::App& app, std::span<const char* const> codes) const;
  void expect_sound_roff() const;

 private:
  std::string text() const;

  std::string path_;
};

}  // namespace zonelag::service
