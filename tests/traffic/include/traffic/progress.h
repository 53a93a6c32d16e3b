// One line on a terminal, rewritten while a scenario runs; silent elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace zonelag::traffic {

class Progress {
 public:
  /// Silent.
  Progress() = default;
  /// Writes to stderr when that is a terminal.
  static Progress on_terminal();
  Progress(Progress&& other) noexcept;
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  void begin(std::string_view unit, std::uint64_t total);
  /// Cheap enough for every packet.
  void at(std::uint64_t done) {
    if (done >= next_look_) look(done);
  }

 private:
  void look(std::uint64_t done);

  // The clock is read once in so many units.
  static constexpr std::uint64_t kStride = 1 << 14;
  static constexpr std::chrono::milliseconds kRedraw{200};

  bool enabled_ = false;
  bool drawn_ = false;
  std::string unit_;
  std::uint64_t total_ = 0;
  std::uint64_t next_look_ = UINT64_MAX;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point last_draw_;
};

}  // namespace zonelag::traffic
