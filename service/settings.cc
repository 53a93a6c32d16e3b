#include "service/settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "service/command_line/usage.h"
#include "service/setting_kinds.h"

namespace zonelag::service {

Parsed<std::string> one_of(std::string_view text, std::span<const std::string_view> choices) {
  if (std::ranges::find(choices, text) != choices.end()) return std::string(text);
  std::vector<std::string> names(choices.begin(), choices.end());
  std::erase(names, "");  // the file's word for "not given"
  return std::unexpected(fmt::format("'{}' is none of {}{}", text, fmt::join(names, ", "), did_you_mean(text, names)));
}

std::string option_of(const SettingInfo& setting) {
  std::string option = "--" + std::string(setting.key);
  std::ranges::replace(option, '.', '-');
  std::ranges::replace(option, '_', '-');
  return option;
}

std::string shown(const Values& values) {
  std::string text = fmt::format("{}", fmt::join(values, ", "));
  return text.empty() ? "none" : text;
}

const SettingInfo* SettingsTable::find(std::string_view key) const {
  const auto found = std::ranges::find(infos_, key, [](const SettingInfo* setting) { return setting->key; });
  return found == infos_.end() ? nullptr : *found;
}

}  // namespace zonelag::service
