// The spool behind sensor/publish/spool.h.
//
// Records go from pending_ (appended) to the active segment, or, while the disk takes nothing, to memory_; so what is
// in memory_ is always younger than what is on disk, and it is empty while the disk works. All records up to done_ are
// settled: delivered, or given up with their segment.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "delivered_mark.h"
#include "memory_tier.h"
#include "segment.h"
#include "segment_reader.h"
#include "segment_writer.h"
#include "sensor/publish/spool.h"
#include "spool_directory.h"
#include "spool_recovery.h"

namespace zonelag::sensor {

class DiskSpool final : public Spool {
 public:
  DiskSpool(SpoolConfig config, const Clock& clock, SpoolDirectory directory, DeliveredMark mark, std::uint64_t done,
            RecoveredSpool recovered);
  ~DiskSpool() override;
  DiskSpool(const DiskSpool&) = delete;
  DiskSpool& operator=(const DiskSpool&) = delete;

  std::uint64_t append(std::string_view key, std::string_view value) override;
  void flush() override;
  std::optional<SpoolRecord> next() override;
  void rewind() override;
  void delivered(std::uint64_t index) override;
  void maintain() override;
  void reconfigure(const SpoolConfig& config) override;
  SpoolFigures figures() const override;

 private:
  // A record on disk that was read and is not settled.
  struct Read {
    std::uint64_t index = 0;
    std::uint64_t bytes = 0;
  };

  using Counter = std::uint64_t SpoolFigures::*;
  // A record that was read, and then given up: whoever read it may still deliver it.
  struct Lent {
    Read record;
    Counter counter;  // to count it with when it is not delivered
  };

  // Writing (disk_spool_write.cc)
  std::uint64_t segment_limit() const;
  bool fits_active(std::size_t more) const;
  std::size_t store(std::string_view bytes, std::uint64_t first);
  bool begin_segment(std::uint64_t first);
  void seal();
  void keep_in_memory(std::string_view bytes, std::uint64_t first);
  void shrink_memory();
  void try_disk_again();
  bool move_batch();
  void disk_failed(int error);
  void sync_if_due();
  void make_room(std::uint64_t more);

  // Reading and letting go (disk_spool.cc)
  std::optional<SpoolRecord> next_on_disk();
  std::deque<Segment>::iterator segment_of(std::uint64_t index);
  void give_up_rest(Segment& segment);
  void read_up_to(std::uint64_t index);
  void settled(std::uint64_t index);
  void drop_oldest(Counter counter);
  void take_back(std::uint64_t index);
  void drop_lent();
  void drop_aged();
  void remove_settled();
  void remove_front();
  void store_mark();
  bool elapsed(decoder::Timestamp since, decoder::Duration duration) const;

  SpoolConfig config_;
  const Clock& clock_;
  SpoolDirectory directory_;
  DeliveredMark mark_;
  SegmentWriter writer_;  // while it is open, it writes segments_.back()
  SegmentReader reader_;
  std::deque<Segment> segments_;  // oldest first
  MemoryTier memory_;
  std::string pending_;
  std::uint64_t pending_first_ = 1;
  std::uint64_t next_index_ = 1;
  std::uint64_t read_index_ = 1;  // next() continues here
  std::uint64_t done_ = 0;
  std::uint64_t marked_ = 0;  // done_ as the mark's file has it
  std::deque<Read> read_;
  std::deque<Lent> lent_;
  bool unsynced_ = false;
  decoder::Timestamp last_try_;
  decoder::Timestamp last_sync_;
  decoder::Timestamp last_mark_;
  SpoolFigures figures_;
};

}  // namespace zonelag::sensor
