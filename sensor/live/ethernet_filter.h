// The user's pcap-filter(7) run in user space, on Ethernet frames: DPDK has no kernel below it that would do so.
#pragma once

#include <pcap/pcap.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "decoder/cursor.h"

namespace zonelag::sensor {

class EthernetFilter {
 public:
  // Error: one line that names the filter.
  static std::expected<EthernetFilter, std::string> compile(const std::string& text);
  bool matches(decoder::Bytes frame, std::uint32_t wire_length) const;

 private:
  struct Free {
    void operator()(bpf_program* program) const;
  };
  explicit EthernetFilter(std::unique_ptr<bpf_program, Free> program) : program_(std::move(program)) {}
  std::unique_ptr<bpf_program, Free> program_;
};

}  // namespace zonelag::sensor
