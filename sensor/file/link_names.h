// What link types that zonelag may meet but does not decode are called.
#pragma once

#include <cstdint>
#include <string>

namespace zonelag::sensor {

// "189 (USB_LINUX)", or the number alone. Names of https://www.tcpdump.org/linktypes.html without LINKTYPE_.
std::string link_type_name(std::uint16_t number);

}  // namespace zonelag::sensor
