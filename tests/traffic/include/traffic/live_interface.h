// Where live packets may go: an interface that leads nowhere else. And what sending cost.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace zonelag::traffic {

/// Whatever was asked for, live sending ends then.
inline constexpr std::chrono::seconds kLongestLive{3700};

/// The interface's index. Refuses all but veth, dummy and loopback interfaces: nothing made here belongs on a network.
std::expected<int, std::string> test_interface(const std::string& name);

struct LiveFigures {
  std::uint64_t sent = 0;        ///< packets that the kernel took
  std::uint64_t sent_bytes = 0;  ///< of those
  std::uint64_t unsendable = 0;  ///< longer than the interface's MTU, or shorter than an Ethernet header
  std::uint64_t stalls = 0;      ///< the kernel's queue was full; tried again
  std::chrono::nanoseconds elapsed{0};
  std::chrono::nanoseconds worst_late{0};  ///< behind the schedule; a schedule that is too fast makes it large
  std::chrono::nanoseconds cpu_user{0};
  std::chrono::nanoseconds cpu_system{0};

  /// Members of a JSON object, with packets a second.
  std::string to_json() const;
};

/// Of this process so far.
void read_cpu(LiveFigures& figures);

class Descriptor {
 public:
  explicit Descriptor(int descriptor = -1) : descriptor_{descriptor} {}
  Descriptor(Descriptor&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();
  int get() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

}  // namespace zonelag::traffic
