// A capture as named on the command line: [HOST=]FILE (design.md section 9).
#pragma once

#include <string>
#include <string_view>

namespace zonelag::sensor {

struct CaptureArgument {
  std::string host;  // as given; empty: not given
  std::string file;
};

// "vie1=/var/tmp/a.pcap". A "=" behind a "/" belongs to the file's name.
CaptureArgument parse_capture_argument(std::string_view argument);

// The file's name up to its first dot, which may be a hostname: "vie1" of "/x/vie1.2026.pcap.zst".
std::string stem_of(std::string_view file);

}  // namespace zonelag::sensor
