#include "service/idle_memory.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace zonelag::service {
namespace {

constexpr std::uint64_t kLittle = 8U << 20;  // bytes
constexpr std::uint64_t kShare = 32;         // of what is in use

}  // namespace

std::optional<MemoryUse> memory_use() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t pages = 0;
  std::uint64_t resident = 0;
  std::uint64_t shared = 0;
  if (!(file >> pages >> resident >> shared)) return std::nullopt;
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const struct mallinfo2 heap = ::mallinfo2();
  return MemoryUse{.resident = (resident - std::min(resident, shared)) * page, .in_use = heap.uordblks + heap.hblkhd};
}

bool IdleMemory::is_much(const MemoryUse& use) {
  left_ = std::min(left_, use.idle());
  return use.idle() - left_ > std::max(kLittle, use.in_use / kShare);
}

std::uint64_t IdleMemory::give_back() {
  const auto before = memory_use();
  if (!before || !is_much(*before)) return 0;
  ::malloc_trim(0);
  const auto after = memory_use();
  if (!after) return 0;
  given_back(*after);
  return before->resident > after->resident ? before->resident - after->resident : 0;
}

}  // namespace zonelag::service
