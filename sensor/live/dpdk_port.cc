#include "dpdk_port.h"

#include <fmt/format.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>

#include <algorithm>
#include <array>
#include <vector>

namespace zonelag::sensor {

namespace {

constexpr std::uint16_t kDescriptors = 2048;  // of each queue, as far as the driver and the pool allow
constexpr std::uint32_t kLargestMtu = 9216;   // jumbo frames, where the driver can scatter them over mbufs
constexpr std::uint32_t kMinMbufs = 64;
constexpr std::size_t kLongestKey = 64;

std::string device_name(std::uint16_t port) {
  std::array<char, RTE_ETH_NAME_MAX_LEN> name{};
  return rte_eth_dev_get_name_by_port(port, name.data()) == 0 ? name.data() : "?";
}

std::string ports_there() {
  std::string all;
  for (std::uint16_t port = 0; port < RTE_MAX_ETHPORTS; ++port) {
    if (rte_eth_dev_is_valid_port(port) == 0) continue;
    rte_eth_dev_info info{};
    const bool known = rte_eth_dev_info_get(port, &info) == 0 && info.driver_name != nullptr;
    all += fmt::format("{}{} ({}, driver {})", all.empty() ? "" : ", ", port, device_name(port),
                       known ? info.driver_name : "unknown");
  }
  return all;
}

// Both directions of a flow to one queue: a Toeplitz key of two repeated bytes gives the same hash with source and
// destination exchanged.
std::array<std::uint8_t, kLongestKey> symmetric_key() {
  std::array<std::uint8_t, kLongestKey> key{};
  for (std::size_t at = 0; at < key.size(); ++at) key[at] = at % 2 == 0 ? 0x6d : 0x5a;
  return key;
}

}  // namespace

std::expected<std::shared_ptr<DpdkPort>, std::string> DpdkPort::open(const DpdkConfig& config) {
  auto eal = Eal::start(config.eal);
  if (!eal) return std::unexpected(std::move(eal.error()));
  std::shared_ptr<DpdkPort> port(new DpdkPort(std::move(*eal)));
  if (auto error = port->set_up(config)) return std::unexpected(std::move(*error));
  return port;
}

DpdkPort::~DpdkPort() {
  if (started_ && rte_eth_dev_stop(number_) != 0) {
    rte_mempool* const lost = pool_.release();  // the card may still write into it
    static_cast<void>(lost);
    return;
  }
  if (found_) rte_eth_dev_close(number_);
}

std::optional<std::string> DpdkPort::set_up(const DpdkConfig& config) {
  if (auto error = find(config)) return error;
  if (auto error = make_pool(config.mbufs)) return error;
  if (auto error = configure(static_cast<std::uint16_t>(config.queues))) return error;
  if (auto error = set_up_queues(config)) return error;
  if (auto error = start()) return error;
  find_stamps();
  return std::nullopt;
}

std::optional<std::string> DpdkPort::find(const DpdkConfig& config) {
  number_ = config.port;
  if (rte_eth_dev_is_valid_port(number_) == 0) {
    const std::string there = ports_there();
    if (!there.empty()) return fmt::format("there is no DPDK port {}: there is {}", number_, there);
    return fmt::format(
        "there is no DPDK port {}: EAL found no device{}; name one (--vdev or -a), bound to a driver that DPDK uses",
        number_, eal_->log().reason());
  }
  name_ = device_name(number_);
  if (const int error = rte_eth_dev_info_get(number_, &info_); error != 0) {
    return failed("tell what it can do", error);
  }
  found_ = true;
  driver_ = info_.driver_name != nullptr ? info_.driver_name : "unknown";
  if (config.queues == 0 || config.queues > info_.max_rx_queues) {
    return fmt::format("{} has 1 to {} receive queues, not {}", described(), info_.max_rx_queues, config.queues);
  }
  return std::nullopt;
}

std::optional<std::string> DpdkPort::make_pool(std::uint32_t mbufs) {
  if (mbufs < kMinMbufs) return fmt::format("a DPDK pool of {} mbufs is too small: at least {}", mbufs, kMinMbufs);
  const std::uint32_t cache = std::min<std::uint32_t>(RTE_MEMPOOL_CACHE_MAX_SIZE / 2, mbufs / 4);
  pool_.reset(
      rte_pktmbuf_pool_create("zonelag", mbufs, cache, 0, RTE_MBUF_DEFAULT_BUF_SIZE, rte_eth_dev_socket_id(number_)));
  if (pool_ != nullptr) return std::nullopt;
  const std::size_t bytes = std::size_t{mbufs} * (RTE_MBUF_DEFAULT_BUF_SIZE + sizeof(rte_mbuf));
  return fmt::format("no room for a DPDK pool of {} mbufs ({} MB): {}{}", mbufs, (bytes >> 20) + 1,
                     rte_strerror(rte_errno), eal_->memory_advice());
}

std::optional<std::string> DpdkPort::configure(std::uint16_t queues) {
  rte_eth_conf conf{};
  if ((info_.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER) != 0) {
    conf.rxmode.offloads |= RTE_ETH_RX_OFFLOAD_SCATTER;
    conf.rxmode.mtu = std::min<std::uint32_t>(info_.max_mtu, kLargestMtu);
  }
  auto key = symmetric_key();
  const std::uint64_t hashed = info_.flow_type_rss_offloads & (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_TCP);
  if (queues > 1 && hashed != 0) {
    if (info_.hash_key_size > key.size()) return fmt::format("{} wants an RSS key too long for us", described());
    conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    conf.rx_adv_conf.rss_conf = {.rss_key = key.data(),
                                 .rss_key_len = info_.hash_key_size != 0 ? info_.hash_key_size : std::uint8_t{40},
                                 .rss_hf = hashed};
  }
  eal_->log().forget();
  const int error = rte_eth_dev_configure(number_, queues, 0, &conf);
  if (error != 0) return failed("be configured", error);
  return std::nullopt;
}

std::optional<std::string> DpdkPort::set_up_queues(const DpdkConfig& config) {
  // Half of the pool stays free for the bursts that are being read.
  const std::uint32_t share = config.mbufs / config.queues / 2;
  auto wanted = static_cast<std::uint16_t>(std::min<std::uint32_t>(kDescriptors, share));
  std::uint16_t unused = 0;
  if (const int error = rte_eth_dev_adjust_nb_rx_tx_desc(number_, &wanted, &unused); error != 0) {
    return failed("take a number of descriptors", error);
  }
  if (std::uint64_t{wanted} * config.queues >= config.mbufs) {
    return fmt::format("{} takes {} mbufs a queue: {} are too few for {} queues", described(), wanted, config.mbufs,
                       config.queues);
  }
  const unsigned socket = static_cast<unsigned>(rte_eth_dev_socket_id(number_));
  for (std::uint32_t queue = 0; queue < config.queues; ++queue) {
    const int error =
        rte_eth_rx_queue_setup(number_, static_cast<std::uint16_t>(queue), wanted, socket, nullptr, pool_.get());
    if (error != 0) return failed("set up a receive queue", error);
  }
  return std::nullopt;
}

std::optional<std::string> DpdkPort::start() {
  if (const int error = rte_eth_dev_start(number_); error != 0) return failed("start", error);
  started_ = true;
  const int error = rte_eth_promiscuous_enable(number_);
  // A device that only replays has no such mode and needs none.
  if (error != 0 && error != -ENOTSUP) return failed("go into promiscuous mode", error);
  return std::nullopt;
}

void DpdkPort::find_stamps() {
  if (driver_ != "net_pcap") return;
  const int offset = rte_mbuf_dynfield_lookup(RTE_MBUF_DYNFIELD_TIMESTAMP_NAME, nullptr);
  const int flag = rte_mbuf_dynflag_lookup(RTE_MBUF_DYNFLAG_RX_TIMESTAMP_NAME, nullptr);
  if (offset >= 0 && flag >= 0) stamps_ = StampPlace{.offset = offset, .flag = std::uint64_t{1} << flag};
}

// net_af_packet 22.11 reports that it missed none while it loses packets.
bool DpdkPort::counts_drops() const { return driver_ != "net_af_packet"; }

std::string DpdkPort::failed(const char* what, int error) {
  return fmt::format("{} does not {}: {}{}", described(), what, rte_strerror(-error), eal_->log().reason());
}

std::string DpdkPort::described() const { return fmt::format("DPDK port {} ({}, driver {})", number_, name_, driver_); }

}  // namespace zonelag::sensor
