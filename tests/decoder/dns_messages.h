// DNS messages made by hand (RFC 1035 section 4), section after section; names are spelt out unless a test points.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "decoder/dns_message.h"

namespace zonelag::decoder::test {

inline constexpr unsigned kQuery = 0x0000;
inline constexpr unsigned kAnswer = 0x8400;  // QR, AA
inline constexpr unsigned kNotify = 0x2400;
inline constexpr unsigned kNotifyAnswer = 0xa400;
inline constexpr std::uint16_t kTypeA = 1;

inline Bytes bytes_of(std::string_view text) { return std::as_bytes(std::span{text}); }

inline std::string number16(std::size_t value) {
  return {static_cast<char>(value >> 8 & 0xff), static_cast<char>(value & 0xff)};
}
inline std::string number32(std::size_t value) { return number16(value >> 16) + number16(value); }

// "example.test", without the final dot; "": the root.
inline std::string wire_name(std::string_view text) {
  std::string wire;
  while (!text.empty()) {
    const std::string_view label = text.substr(0, text.find('.'));
    wire += static_cast<char>(label.size());
    wire += label;
    text.remove_prefix(std::min(label.size() + 1, text.size()));
  }
  return wire + '\0';
}

inline std::string record(std::string_view owner, std::uint16_t type, std::string_view rdata,
                          std::uint16_t klass = kClassIn) {
  return wire_name(owner) + number16(type) + number16(klass) + number32(300) + number16(rdata.size()) +
         std::string(rdata);
}

inline std::string soa(std::string_view zone, std::uint32_t serial, std::uint16_t klass = kClassIn) {
  const std::string rdata = wire_name("ns.test") + wire_name("hostmaster.test") + number32(serial) + number32(3600) +
                            number32(600) + number32(86400) + number32(60);
  return record(zone, kTypeSoa, rdata, klass);
}

inline std::string a_record(std::string_view owner) { return record(owner, kTypeA, "\xc0\x00\x02\x07"); }

// RFC 8945 section 4.2, with a MAC of 32 bytes.
inline std::string tsig(std::string_view key, std::size_t error = 0) {
  const std::string rdata = wire_name("hmac-sha256") + number16(0) + number32(1'800'000'000) + number16(300) +
                            number16(32) + std::string(32, 'm') + number16(1) + number16(error) + number16(0);
  return record(key, kTypeTsig, rdata, kTypeAny);
}

class Message {
 public:
  Message(std::uint16_t id, std::size_t flags) : id_(id), flags_(flags) {}

  Message& question(std::string_view name, std::uint16_t type, std::uint16_t klass = kClassIn) {
    return add(0, wire_name(name) + number16(type) + number16(klass));
  }
  Message& answer(const std::string& record) { return add(1, record); }
  Message& authority(const std::string& record) { return add(2, record); }
  Message& additional(const std::string& record) { return add(3, record); }

  std::string bytes() const {
    std::string all = number16(id_) + number16(flags_);
    for (const std::size_t count : counts_) all += number16(count);
    for (const std::string& section : sections_) all += section;
    return all;
  }
  // As TCP carries it (RFC 1035 section 4.2.2).
  std::string framed() const { return number16(bytes().size()) + bytes(); }

 private:
  Message& add(std::size_t section, const std::string& what) {
    ++counts_[section];
    sections_[section] += what;
    return *this;
  }

  std::uint16_t id_;
  std::size_t flags_;
  std::size_t counts_[4] = {0, 0, 0, 0};
  std::string sections_[4];
};

}  // namespace zonelag::decoder::test
