#include "decoder/event.h"

#include <array>

namespace zonelag::decoder {

const char* to_string(TransferPhase phase) {
  constexpr std::array kNames{"started", "completed", "failed"};
  return kNames[static_cast<std::size_t>(phase)];
}

const char* to_string(TransferQuery query) {
  constexpr std::array kNames{"unknown", "AXFR", "IXFR"};
  return kNames[static_cast<std::size_t>(query)];
}

const char* to_string(TransferForm form) {
  constexpr std::array kNames{"none", "AXFR", "incremental", "AXFR-style", "lone SOA"};
  return kNames[static_cast<std::size_t>(form)];
}

const char* to_string(TransferFailure failure) {
  constexpr std::array kNames{
      "none",  "REFUSED",      "NOTAUTH",      "other RCODE", "TSIG error", "connection refused", "connect timeout",
      "reset", "closed early", "idle timeout", "capture gap", "malformed",  "truncated"};
  return kNames[static_cast<std::size_t>(failure)];
}

const char* to_string(ServedVia via) {
  constexpr std::array kNames{"SOA answer", "negative answer", "ZONEVERSION"};
  return kNames[static_cast<std::size_t>(via)];
}

const char* to_string(Direction direction) {
  constexpr std::array kNames{"transit", "out", "in"};
  return kNames[static_cast<std::size_t>(direction)];
}

const char* to_string(ClockSync sync) {
  constexpr std::array kNames{"unknown", "synchronised", "unsynchronised"};
  return kNames[static_cast<std::size_t>(sync)];
}

const char* to_string(ClockLeap leap) {
  constexpr std::array kNames{"none", "insertion due", "deletion due", "in progress", "over"};
  return kNames[static_cast<std::size_t>(leap)];
}

std::string rcode_to_string(std::uint8_t rcode) {
  constexpr std::array kNames{"NOERROR",  "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",  "REFUSED",
                              "YXDOMAIN", "YXRRSET", "NXRRSET",  "NOTAUTH",  "NOTZONE", "DSOTYPENI"};
  return rcode < kNames.size() ? kNames[rcode] : "RCODE" + std::to_string(rcode);
}

}  // namespace zonelag::decoder
