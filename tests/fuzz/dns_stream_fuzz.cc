// Bytes as the two directions of a TCP connection. Cut anywhere, and held or streamed, they must give the same events.
#include "dns_stream_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace zonelag::decoder;
  const Bytes input = std::as_bytes(std::span{data, size});
  const StreamRun whole = play(input, {.max_transfers_of_connection = 4}, false);
  const StreamRun cut = play(input, {.max_transfers_of_connection = 4}, true);
  const StreamRun kept = play(input, {.max_transfers_of_connection = 4, .keep_messages = true}, true);
  play(input, {.max_transfers = 2, .max_held_bytes = 40}, true);
  if (whole.holes) return 0;  // where a stream is found again depends on what of it is seen at a time
  require(whole.events == cut.events);
  require(whole.switched || whole.completed() == kept.completed());
  return 0;
}
