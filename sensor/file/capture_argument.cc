#include "sensor/capture_argument.h"

namespace zonelag::sensor {

CaptureArgument parse_capture_argument(std::string_view argument) {
  const std::size_t equals = argument.find('=');
  const std::size_t slash = argument.find('/');
  if (equals == std::string_view::npos || equals == 0 || slash < equals) return {.file = std::string(argument)};
  return {std::string(argument.substr(0, equals)), std::string(argument.substr(equals + 1))};
}

std::string stem_of(std::string_view file) {
  const std::size_t slash = file.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? file : file.substr(slash + 1);
  return std::string(name.substr(0, name.find('.')));
}

}  // namespace zonelag::sensor
