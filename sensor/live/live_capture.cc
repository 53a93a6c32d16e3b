#include "sensor/live/live_capture.h"

#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include "live_interface.h"

namespace zonelag::sensor {
namespace {

using Steady = std::chrono::steady_clock;

constexpr int kPacketsAtOnce = 1024;
constexpr std::chrono::seconds kBetweenChecks{1};

// How long a worker that has taken all there was lets blocks gather before it looks again: to be woken for each costs
// more than to read it. A ring of this size, filled at 1 GiB/s, holds as much; never long enough to matter to reports.
std::chrono::milliseconds nap_of(std::size_t ring_bytes) {
  constexpr std::size_t kMost = 20;
  return std::chrono::milliseconds(std::min(ring_bytes >> 20U, kMost));
}

class LiveCapture final : public Capture {
 public:
  // Only one worker of several says what becomes of the interfaces.
  LiveCapture(std::vector<LiveInterface> interfaces, int wake_descriptor, bool says, std::chrono::milliseconds nap)
      : interfaces_(std::move(interfaces)), wake_(wake_descriptor), says_(says), nap_(nap) {
    polled_.resize(interfaces_.size() + 1);
  }
  ~LiveCapture() override { ::close(wake_); }
  LiveCapture(const LiveCapture&) = delete;
  LiveCapture& operator=(const LiveCapture&) = delete;

  CaptureState poll(std::chrono::milliseconds wait, BatchConsumer& consumer) override;
  void wake() override;
  CaptureFigures figures() override;
  std::vector<InterfaceNotice> take_notices() override {
    return says_ ? std::exchange(notices_, {}) : std::vector<InterfaceNotice>{};
  }

 private:
  bool nap(std::chrono::milliseconds wait);
  bool wait_for_packets(std::chrono::milliseconds wait);
  void take_wake() const;
  void check_if_due();
  bool ended() const;

