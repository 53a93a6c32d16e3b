// One worker's libpcap handle of one interface, through all that the interface may go through.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "card_drops.h"
#include "packet_socket.h"
#include "sensor/live/capture.h"
#include "sensor/live/live_config.h"
#include "user_filter.h"

namespace zonelag::sensor {

class LiveInterface {
 public:
  // Activated, but silent: its filter rejects all until start(). `ring_bytes` is this handle's own. Error: one line.
  static std::expected<LiveInterface, std::string> open(const std::string& name, const LiveConfig& config,
                                                        std::size_t ring_bytes);

  // In a fanout group, which a socket can't leave, a handle does not survive its interface.
  void set_in_group() { in_group_ = true; }
  // The filter that stays.
  std::expected<void, std::string> start(const LiveConfig& config);

  int descriptor() const { return pcap_fileno(handle_.get()); }
  // Whether poll(2) has to do with it for now.
  bool listens() const { return !muted_ && state_ != State::failed; }
  bool works() const { return state_ == State::up || state_ == State::down; }
  // Will not work again with this handle, and won't tell whether a new one would.
  bool lost() const { return state_ == State::failed && !in_group_; }
  // It has failed, and there would be something to capture again, with a new handle.
  bool waits_for_restart() const { return came_back_; }

  // At most `most` packets, numbered on; how many.
  int dispatch(int most, std::uint64_t& number, BatchConsumer& consumer);
  // POLLERR: the kernel has something to say.
  void hear(std::vector<InterfaceNotice>& notices);
  // Looks at the interface; once a second is enough.
  void check(std::vector<InterfaceNotice>& notices);

  void add_figures(CaptureFigures& figures);
  std::uint64_t bytes() const { return bytes_; }

 private:
  enum class State : std::uint8_t { up, down, gone, failed };
  static constexpr int kMaxErrors = 10;

  LiveInterface(std::string name, PcapHandle handle, bool promiscuous);
  std::expected<void, std::string> become_known();
  std::expected<Program, std::string> user_program(const LiveConfig& config) const;
  void note(std::vector<InterfaceNotice>& notices, InterfaceChange change, std::string reason = {}) const;
  void set_gone(std::vector<InterfaceNotice>& notices);
  void come_back(const LinkState& link, std::vector<InterfaceNotice>& notices);
  void fail(std::vector<InterfaceNotice>& notices, std::string reason);
  bool is_any() const { return index_ == 0; }

  std::string name_;
  PcapHandle handle_;
  bool promiscuous_ = false;
  bool in_group_ = false;
  decoder::LinkType link_ = decoder::LinkType::ethernet;
  int index_ = 0;  // 0: "any"
  State state_ = State::up;
  bool muted_ = false;  // until the next check, so that an error without an end does not keep us busy
  bool came_back_ = false;
  int errors_ = 0;  // of dispatch(), in a row
  std::uint64_t bytes_ = 0;
  std::uint64_t dropped_ = 0;
  CardDrops card_drops_;
};

}  // namespace zonelag::sensor
