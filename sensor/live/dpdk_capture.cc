#include "sensor/live/dpdk_capture.h"

#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_pause.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <utility>

#include "dpdk_port.h"
#include "ethernet_filter.h"

namespace zonelag::sensor {

namespace {

constexpr std::uint16_t kBurst = 32;
constexpr int kBurstsAPoll = 64;
// An idle queue is asked again at once a few times, then after sleeps that grow to the longest: a few per cent of a
// core. That sleep is also how late a packet's stamp can be that ends a silence. 2048 descriptors last for longer than
// that at 8 million packets a second.
constexpr std::uint32_t kEagerPolls = 64;
constexpr std::chrono::microseconds kFirstSleep{2};
constexpr std::chrono::microseconds kLongestSleep{200};
// For packets that lie in several mbufs: the largest that libpcap would capture.
constexpr std::size_t kChainedBytes = 262'144;

// The mbufs of a burst, given back to their pool when it has been read.
class Burst {
 public:
  Burst(std::uint16_t port, std::uint16_t queue) : count_(rte_eth_rx_burst(port, queue, mbufs_.data(), kBurst)) {}
  ~Burst() { rte_pktmbuf_free_bulk(mbufs_.data(), count_); }
  Burst(const Burst&) = delete;
  Burst& operator=(const Burst&) = delete;
  std::span<rte_mbuf* const> mbufs() const { return std::span(mbufs_).first(count_); }

 private:
  std::array<rte_mbuf*, kBurst> mbufs_;
  std::uint16_t count_;
};

// A thread that EAL knows has its own cache of free mbufs. Where that fails (EAL knows 128 threads), all still works.
void make_known_to_eal() {
  if (rte_lcore_id() == LCORE_ID_ANY) static_cast<void>(rte_thread_register());
}

class DpdkQueue final : public Capture {
 public:
  DpdkQueue(std::shared_ptr<DpdkPort> port, std::uint16_t queue, std::shared_ptr<const EthernetFilter> filter,
            const DpdkConfig& config, const Clock& clock)
      : port_(std::move(port)),
        queue_(queue),
        filter_(std::move(filter)),
        idle_polls_to_end_(config.idle_polls_to_end),
        clock_(clock),
        chained_(kChainedBytes) {}

  CaptureState poll(std::chrono::milliseconds wait, BatchConsumer& consumer) override;
  void wake() override { woken_.store(true, std::memory_order_relaxed); }
  CaptureFigures figures() override;
  std::vector<InterfaceNotice> take_notices() override { return std::exchange(notices_, {}); }

 private:
  bool take_burst(BatchConsumer& consumer);
  void add(rte_mbuf& mbuf, decoder::Timestamp now, BatchConsumer& consumer);
  decoder::Bytes in_one_piece(const rte_mbuf& mbuf, BatchConsumer& consumer);
  decoder::Timestamp time_of(const rte_mbuf& mbuf, decoder::Timestamp now) const;
  void hand_over(BatchConsumer& consumer);
  void back_off(std::chrono::steady_clock::time_point deadline);
  bool ended() const { return idle_polls_to_end_ != 0 && idle_polls_ >= idle_polls_to_end_; }
  void look_at_link();

