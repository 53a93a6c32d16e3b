#include "manual_text.h"

#include <fmt/format.h>

#include <cctype>

namespace zonelag::service {

std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '-')
      out += "\\-";
    else if (c == '\\')
      out += "\\e";
    else
      out += c;
  }
  return out;
}

std::string settings_in_roff(const SettingsTable& table) {
  std::string out;
  for (const Section& section : table.sections()) {
    out += fmt::format(".SS {} ([{}])\n", section.title, section.name);
    for (const SettingInfo* setting : table.infos()) {
      if (setting->section() != section.name) continue;
      std::string help = roff(setting->help);
      help.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(help.front())));
      out += fmt::format(".TP\n.BI {} \" {}\"\n{}.\n", roff(option_of(*setting)), roff(setting->type), help);
      out += fmt::format("Default: {}.\n{}", roff(shown(table.defaults(*setting))),
                         setting->reloadable ? "SIGHUP changes it.\n" : "");
    }
  }
  return out;
}

}  // namespace zonelag::service
