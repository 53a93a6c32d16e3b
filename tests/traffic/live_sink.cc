#include "traffic/live_sink.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/prctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

namespace zonelag::traffic {

std::expected<std::unique_ptr<LiveSink>, std::string> LiveSink::open(const std::string& interface,
                                                                     std::chrono::nanoseconds longest) {
  const auto index = test_interface(interface);
  if (!index) return std::unexpected{index.error()};
  const auto failure = [&](const char* what) {
    return std::unexpected{"interface '" + interface + "': " + what + ": " + std::strerror(errno)};
  };
  // Protocol 0: this socket receives nothing.
  Descriptor socket{::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)};
  if (!socket) return failure("packet socket (needs CAP_NET_RAW)");
  const int descriptor = socket.get();
  const int on = 1;
  if (::setsockopt(descriptor, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on) != 0) return failure("qdisc bypass");
  const int send_buffer = 8 << 20;  // a wish: without CAP_NET_ADMIN it stays what it was
  static_cast<void>(::setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &send_buffer, sizeof send_buffer));
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = *index;
  if (::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return failure("bind");
  return std::unique_ptr<LiveSink>{new LiveSink{std::move(socket), longest}};
}

LiveSink::LiveSink(Descriptor socket, std::chrono::nanoseconds longest)
    : socket_{std::move(socket)}, longest_{std::min<std::chrono::nanoseconds>(longest, kLongestLive)} {
  ::prctl(PR_SET_TIMERSLACK, 1000);  // 50 us otherwise: half a quantum
}

void LiveSink::take(Time time, ByteView captured, std::size_t) {
  schedule(time);
  if (due_ > now_) wait_until_due();
  if (captured.size() < ETH_HLEN) {
    ++figures_.unsendable;
    return;
  }
  frames_[waiting_].assign(captured.begin(), captured.end());
  if (++waiting_ == kBatch) flush();
}

void LiveSink::schedule(Time time) {
  if (!last_time_) {
    started_ = due_ = now_ = Clock::now();
  } else {
    due_ += std::clamp<Duration>(time - *last_time_, Duration{0}, kLongestSilence);
  }
  last_time_ = time;
}

void LiveSink::wait_until_due() {
  now_ = Clock::now();
  if (due_ > now_) {
    flush();
    std::this_thread::sleep_until(std::max(due_, now_ + kQuantum));
    now_ = Clock::now();
  }
  figures_.worst_late = std::max(figures_.worst_late, std::chrono::nanoseconds{now_ - due_});
}

void LiveSink::flush() {
  if (waiting_ == 0) return;
  for (std::size_t i = 0; i < waiting_; ++i) {
    parts_[i] = {frames_[i].data(), frames_[i].size()};
    messages_[i] = {};
    messages_[i].msg_hdr.msg_iov = &parts_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
  }
  for (std::size_t done = 0; done < waiting_ && error_ == 0;) done += send_from(done);
  waiting_ = 0;
  now_ = Clock::now();
  figures_.worst_late = std::max(figures_.worst_late, std::chrono::nanoseconds{now_ - due_});
  if (now_ - started_ >= longest_) fail();
}

std::size_t LiveSink::send_from(std::size_t first) {
  const int sent = ::sendmmsg(socket_.get(), &messages_[first], static_cast<unsigned int>(waiting_ - first), 0);
  if (sent > 0) {
    const auto count = static_cast<std::size_t>(sent);
    for (std::size_t i = first; i < first + count; ++i) figures_.sent_bytes += frames_[i].size();
    figures_.sent += count;
    return count;
  }
  if (errno == EMSGSIZE || errno == EINVAL) {
    ++figures_.unsendable;
    return 1;
  }
  if (errno == ENOBUFS || errno == EAGAIN || errno == EINTR) {
    ++figures_.stalls;
  } else {
    error_ = errno;
    fail();
  }
  return 0;
}

std::expected<LiveFigures, std::string> LiveSink::close() {
  flush();
  if (error_ != 0) return std::unexpected{std::string{"sending: "} + std::strerror(error_)};
  figures_.elapsed = Clock::now() - started_;
  read_cpu(figures_);
  return figures_;
}

}  // namespace zonelag::traffic
