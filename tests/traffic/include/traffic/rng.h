// SplitMix64. The standard's distributions may differ between libraries; these do not. Draw at most once in an
// expression whose parts may be evaluated in any order (arguments, operands), or compilers differ.
#pragma once

#include <cstdint>
#include <span>

namespace zonelag::traffic {

class Rng {
 public:
  explicit constexpr Rng(std::uint64_t seed) : state_{seed} {}

  constexpr std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }

  /// 0 .. limit - 1; 0 when limit is 0. The bias of the multiplication (limit / 2^32) does not matter here.
  constexpr std::uint32_t below(std::uint32_t limit) {
    return static_cast<std::uint32_t>(((next() >> 32) * limit) >> 32);
  }

  constexpr std::uint16_t next16() { return static_cast<std::uint16_t>(next() >> 48); }
  constexpr std::uint32_t next32() { return static_cast<std::uint32_t>(next() >> 32); }

  /// True in `percent` of 100 cases. Draws no number at 0, so that an option left out leaves the sequence alone.
  constexpr bool chance(double percent) {
    return percent > 0 && static_cast<double>(next() >> 11) * 0x1p-53 * 100.0 < percent;
  }

  void fill(std::span<std::uint8_t> out);

 private:
  std::uint64_t state_;
};

}  // namespace zonelag::traffic
