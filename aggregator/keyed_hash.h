// SipHash-1-3 with a secret key. Zone names, serials and addresses in evidence come from packets: with a hash that
// anyone can compute, a sender could put all his keys into one chain of a table.
#pragma once

#include <cstdint>
#include <string_view>

#include "decoder/net.h"

namespace zonelag::aggregator {

class KeyedHash {
 public:
  KeyedHash();  // a key of std::random_device
  constexpr KeyedHash(std::uint64_t k0, std::uint64_t k1) : k0_(k0), k1_(k1) {}

  std::uint64_t operator()(std::string_view bytes) const;
  std::uint64_t operator()(const decoder::IpAddress& address) const;
  // Cheaper: a keyed finaliser, for the two numbers that name a row within a zone.
  std::uint64_t operator()(std::uint32_t left, std::uint32_t right) const {
    return decoder::mix(k1_ + decoder::mix(k0_ ^ (std::uint64_t{left} << 32 | right)));
  }
  // Takes one more word into a running hash, which begins with any of the above.
  std::uint64_t chain(std::uint64_t state, std::uint64_t word) const {
    return decoder::mix(k1_ + decoder::mix(state ^ word) + state);
  }

 private:
  std::uint64_t k0_;
  std::uint64_t k1_;
};

}  // namespace zonelag::aggregator
