// Memory that the process has freed and that the allocator keeps: after a burst it may be several times what is in use,
// and would stay resident. Linux and glibc: malloc_trim(3), mallinfo2(3), proc(5).
#pragma once

#include <cstdint>
#include <optional>

namespace zonelag::service {

struct MemoryUse {
  std::uint64_t resident = 0;  // bytes: anonymous memory, of which the process has pages
  std::uint64_t in_use = 0;    // bytes: allocated and not freed
  std::uint64_t idle() const { return resident > in_use ? resident - in_use : 0; }
};

// nullopt: /proc can't be read.
std::optional<MemoryUse> memory_use();

// Not for several threads at once.
class IdleMemory {
 public:
  // Gives idle memory back where there is much of it, and more than the last time left. To be called now and then: a
  // look takes well under a millisecond, giving back holds up who allocates at the time. Bytes that were given back.
  std::uint64_t give_back();

  // Whether so much is idle that it is worth the time; what is always left (pages that are not wholly free) is learned
  // from `after`, the use once it was given back.
  bool is_much(const MemoryUse& use);
  void given_back(const MemoryUse& after) { left_ = after.idle(); }

 private:
  std::uint64_t left_ = 0;
};

}  // namespace zonelag::service