  std::shared_ptr<DpdkPort> port_;
  std::uint16_t queue_;
  std::shared_ptr<const EthernetFilter> filter_;
  std::uint32_t idle_polls_to_end_;
  const Clock& clock_;
  std::vector<std::byte> chained_;
  std::size_t chained_used_ = 0;
  std::array<decoder::Packet, kBurst> batch_;
  std::size_t batched_ = 0;
  std::uint64_t number_ = 0;  // of the packet, those that the filter passed over included
  bool polled_ = false;
  std::uint32_t idle_polls_ = 0;  // bursts in a row that were empty
  std::chrono::microseconds sleep_ = kFirstSleep;
  CaptureFigures figures_;
  bool link_up_ = true;
  std::vector<InterfaceNotice> notices_;
  std::atomic<bool> woken_ = false;
};

CaptureState DpdkQueue::poll(std::chrono::milliseconds wait, BatchConsumer& consumer) {
  if (ended()) return CaptureState::ended;
  if (!std::exchange(polled_, true)) make_known_to_eal();
  const auto deadline = std::chrono::steady_clock::now() + wait;
  while (true) {
    int bursts = 0;
    while (bursts < kBurstsAPoll && take_burst(consumer)) ++bursts;
    if (bursts > 0) return CaptureState::packets;
    if (ended()) return CaptureState::ended;
    if (woken_.exchange(false, std::memory_order_relaxed)) return CaptureState::idle;
    if (std::chrono::steady_clock::now() >= deadline) return CaptureState::idle;
    back_off(deadline);
  }
}

void DpdkQueue::back_off(std::chrono::steady_clock::time_point deadline) {
  if (idle_polls_ < kEagerPolls) {
    rte_pause();
    return;
  }
  const auto left = deadline - std::chrono::steady_clock::now();
  std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(left, sleep_));
  sleep_ = std::min(2 * sleep_, kLongestSleep);
}

// False: nothing came.
bool DpdkQueue::take_burst(BatchConsumer& consumer) {
  const Burst burst(port_->number(), queue_);
  if (burst.mbufs().empty()) {
    ++idle_polls_;
    return false;
  }
  idle_polls_ = 0;
  sleep_ = kFirstSleep;
  const auto now = port_->stamps() ? decoder::Timestamp{} : clock_.now();
  for (rte_mbuf* const mbuf : burst.mbufs()) add(*mbuf, now, consumer);
  hand_over(consumer);
  return true;
}

void DpdkQueue::add(rte_mbuf& mbuf, decoder::Timestamp now, BatchConsumer& consumer) {
  ++number_;
  const decoder::Bytes data = mbuf.nb_segs == 1
                                  ? decoder::Bytes(rte_pktmbuf_mtod(&mbuf, const std::byte*), mbuf.data_len)
                                  : in_one_piece(mbuf, consumer);
  if (filter_ && !filter_->matches(data, mbuf.pkt_len)) return;
  batch_[batched_++] = {.time = time_of(mbuf, now),
                        .data = data,
                        .wire_length = mbuf.pkt_len,
                        .link = decoder::LinkType::ethernet,
                        .number = number_};
}

// A copy that is valid until the batch is handed over, which it is here when there is no room left for another.
decoder::Bytes DpdkQueue::in_one_piece(const rte_mbuf& mbuf, BatchConsumer& consumer) {
  const std::size_t size = std::min<std::size_t>(mbuf.pkt_len, kChainedBytes);
  if (size > kChainedBytes - chained_used_) hand_over(consumer);
  std::byte* const copy = chained_.data() + chained_used_;
  std::size_t copied = 0;
  for (const rte_mbuf* part = &mbuf; part != nullptr && copied < size; part = part->next) {
    const std::size_t count = std::min<std::size_t>(part->data_len, size - copied);
    std::copy_n(rte_pktmbuf_mtod(part, const std::byte*), count, copy + copied);
    copied += count;
  }
  chained_used_ += copied;
  return {copy, copied};
}

decoder::Timestamp DpdkQueue::time_of(const rte_mbuf& mbuf, decoder::Timestamp now) const {
  const auto& stamps = port_->stamps();
  if (!stamps) return now;
  if ((mbuf.ol_flags & stamps->flag) == 0) return clock_.now();
  const auto stamp = *RTE_MBUF_DYNFIELD(&mbuf, stamps->offset, const rte_mbuf_timestamp_t*);
  return decoder::Timestamp(std::chrono::microseconds(stamp));
}

void DpdkQueue::hand_over(BatchConsumer& consumer) {
  const std::span<const decoder::Packet> batch = std::span(batch_).first(batched_);
  batched_ = 0;
  chained_used_ = 0;
  if (batch.empty()) return;
  figures_.packets += batch.size();
  for (const auto& packet : batch) figures_.bytes += packet.wire_length;
  consumer.packets(batch);
}

// What the port counts is told by the first queue alone, so that a sum over the queues is right.
CaptureFigures DpdkQueue::figures() {
  figures_.drops_known = port_->counts_drops();
  rte_eth_stats stats{};
  if (queue_ == 0 && rte_eth_stats_get(port_->number(), &stats) == 0) {
    figures_.dropped = stats.imissed;
    figures_.interface_dropped = stats.ierrors + stats.rx_nombuf;
    look_at_link();
  }
  return figures_;
}

void DpdkQueue::look_at_link() {
  rte_eth_link link{};
  if (rte_eth_link_get_nowait(port_->number(), &link) != 0) return;
  const bool up = link.link_status == RTE_ETH_LINK_UP;
  if (up == link_up_) return;
  link_up_ = up;
  notices_.push_back({.interface = port_->name(), .change = up ? InterfaceChange::up : InterfaceChange::down});
}

}  // namespace

bool has_dpdk() { return true; }

std::expected<std::vector<std::unique_ptr<Capture>>, std::string> open_dpdk(const DpdkConfig& config,
                                                                            const Clock& clock) {
  std::shared_ptr<const EthernetFilter> filter;
  if (!config.filter.empty()) {
    auto compiled = EthernetFilter::compile(config.filter);
    if (!compiled) return std::unexpected(std::move(compiled.error()));
    filter = std::make_shared<const EthernetFilter>(std::move(*compiled));
  }
  auto port = DpdkPort::open(config);
  if (!port) return std::unexpected(std::move(port.error()));
  std::vector<std::unique_ptr<Capture>> captures;
  for (std::uint32_t queue = 0; queue < config.queues; ++queue) {
    captures.push_back(std::make_unique<DpdkQueue>(*port, static_cast<std::uint16_t>(queue), filter, config, clock));
  }
  return captures;
}

}  // namespace zonelag::sensor
