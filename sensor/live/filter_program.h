// A classic BPF program (socket filter of Linux) under construction.
#pragma once

#include <linux/filter.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace zonelag::sensor {

using Program = std::vector<sock_filter>;

// Jumps go forwards only. A conditional jump reaches 255 instructions; so here a condition only steps over an
// unconditional jump, which reaches everywhere.
class FilterProgram {
 public:
  class Label {
   private:
    friend class FilterProgram;
    std::vector<std::size_t> jumps_;  // instructions that lead here
  };

  void emit(std::uint16_t code, std::uint32_t value = 0) { program_.push_back({code, 0, 0, value}); }
  void jump(Label& target) {
    target.jumps_.push_back(program_.size());
    emit(BPF_JMP | BPF_JA);
  }
  // A == value; A & value != 0.
  void jump_if_equal(std::uint32_t value, Label& target) { jump_if(BPF_JEQ, value, target); }
  void jump_if_set(std::uint32_t value, Label& target) { jump_if(BPF_JSET, value, target); }
  void jump_if_above(std::uint32_t value, Label& target) { jump_if(BPF_JGT, value, target); }
  void place(const Label& label) {
    for (const std::size_t at : label.jumps_) program_[at].k = static_cast<std::uint32_t>(program_.size() - at - 1);
  }
  void append(const Program& other) { program_.insert(program_.end(), other.begin(), other.end()); }

  Program take() { return std::move(program_); }

 private:
  void jump_if(std::uint16_t condition, std::uint32_t value, Label& target) {
    program_.push_back({static_cast<std::uint16_t>(BPF_JMP | condition | BPF_K), 0, 1, value});
    jump(target);
  }

  Program program_;
};

}  // namespace zonelag::sensor
