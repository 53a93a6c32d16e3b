// A file of length-delimited events: ends, whatever is in it, and takes no more storage than there are bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

#include "proto/codec.h"

using namespace zonelag;

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  proto::silence_library_log();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::istringstream in(std::string(data, data + size));
  for (std::size_t records = 0; records <= size; ++records) {
    const auto event = proto::read_delimited(in);
    if (in.bad() || (event && !*event)) return 0;
  }
  std::abort();  // each record takes a byte at least
}
