// The spool's directory, for a sensor that starts as root and runs as somebody else.
#pragma once

#include <expected>
#include <string>

namespace zonelag::sensor {

// Where this process is root and `user` is somebody else: makes `directory` if it is not there, and gives it to `user`.
// Else nothing: Spool::open() makes what it may. Error: one line that names it.
std::expected<void, std::string> make_spool_directory(const std::string& directory, const std::string& user);

}  // namespace zonelag::sensor
