// Passwords, which no setting holds itself: its file is named.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace zonelag::service {

// The first line of the file; `key` is the setting that names it. Error: one line.
std::expected<std::string, std::string> read_password(std::string_view key, const std::string& path);

}  // namespace zonelag::service
