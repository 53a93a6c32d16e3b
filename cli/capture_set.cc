#include "capture_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "sensor/capture_argument.h"

namespace zonelag::cli {
namespace {

std::vector<decoder::IpAddress> addresses_of(const aggregator::Nameserver& nameserver) {
  std::vector<decoder::IpAddress> addresses = nameserver.anycast;
  if (nameserver.ip4) addresses.push_back(*nameserver.ip4);
  if (nameserver.ip6) addresses.push_back(*nameserver.ip6);
  return addresses;
}

// Files of one folder with the same stem (x.pcap, x.1.pcap) are one sensor's rotation.
std::string mirror_id(const std::string& file) {
  if (file == "-") return "standard input";
  const std::size_t slash = file.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : file.substr(0, slash + 1);
  return folder + sensor::stem_of(file);
}

}  // namespace

std::expected<std::vector<sensor::CaptureSite>, std::string> locate_captures(const std::vector<std::string>& arguments,
                                                                             const aggregator::Inventory& inventory) {
  std::vector<sensor::CaptureSite> sites;
  std::set<std::string> files;
  for (const std::string& text : arguments) {
    const sensor::CaptureArgument argument = sensor::parse_capture_argument(text);
    if (argument.file.empty()) return std::unexpected(fmt::format("capture '{}': no file name", text));
    if (!files.insert(argument.file).second)
      return std::unexpected(fmt::format("capture '{}' is given twice", argument.file));
    const std::string host = argument.host.empty() ? sensor::stem_of(argument.file) : argument.host;
    const auto index = inventory.nameserver_named(host);
    if (!index && !argument.host.empty() && !inventory.nameservers().empty()) {
      return std::unexpected(fmt::format("capture '{}': '{}' is no hostname of the inventory", text, host));
    }
    sensor::CaptureSite site{.file = argument.file};
    if (index) {
      site.sensor_id = site.node = host;
      site.own_addresses = addresses_of(inventory.nameservers()[*index]);
    } else {
      site.sensor_id = argument.host.empty() ? mirror_id(argument.file) : argument.host;
      site.node = argument.host;
    }
    sites.push_back(std::move(site));
  }
  return sites;
}

}  // namespace zonelag::cli
