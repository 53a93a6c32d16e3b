// Capture files made byte by byte, so that a test says exactly what is in them.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace zonelag::sensor {

class CaptureBytes {
 public:
  explicit CaptureBytes(std::endian order = std::endian::little) : order_(order) {}

  template <typename Number>
  CaptureBytes& put(Number number) {
    if (order_ != std::endian::native) number = std::byteswap(number);
    bytes_.append(reinterpret_cast<const char*>(&number), sizeof number);
    return *this;
  }
  CaptureBytes& u16(std::uint16_t number) { return put(number); }
  CaptureBytes& u32(std::uint32_t number) { return put(number); }
  CaptureBytes& u64(std::uint64_t number) { return put(number); }
  CaptureBytes& text(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }
  CaptureBytes& pad() {
    while (bytes_.size() % 4 != 0) bytes_ += '\0';
    return *this;
  }
  const std::string& bytes() const { return bytes_; }
  std::endian order() const { return order_; }

  // pcap
  CaptureBytes& pcap_header(std::uint32_t magic = 0xa1b23c4d, std::uint32_t link = 1, std::uint32_t snaplen = 65535) {
    return u32(magic).u16(2).u16(4).u32(0).u32(0).u32(snaplen).u32(link);
  }
  CaptureBytes& pcap_packet(std::uint32_t seconds, std::uint32_t fraction, std::string_view data,
                            std::uint32_t wire_length) {
    return u32(seconds).u32(fraction).u32(length(data)).u32(wire_length).text(data);
  }

  // pcapng
  CaptureBytes& block(std::uint32_t type, std::string_view body) {
    const std::uint32_t padded = (length(body) + 3) / 4 * 4 + 12;
    return u32(type).u32(padded).text(body).pad().u32(padded);
  }
  CaptureBytes& section() { return block(0x0a0d0d0a, same_order().u32(0x1a2b3c4d).u16(1).u16(0).u64(~0ULL).bytes()); }
  CaptureBytes& interface(std::uint16_t link, std::string_view options = {}, std::uint32_t snaplen = 0) {
    return block(1, same_order().u16(link).u16(0).u32(snaplen).text(options).bytes());
  }
  CaptureBytes& option(std::uint16_t code, std::string_view value) {
    return u16(code).u16(static_cast<std::uint16_t>(value.size())).text(value).pad();
  }
  CaptureBytes& enhanced(std::uint32_t interface, std::uint64_t ticks, std::string_view data, std::uint32_t wire_length,
                         std::string_view options = {}) {
    CaptureBytes body = same_order();
    body.u32(interface).u32(static_cast<std::uint32_t>(ticks >> 32)).u32(static_cast<std::uint32_t>(ticks));
    return block(6, body.u32(length(data)).u32(wire_length).text(data).pad().text(options).bytes());
  }
  CaptureBytes& simple(std::string_view data, std::uint32_t wire_length) {
    return block(3, same_order().u32(wire_length).text(data).bytes());
  }
  CaptureBytes& obsolete(std::uint16_t interface, std::uint64_t ticks, std::string_view data,
                         std::uint32_t wire_length) {
    CaptureBytes body = same_order();
    body.u16(interface).u16(7).u32(static_cast<std::uint32_t>(ticks >> 32)).u32(static_cast<std::uint32_t>(ticks));
    return block(2, body.u32(length(data)).u32(wire_length).text(data).bytes());
  }
  CaptureBytes same_order() const { return CaptureBytes(order_); }

 private:
  static std::uint32_t length(std::string_view bytes) { return static_cast<std::uint32_t>(bytes.size()); }

  std::endian order_;
  std::string bytes_;
};

}  // namespace zonelag::sensor
