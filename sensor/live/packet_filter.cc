#include "sensor/live/packet_filter.h"

#include <fmt/format.h>

#include <utility>

#include "user_filter.h"

namespace zonelag::sensor {
namespace {

// libpcap's DLT_ is the LINKTYPE_ of a file but for raw IP.
int dlt_of(decoder::LinkType link) { return link == decoder::LinkType::raw ? DLT_RAW : static_cast<int>(link); }

constexpr int kSnapLength = 262'144;

}  // namespace

std::expected<UserFilter, std::string> UserFilter::compile(pcap_t* handle, const std::string& text) {
  UserFilter filter;
  if (pcap_compile(handle, &filter.program_, text.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    return std::unexpected(fmt::format("filter '{}': {}", text, pcap_geterr(handle)));
  }
  return filter;
}

std::expected<UserFilter, std::string> UserFilter::compile(int link, std::uint32_t snap_length,
                                                           const std::string& text) {
  const PcapHandle handle(pcap_open_dead(link, static_cast<int>(snap_length)));
  if (handle == nullptr) return std::unexpected(fmt::format("filter '{}': out of memory", text));
  return compile(handle.get(), text);
}

struct PacketFilter::Code {
  UserFilter filter;
};

PacketFilter::PacketFilter(std::unique_ptr<Code> code) : code_(std::move(code)) {}
PacketFilter::~PacketFilter() = default;
PacketFilter::PacketFilter(PacketFilter&&) noexcept = default;
PacketFilter& PacketFilter::operator=(PacketFilter&&) noexcept = default;

std::expected<PacketFilter, std::string> PacketFilter::compile(const std::string& text, decoder::LinkType link) {
  auto filter = UserFilter::compile(dlt_of(link), kSnapLength, text);
  if (!filter) return std::unexpected(std::move(filter.error()));
  return PacketFilter(std::make_unique<Code>(std::move(*filter)));
}

bool PacketFilter::match(const decoder::Packet& packet) const {
  pcap_pkthdr header{};
  header.caplen = static_cast<bpf_u_int32>(packet.data.size());
  header.len = packet.wire_length;
  return pcap_offline_filter(&code_->filter.program(), &header, reinterpret_cast<const u_char*>(packet.data.data())) !=
         0;
}

}  // namespace zonelag::sensor
