#include "dns_text.h"

#include <ldns/ldns.h>

#include <cstdlib>
#include <memory>

namespace zonelag::cli {

std::string dns_text(decoder::Bytes message) {
  ldns_pkt* parsed = nullptr;
  const ldns_status status =
      ldns_wire2pkt(&parsed, reinterpret_cast<const std::uint8_t*>(message.data()), message.size());
  if (status != LDNS_STATUS_OK) return std::string("ldns: ") + ldns_get_errorstr_by_id(status) + "\n";
  const std::unique_ptr<ldns_pkt, decltype(&ldns_pkt_free)> packet(parsed, &ldns_pkt_free);
  const std::unique_ptr<char, decltype(&std::free)> text(ldns_pkt2str(packet.get()), &std::free);
  return text ? text.get() : "ldns: out of memory\n";
}

}  // namespace zonelag::cli
