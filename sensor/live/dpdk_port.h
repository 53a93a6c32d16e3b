// One ethdev port, set up to receive on some queues. To be closed by its last queue.
#pragma once

#include <rte_ethdev.h>
#include <rte_mempool.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "dpdk_eal.h"
#include "sensor/live/live_config.h"

namespace zonelag::sensor {

// Where a driver puts the time at which a packet came, when it does.
struct StampPlace {
  int offset = -1;
  std::uint64_t flag = 0;
};

class DpdkPort {
 public:
  // Starts EAL and the port. Error: one line.
  static std::expected<std::shared_ptr<DpdkPort>, std::string> open(const DpdkConfig& config);
  ~DpdkPort();
  DpdkPort(const DpdkPort&) = delete;
  DpdkPort& operator=(const DpdkPort&) = delete;

  std::uint16_t number() const { return number_; }
  const std::string& name() const { return name_; }
  // Microseconds since 1970. Only of net_pcap: a network card's stamps are ticks of a clock of its own.
  std::optional<StampPlace> stamps() const { return stamps_; }
  bool counts_drops() const;

 private:
  struct FreePool {
    void operator()(rte_mempool* pool) const { rte_mempool_free(pool); }
  };

  explicit DpdkPort(std::unique_ptr<Eal> eal) : eal_(std::move(eal)) {}
  std::optional<std::string> set_up(const DpdkConfig& config);
  std::optional<std::string> find(const DpdkConfig& config);
  std::optional<std::string> make_pool(std::uint32_t mbufs);
  std::optional<std::string> configure(std::uint16_t queues);
  std::optional<std::string> set_up_queues(const DpdkConfig& config);
  std::optional<std::string> start();
  void find_stamps();
  // "DPDK port 0 (net_pcap0, driver net_pcap)" did not do `what`, and why.
  std::string failed(const char* what, int error);
  std::string described() const;

  std::unique_ptr<Eal> eal_;  // first, to be destroyed last
  std::unique_ptr<rte_mempool, FreePool> pool_;
  std::uint16_t number_ = 0;
  std::string name_;
  std::string driver_;
  rte_eth_dev_info info_{};
  bool found_ = false;
  bool started_ = false;
  std::optional<StampPlace> stamps_;
};

}  // namespace zonelag::sensor
