#include "keyed_hash.h"

#include <bit>
#include <cstring>
#include <random>

namespace zonelag::aggregator {
namespace {

std::uint64_t random_word() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

struct SipState {
  std::uint64_t v0;
  std::uint64_t v1;
  std::uint64_t v2;
  std::uint64_t v3;

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void absorb(std::uint64_t word) {
    v3 ^= word;
    round();
    v0 ^= word;
  }
  std::uint64_t finish() {
    v2 ^= 0xff;
    round();
    round();
    round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

}  // namespace

KeyedHash::KeyedHash() : k0_(random_word()), k1_(random_word()) {}

std::uint64_t KeyedHash::operator()(std::string_view bytes) const {
  static_assert(std::endian::native == std::endian::little, "SipHash reads little-endian words");
  SipState state{k0_ ^ 0x736f6d6570736575ULL, k1_ ^ 0x646f72616e646f6dULL, k0_ ^ 0x6c7967656e657261ULL,
                 k1_ ^ 0x7465646279746573ULL};
  std::uint64_t word = 0;
  std::size_t at = 0;
  for (; bytes.size() - at >= 8; at += 8) {
    std::memcpy(&word, bytes.data() + at, 8);
    state.absorb(word);
  }
  word = 0;
  std::memcpy(&word, bytes.data() + at, bytes.size() - at);
  state.absorb(word | std::uint64_t{bytes.size()} << 56);
  return state.finish();
}

std::uint64_t KeyedHash::operator()(const decoder::IpAddress& address) const {
  char bytes[16];
  std::memcpy(bytes, address.bytes().data(), sizeof bytes);
  return (*this)(std::string_view(bytes, sizeof bytes));
}

}  // namespace zonelag::aggregator
