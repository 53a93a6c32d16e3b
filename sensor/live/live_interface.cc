#include "live_interface.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "capture_filter.h"
#include "decoder/frame.h"
#include "sensor/live/live_capture.h"

namespace zonelag::sensor {
namespace {

// Reserved, so that nothing comes before the filter is in place: a packet socket of one protocol. start_receiving()
// then binds it to all.
constexpr int kNoProtocol = 0xffff;
constexpr const char* kLoopback = "lo";

std::unexpected<std::string> failure(const std::string& name, const std::string& what) {
  return std::unexpected(fmt::format("capture on '{}': {}", name, what));
}

std::unexpected<std::string> system_failure(const std::string& name, const char* what, int error) {
  return failure(name, fmt::format("{}: {}", what, std::strerror(error)));
}

std::string interfaces_there() {
  std::string names;
  for (const InterfaceState& interface : list_interfaces()) {
    if (!names.empty()) names += ", ";
    names += interface.name;
  }
  return names;
}

std::string why_not_activated(const std::string& name, pcap_t* handle, int status) {
  const std::string detail = pcap_geterr(handle);
  switch (status) {
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
      return "not permitted: it takes CAP_NET_RAW; start as root (and set privileges.user), or let systemd give it "
             "with AmbientCapabilities=CAP_NET_RAW, or run: setcap cap_net_raw+ep on the program";
    case PCAP_ERROR_NO_SUCH_DEVICE: return fmt::format("there is no such interface; there are: {}", interfaces_there());
    case PCAP_ERROR_IFACE_NOT_UP: return fmt::format("the interface is down; ip link set {} up", name);
    default: return detail.empty() ? pcap_statustostr(status) : detail;
  }
}

void configure(pcap_t* handle, const LiveConfig& config, std::size_t ring_bytes) {
  const auto most = static_cast<std::size_t>(std::numeric_limits<int>::max());
  pcap_set_snaplen(handle, static_cast<int>(config.snap_length));
  pcap_set_promisc(handle, config.mirror ? 1 : 0);
  pcap_set_timeout(handle, static_cast<int>(config.block_timeout.count()));
  pcap_set_buffer_size(handle, static_cast<int>(std::min(ring_bytes, most)));
  pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO);
  pcap_set_protocol_linux(handle, kNoProtocol);
}

FilterLayout layout_of(decoder::LinkType link) {
  switch (link) {
    case decoder::LinkType::ethernet: return FilterLayout::ethernet;
    case decoder::LinkType::linux_sll:
    case decoder::LinkType::linux_sll2: return FilterLayout::cooked;
    default: return FilterLayout::ip;
  }
}

}  // namespace

std::expected<LiveInterface, std::string> LiveInterface::open(const std::string& name, const LiveConfig& config,
                                                              std::size_t ring_bytes) {
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  PcapHandle handle(pcap_create(name.c_str(), error.data()));
  if (handle == nullptr) return failure(name, error.data());
  configure(handle.get(), config, ring_bytes);
  if (const int status = pcap_activate(handle.get()); status < 0) {
    return failure(name, why_not_activated(name, handle.get(), status));
  }
  if (pcap_setnonblock(handle.get(), 1, error.data()) != 0) return failure(name, error.data());
  LiveInterface interface(name, std::move(handle), config.mirror);
  if (auto known = interface.become_known(); !known) return std::unexpected(std::move(known.error()));
  return interface;
}

LiveInterface::LiveInterface(std::string name, PcapHandle handle, bool promiscuous)
    : name_(std::move(name)), handle_(std::move(handle)), promiscuous_(promiscuous), card_drops_(name_) {}