  std::vector<LiveInterface> interfaces_;
  std::vector<pollfd> polled_;  // of the interfaces, then of wake_
  int wake_ = -1;
  bool says_ = true;
  std::chrono::milliseconds nap_;
  bool drained_ = false;  // the last round took all there was
  std::uint64_t packets_ = 0;
  Steady::time_point next_check_ = Steady::now() + kBetweenChecks;
  std::vector<InterfaceNotice> notices_;
};

CaptureState LiveCapture::poll(std::chrono::milliseconds wait, BatchConsumer& consumer) {
  check_if_due();
  if (ended()) return CaptureState::ended;
  if (!nap(wait) || !wait_for_packets(wait)) return CaptureState::idle;
  int count = 0;
  for (std::size_t at = 0; at < interfaces_.size(); ++at) {
    LiveInterface& interface = interfaces_[at];
    if ((polled_[at].revents & POLLERR) != 0) interface.hear(notices_);
    if ((polled_[at].revents & POLLIN) != 0) count += interface.dispatch(kPacketsAtOnce, packets_, consumer);
  }
  drained_ = count > 0 && count < kPacketsAtOnce;
  if (count > 0) return CaptureState::packets;
  return ended() ? CaptureState::ended : CaptureState::idle;
}

void LiveCapture::take_wake() const {
  std::uint64_t ignored = 0;
  [[maybe_unused]] const auto size = ::read(wake_, &ignored, sizeof ignored);
}

// False: woken.
bool LiveCapture::nap(std::chrono::milliseconds wait) {
  if (!std::exchange(drained_, false)) return true;
  pollfd woken{.fd = wake_, .events = POLLIN, .revents = 0};
  if (::poll(&woken, 1, static_cast<int>(std::min(wait, nap_).count())) <= 0) return true;
  take_wake();
  return false;
}

// False: nothing is there. What libpcap left of a block at the bound of the last dispatch is readable still.
bool LiveCapture::wait_for_packets(std::chrono::milliseconds wait) {
  for (std::size_t at = 0; at < interfaces_.size(); ++at) {
    const LiveInterface& interface = interfaces_[at];
    polled_[at] = {.fd = interface.listens() ? interface.descriptor() : -1, .events = POLLIN, .revents = 0};
  }
  polled_.back() = {.fd = wake_, .events = POLLIN, .revents = 0};
  const auto most = std::min<std::chrono::milliseconds>(wait, kBetweenChecks);
  const int ready = ::poll(polled_.data(), polled_.size(), static_cast<int>(most.count()));
  if (ready <= 0) return false;
  if (polled_.back().revents != 0) take_wake();
  return true;
}

void LiveCapture::check_if_due() {
  const auto now = Steady::now();
  if (now < next_check_) return;
  next_check_ = now + kBetweenChecks;
  for (LiveInterface& interface : interfaces_) interface.check(notices_);
}

bool LiveCapture::ended() const {
  return std::ranges::any_of(interfaces_, &LiveInterface::waits_for_restart) ||
         std::ranges::all_of(interfaces_, &LiveInterface::lost);
}

void LiveCapture::wake() {
  const int before = errno;  // a signal handler's caller may be about to read it
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto size = ::write(wake_, &one, sizeof one);
  errno = before;
}

CaptureFigures LiveCapture::figures() {
  CaptureFigures figures;
  figures.packets = packets_;
  for (LiveInterface& interface : interfaces_) interface.add_figures(figures);
  if (!says_) figures.interface_dropped = 0;  // the card's, told once
  return figures;
}

std::unexpected<std::string> failure(std::string what) { return std::unexpected(std::move(what)); }

std::optional<std::string> what_is_wrong(const LiveConfig& config) {
  const auto& names = config.interfaces;
  if (names.empty()) return "no interface is named to capture on";
  const auto any = std::ranges::count(names, "any");
  if (any > 0 && names.size() > 1) return "interface 'any' includes all others: name it alone";
  if (any > 0 && config.mirror) return "a mirror port needs promiscuous mode, which 'any' does not have: name it";
  for (auto name = names.begin(); name != names.end(); ++name) {
    if (std::find(names.begin(), name, *name) != name) return fmt::format("interface '{}' is named twice", *name);
  }
  return std::nullopt;
}

// In the order of workers on each interface, so that a flow that comes by way of two of them is one worker's.
std::optional<std::string> join_group(std::vector<LiveInterface*> handles, const std::string& name) {
  const auto group = start_fanout(handles.front()->descriptor());
  std::expected<void, int> joined;
  if (!group) joined = std::unexpected(group.error());
  for (std::size_t at = 1; joined && at < handles.size(); ++at) {
    joined = join_fanout(handles[at]->descriptor(), *group);
  }
  if (!joined) {
    return fmt::format("capture on '{}' with {} workers: PACKET_FANOUT: {}", name, handles.size(),
                       std::strerror(joined.error()));
  }
  for (LiveInterface* const handle : handles) handle->set_in_group();
  return std::nullopt;
}

// The handles of one interface, each to its worker.
std::optional<std::string> open_interface(const std::string& name, const LiveConfig& config,
                                          std::vector<std::vector<LiveInterface>>& workers) {
  std::vector<LiveInterface*> handles;
  for (auto& worker : workers) {
    auto handle = LiveInterface::open(name, config, config.ring_bytes / workers.size());
    if (!handle) return std::move(handle.error());
    worker.push_back(std::move(*handle));
    handles.push_back(&worker.back());
  }
  if (handles.size() > 1) {
    if (auto problem = join_group(handles, name)) return problem;
  }
  for (LiveInterface* const handle : handles) {
    if (auto started = handle->start(config); !started) return std::move(started.error());
  }
  return std::nullopt;
}

}  // namespace

std::expected<std::vector<std::unique_ptr<Capture>>, std::string> open_live(const LiveConfig& config) {
  if (auto problem = what_is_wrong(config)) return failure(std::move(*problem));
  std::vector<std::vector<LiveInterface>> workers(std::max<std::uint32_t>(config.workers, 1));
  for (const std::string& name : config.interfaces) {
    if (auto problem = open_interface(name, config, workers)) return failure(std::move(*problem));
  }
  std::vector<std::unique_ptr<Capture>> captures;
  for (auto& interfaces : workers) {
    const int wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake < 0) return failure(fmt::format("eventfd: {}", std::strerror(errno)));
    captures.push_back(std::make_unique<LiveCapture>(std::move(interfaces), wake, captures.empty(),
                                                     nap_of(config.ring_bytes / workers.size())));
  }
  return captures;
}

std::vector<InterfaceState> list_interfaces() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(first, &::freeifaddrs);
  std::map<std::string, bool> states;
  for (const ifaddrs* at = first; at != nullptr; at = at->ifa_next) {
    const std::string name(at->ifa_name);
    // An address may have a label of its own ("eth0:1"), which is no interface.
    if (name.find(':') == std::string::npos) states[name] = (at->ifa_flags & IFF_UP) != 0;
  }
  std::vector<InterfaceState> interfaces;
  for (const auto& [name, up] : states) interfaces.push_back({name, up});
  return interfaces;
}

}  // namespace zonelag::sensor
