#include "link_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace zonelag::sensor {
namespace {

struct Name {
  std::uint16_t number;
  std::string_view text;
};

constexpr std::array<Name, 42> kNames{{
    {0, "NULL"},
    {1, "ETHERNET"},
    {3, "AX25"},
    {6, "IEEE802_5"},
    {7, "ARCNET_BSD"},
    {8, "SLIP"},
    {9, "PPP"},
    {10, "FDDI"},
    {50, "PPP_HDLC"},
    {51, "PPP_ETHER"},
    {100, "ATM_RFC1483"},
    {101, "RAW"},
    {104, "C_HDLC"},
    {105, "IEEE802_11"},
    {107, "FRELAY"},
    {108, "LOOP"},
    {109, "ENC"},
    {113, "LINUX_SLL"},
    {114, "LTALK"},
    {117, "PFLOG"},
    {119, "IEEE802_11_PRISM"},
    {122, "IP_OVER_FC"},
    {127, "IEEE802_11_RADIOTAP"},
    {138, "APPLE_IP_OVER_IEEE1394"},
    {143, "DOCSIS"},
    {149, "USER2"},
    {163, "IEEE802_11_AVS"},
    {187, "BLUETOOTH_HCI_H4"},
    {189, "USB_LINUX"},
    {192, "PPI"},
    {195, "IEEE802_15_4_WITHFCS"},
    {201, "BLUETOOTH_HCI_H4_WITH_PHDR"},
    {203, "LAPD"},
    {220, "USB_LINUX_MMAPPED"},
    {228, "IPV4"},
    {229, "IPV6"},
    {239, "NFLOG"},
    {240, "NETANALYZER"},
    {249, "USBPCAP"},
    {253, "NETLINK"},
    {276, "LINUX_SLL2"},
    {252, "WIRESHARK_UPPER_PDU"},
}};

}  // namespace

std::string link_type_name(std::uint16_t number) {
  const auto found =
      std::find_if(kNames.begin(), kNames.end(), [=](const Name& name) { return name.number == number; });
  return found == kNames.end() ? fmt::format("{}", number) : fmt::format("{} ({})", number, found->text);
}

}  // namespace zonelag::sensor
