// A DNS message in presentation format, by ldns.
#pragma once

#include <cstddef>
#include <string>

#include "decoder/cursor.h"

namespace zonelag::cli {

// Lines as dig prints them, without what only a client knows (query time, when); a line that says so when ldns can't
// read the message. More lines than `most`: those in the middle are left out, and a line says how many.
std::string dns_text(decoder::Bytes message, std::size_t most);

}  // namespace zonelag::cli
