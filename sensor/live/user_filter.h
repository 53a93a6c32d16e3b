// pcap-filter(7) by libpcap's compiler.
#pragma once

#include <pcap/pcap.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <utility>

namespace zonelag::sensor {

struct PcapCloser {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};
using PcapHandle = std::unique_ptr<pcap_t, PcapCloser>;

// pcap_compile()'s program, freed with this.
class UserFilter {
 public:
  // For packets as `handle` hands them out. Error: one line, libpcap's message and the filter.
  static std::expected<UserFilter, std::string> compile(pcap_t* handle, const std::string& text);
  // For packets of a DLT_ that come from elsewhere.
  static std::expected<UserFilter, std::string> compile(int link, std::uint32_t snap_length, const std::string& text);
  ~UserFilter() { pcap_freecode(&program_); }
  UserFilter(UserFilter&& other) noexcept : program_(other.program_) { other.program_ = {}; }
  UserFilter& operator=(UserFilter&& other) noexcept {
    std::swap(program_, other.program_);
    return *this;
  }

  const bpf_program& program() const { return program_; }

 private:
  UserFilter() = default;
  bpf_program program_{};
};

}  // namespace zonelag::sensor
