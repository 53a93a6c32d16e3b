#include "delivered_mark.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "spool_format.h"

namespace zonelag::sensor {
namespace {

constexpr std::size_t kSlotBytes = 20;  // generation, index, checksum
constexpr off_t kSlotDistance = 512;    // a disk's sector

}  // namespace

bool DeliveredMark::open() {
  if (!file_) file_ = Descriptor(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  return static_cast<bool>(file_);
}

std::uint64_t DeliveredMark::load() {
  std::uint64_t index = 0;
  if (!open()) return index;
  for (const off_t slot : {0, 1}) {
    std::array<char, kSlotBytes> bytes{};
    if (::pread(file_.get(), bytes.data(), bytes.size(), slot * kSlotDistance) != kSlotBytes) continue;
    const std::string_view view(bytes.data(), bytes.size());
    if (get_u32(view, 16) != checksum(view.substr(0, 16)) || get_u64(view, 8) > kMaxSpoolIndex) continue;
    if (get_u64(view, 0) <= generation_) continue;
    generation_ = get_u64(view, 0);
    index = get_u64(view, 8);
  }
  return index;
}

bool DeliveredMark::store(std::uint64_t index) {
  if (!open()) return false;
  std::string bytes;
  put_u64(bytes, generation_ + 1);
  put_u64(bytes, index);
  put_u32(bytes, checksum(bytes));
  const off_t slot = static_cast<off_t>((generation_ + 1) % 2);
  if (::pwrite(file_.get(), bytes.data(), bytes.size(), slot * kSlotDistance) != kSlotBytes) return false;
  ++generation_;
  return true;
}

}  // namespace zonelag::sensor
