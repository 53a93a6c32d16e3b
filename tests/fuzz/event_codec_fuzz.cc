// A record off the bus: never a crash, and what is accepted means the same after it was written again, in both forms.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "proto/codec.h"

using namespace zonelag;

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  proto::silence_library_log();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto event = proto::decode(std::as_bytes(std::span(data, size)));
  if (!event) return to_string(event.error()).empty() ? 1 : 0;
  const std::string record = proto::encode(*event);
  const auto again = proto::decode(record);
  if (!again || proto::encode(*again) != record) std::abort();
  if (proto::from_json(proto::to_json(*event)) != again) std::abort();
  // Only what must not be written may be lost.
  if (again->destination == decoder::Endpoint{}) event->destination = {};
  if (*event != *again) std::abort();
  return 0;
}
