// A DNS message in presentation format, by ldns.
#pragma once

#include <string>

#include "decoder/cursor.h"

namespace zonelag::cli {

// Lines as dig prints them; a line that says so when ldns can't read the message.
std::string dns_text(decoder::Bytes message);

}  // namespace zonelag::cli