std::expected<void, std::string> LiveInterface::become_known() {
  const int dlt = pcap_datalink(handle_.get());
  link_ = dlt == DLT_RAW ? decoder::LinkType::raw : static_cast<decoder::LinkType>(dlt);
  if (!decoder::is_known(link_)) {
    const char* const text = pcap_datalink_val_to_name(dlt);
    return failure(name_, fmt::format("link type {} ({}) is not known to zonelag", dlt, text == nullptr ? "?" : text));
  }
  if (name_ != "any") index_ = look_at(descriptor(), name_).index;
  if (auto done = attach_filter(descriptor(), reject_all()); !done) {
    return system_failure(name_, "SO_ATTACH_FILTER", done.error());
  }
  if (auto done = bind_to(descriptor(), index_); !done) return system_failure(name_, "bind", done.error());
  return {};
}

std::expected<void, std::string> LiveInterface::start(const LiveConfig& config) {
  auto user = user_program(config);
  if (!user) return std::unexpected(std::move(user.error()));
  const bool loops = is_any() || name_ == kLoopback;
  const FilterSpec spec{.layout = layout_of(link_),
                        .ports = config.ports,
                        .tunnels = config.mirror,
                        .loopback = loops ? static_cast<std::uint32_t>(look_at(descriptor(), kLoopback).index) : 0,
                        .snap_length = config.snap_length,
                        .also = std::move(*user)};
  const Program program = capture_filter(spec);
  if (program.size() > BPF_MAXINSNS) {
    return failure(name_, fmt::format("the filter is too long: {} instructions of at most {}; use fewer ports or a "
                                      "shorter 'filter'",
                                      program.size(), BPF_MAXINSNS));
  }
  if (auto done = attach_filter(descriptor(), program); !done) {
    return system_failure(name_, "SO_ATTACH_FILTER", done.error());
  }
  if (auto done = lock_filter(descriptor()); !done) return system_failure(name_, "SO_LOCK_FILTER", done.error());
  return {};
}

std::expected<Program, std::string> LiveInterface::user_program(const LiveConfig& config) const {
  if (config.filter.empty()) return Program{};
  // libpcap makes up the cooked header that it shows; the kernel's packet begins behind it.
  auto filter = layout_of(link_) == FilterLayout::cooked
                    ? UserFilter::compile(DLT_RAW, config.snap_length, config.filter)
                    : UserFilter::compile(handle_.get(), config.filter);
  if (!filter) return std::unexpected(std::move(filter.error()));
  Program program;
  const bpf_program& compiled = filter->program();
  for (u_int at = 0; at < compiled.bf_len; ++at) {
    const bpf_insn& instruction = compiled.bf_insns[at];
    program.push_back({instruction.code, instruction.jt, instruction.jf, instruction.k});
  }
  return program;
}

