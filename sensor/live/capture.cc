#include "sensor/live/capture.h"

namespace zonelag::sensor {

const char* to_string(InterfaceChange change) {
  switch (change) {
    case InterfaceChange::down: return "down";
    case InterfaceChange::up: return "up";
    case InterfaceChange::gone: return "gone";
    case InterfaceChange::back: return "back";
    case InterfaceChange::failed: return "failed";
  }
  return "?";
}

}  // namespace zonelag::sensor
