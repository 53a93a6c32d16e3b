#include "capture_set.h"

#include <fmt/format.h>

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

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

// Finds a capture that is given twice, be it by two names: its packets would count twice.
class GivenFiles {
 public:
  // What is wrong with one more.
  std::optional<std::string> add(const std::string& file) {
    if (!names_.insert(file).second) return fmt::format("capture '{}' is given twice", file);
    struct stat status{};
    if (file == "-" || ::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
    const auto [same, fresh] = files_.emplace(std::pair(status.st_dev, status.st_ino), file);
    if (fresh) return std::nullopt;
    return fmt::format("captures '{}' and '{}' are the same file", same->second, file);
  }

 private:
  std::set<std::string> names_;
  std::map<std::pair<dev_t, ino_t>, std::string> files_;
};

}  // namespace

std::expected<std::vector<sensor::CaptureSite>, std::string> locate_captures(const std::vector<std::string>& arguments,
                                                                             const aggregator::Inventory& inventory) {
  std::vector<sensor::CaptureSite> sites;
  GivenFiles given;
  for (const std::string& text : arguments) {
    const sensor::CaptureArgument argument = sensor::parse_capture_argument(text);
    if (argument.file.empty()) return std::unexpected(fmt::format("capture '{}': no file name", text));
    if (const auto defect = given.add(argument.file)) return std::unexpected(*defect);
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
  // Packets of the same time come in the order of their captures: not that in which somebody named them.
  std::ranges::sort(sites, {}, [](const sensor::CaptureSite& site) { return std::tie(site.sensor_id, site.file); });
  return sites;
}

std::vector<std::string> nodes_without_capture(const std::vector<sensor::CaptureSite>& sites,
                                               const aggregator::Inventory& inventory) {
  std::set<std::string> captured;
  for (const sensor::CaptureSite& site : sites) {
    if (inventory.nameserver_named(site.node)) captured.insert(site.node);
  }
  std::vector<std::string> absent;
  if (captured.empty()) return absent;
  for (const aggregator::Nameserver& row : inventory.nameservers()) {
    if (row.status != aggregator::NodeStatus::disabled && !captured.contains(row.hostname))
      absent.push_back(row.hostname);
  }
  return absent;
}

}  // namespace zonelag::cli
