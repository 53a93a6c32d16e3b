#include "ethernet_filter.h"

#include <fmt/format.h>

namespace zonelag::sensor {

namespace {

constexpr int kSnapLength = 262'144;

struct CloseHandle {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};

}  // namespace

void EthernetFilter::Free::operator()(bpf_program* program) const {
  pcap_freecode(program);
  delete program;
}

std::expected<EthernetFilter, std::string> EthernetFilter::compile(const std::string& text) {
  const std::unique_ptr<pcap_t, CloseHandle> handle(pcap_open_dead(DLT_EN10MB, kSnapLength));
  if (handle == nullptr) return std::unexpected(fmt::format("filter \"{}\": out of memory", text));
  std::unique_ptr<bpf_program, Free> program(new bpf_program{});
  if (pcap_compile(handle.get(), program.get(), text.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    return std::unexpected(fmt::format("filter \"{}\": {} (pcap-filter(7))", text, pcap_geterr(handle.get())));
  }
  return EthernetFilter(std::move(program));
}

bool EthernetFilter::matches(decoder::Bytes frame, std::uint32_t wire_length) const {
  const pcap_pkthdr header{.ts = {}, .caplen = static_cast<bpf_u_int32>(frame.size()), .len = wire_length};
  return pcap_offline_filter(program_.get(), &header, reinterpret_cast<const u_char*>(frame.data())) != 0;
}

}  // namespace zonelag::sensor