namespace {

struct Delivery {
  BatchConsumer& consumer;
  decoder::Packet packet;  // its number is the last one's
  std::uint64_t bytes = 0;
};

// In the ring one packet lies behind the other, written by another core a moment ago: a walk over cold lines. Those of
// a few packets ahead are brought to the cache; each packet's four lines begin about where the one before it ended.
void prefetch_ahead(const u_char* data) {
  constexpr std::uintptr_t kLine = 64;
  constexpr std::uintptr_t kAhead = 12 * kLine;
  constexpr std::uintptr_t kLines = 4;
  // Past the block's end is harmless to the machine; as pointer arithmetic it would not be.
  const auto from = reinterpret_cast<std::uintptr_t>(data) + kAhead;
  for (std::uintptr_t i = 0; i < kLines; ++i) __builtin_prefetch(reinterpret_cast<const void*>(from + i * kLine));
}

void deliver(u_char* user, const pcap_pkthdr* header, const u_char* data) {
  prefetch_ahead(data);
  Delivery& delivery = *reinterpret_cast<Delivery*>(user);
  decoder::Packet& packet = delivery.packet;
  // With nanosecond precision tv_usec holds nanoseconds.
  packet.time = decoder::Timestamp(decoder::Duration(header->ts.tv_sec * 1'000'000'000 + header->ts.tv_usec));
  packet.data = {reinterpret_cast<const std::byte*>(data), header->caplen};
  packet.wire_length = header->len;
  ++packet.number;
  delivery.bytes += header->len;
  delivery.consumer.packets({&packet, 1});
}

}  // namespace

int LiveInterface::dispatch(int most, std::uint64_t& number, BatchConsumer& consumer) {
  Delivery delivery{.consumer = consumer, .packet = {.link = link_, .number = number}};
  const int count = pcap_dispatch(handle_.get(), most, &deliver, reinterpret_cast<u_char*>(&delivery));
  const auto delivered = static_cast<int>(delivery.packet.number - number);
  number = delivery.packet.number;
  bytes_ += delivery.bytes;
  if (count >= 0) {
    errors_ = 0;
  } else if (count != PCAP_ERROR_BREAK) {
    // An interface that went away between our poll and libpcap's, or something else: the next check tells.
    ++errors_;
    muted_ = true;
  }
  return delivered;
}

void LiveInterface::hear(std::vector<InterfaceNotice>& notices) {
  const int error = take_error(descriptor());
  const State before = state_;
  if (error != ENETDOWN) muted_ = true;
  const std::size_t said = notices.size();
  if (!muted_) check(notices);
  // Down and up again before we looked.
  if (error == ENETDOWN && before == State::up && state_ == State::up && notices.size() == said) {
    note(notices, InterfaceChange::down);
    note(notices, InterfaceChange::up);
  }
}

void LiveInterface::check(std::vector<InterfaceNotice>& notices) {
  muted_ = false;
  if (errors_ > kMaxErrors && state_ != State::failed) return fail(notices, pcap_geterr(handle_.get()));
  if (is_any()) return;
  const LinkState link = look_at(descriptor(), name_);
  if (state_ == State::failed) {
    if (in_group_ && link.index != 0 && link.up && !came_back_) {
      came_back_ = true;
      note(notices, InterfaceChange::back);
    }
    return;
  }
  if (state_ != State::gone && link.index != index_) set_gone(notices);
  if (state_ == State::gone && link.index != 0) come_back(link, notices);
  if (!works()) return;
  if (link.up == (state_ == State::up)) return;
  state_ = link.up ? State::up : State::down;
  note(notices, link.up ? InterfaceChange::up : InterfaceChange::down);
}

void LiveInterface::set_gone(std::vector<InterfaceNotice>& notices) {
  state_ = State::gone;
  note(notices, InterfaceChange::gone);
  if (in_group_) {
    fail(notices,
         "several workers share it, and such a capture can't be taken up again: restart the sensor once the "
         "interface is back");
  }
}

// The kernel took the old interface's socket off it; to bind it to the new one takes no privilege.
void LiveInterface::come_back(const LinkState& link, std::vector<InterfaceNotice>& notices) {
  const auto bound = bind_to(descriptor(), link.index);
  if (!bound && bound.error() == ENODEV) return;  // gone again
  if (!bound) return fail(notices, fmt::format("bind: {}", std::strerror(bound.error())));
  index_ = link.index;
  state_ = State::up;
  note(notices, InterfaceChange::back);
  take_error(descriptor());  // ENETDOWN when it is not up yet, which check() sees for itself
  if (!promiscuous_) return;
  if (const auto done = make_promiscuous(descriptor(), link.index); !done) {
    fail(notices, fmt::format("promiscuous mode: {}", std::strerror(done.error())));
  }
}

void LiveInterface::fail(std::vector<InterfaceNotice>& notices, std::string reason) {
  state_ = State::failed;
  note(notices, InterfaceChange::failed, std::move(reason));
}

void LiveInterface::note(std::vector<InterfaceNotice>& notices, InterfaceChange change, std::string reason) const {
  notices.push_back({name_, change, std::move(reason)});
}

void LiveInterface::add_figures(CaptureFigures& figures) {
  dropped_ += take_drops(descriptor());
  figures.bytes += bytes_;
  figures.dropped += dropped_;
  figures.interface_dropped += card_drops_.count();
}

}  // namespace zonelag::sensor
