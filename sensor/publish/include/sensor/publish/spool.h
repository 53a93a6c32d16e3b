// A bounded write-ahead log of records on disk: what is appended is delivered, in order and at least once, also after a
// restart or kill -9. doc: docs/spool.md has the format.
//
// Every record goes through it, so that there is one way from event to broker: append(), flush(), then next() reads it
// back (from the page cache) for the producer, and delivered() lets go of it. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "decoder/time.h"
#include "sensor/clock.h"

namespace zonelag::sensor {

struct SpoolConfig {
  std::string directory;
  std::uint64_t max_bytes = 1ULL << 30;                    // of all segments; beyond, the oldest segment is given up
  decoder::Duration max_age = std::chrono::hours(24 * 7);  // of a segment's newest record; 0: no limit
  std::uint64_t segment_bytes = 8U << 20;
  std::size_t memory_bytes = 4U << 20;  // kept in memory while the disk takes nothing; beyond, the oldest go
  decoder::Duration sync = std::chrono::seconds(1);  // fdatasync() at most so often; 0: never
};

struct SpoolRecord {
  std::uint64_t index = 0;  // 1, 2, ... over all restarts
  std::string_view key;     // views: valid until the next call
  std::string_view value;
};

// Since open(), but for what is there now. A record that next() gave before the spool gave it up still waits: it may be
// delivered(). With rewind() it is dropped.
struct SpoolFigures {
  std::uint64_t appended = 0;
  std::uint64_t recovered = 0;        // undelivered records that were found at open()
  std::uint64_t waiting_records = 0;  // now: appended or recovered, not delivered, not dropped
  std::uint64_t waiting_bytes = 0;    // now
  std::uint64_t disk_bytes = 0;       // now: all segments
  std::uint64_t memory_bytes = 0;     // now: of records that the disk did not take
  std::uint64_t dropped_size = 0;     // records given up: max_bytes
  std::uint64_t dropped_age = 0;      // max_age
  std::uint64_t dropped_memory = 0;   // memory_bytes
  std::uint64_t unreadable = 0;       // records lost to damage of the files (checksum), a torn tail not counted
  std::uint64_t write_failures = 0;   // system calls
  int write_error = 0;                // errno of the last one while the disk still takes nothing; 0: it writes
  friend bool operator==(const SpoolFigures&, const SpoolFigures&) = default;
  std::uint64_t dropped() const { return dropped_size + dropped_age + dropped_memory + unreadable; }
};

class Spool {
 public:
  // Creates the directory where need be, locks it against a second sensor, and finds what was left undelivered.
  // Error: one line that names the directory or file. `clock` must outlive the spool.
  static std::expected<std::unique_ptr<Spool>, std::string> open(const SpoolConfig& config, const Clock& clock);
  virtual ~Spool() = default;

  // A key of at most 65,535 bytes, a value of at most 1 MiB; a larger one is counted as dropped_size. Never fails: what
  // the disk does not take is kept in memory, and what does not fit there is counted as dropped, oldest first. Returns
  // the record's index; 0: too large.
  virtual std::uint64_t append(std::string_view key, std::string_view value) = 0;
  // Hands what was appended to the kernel: from here on it survives kill -9 (a crash of the machine: see sync).
  virtual void flush() = 0;

  // The record behind the one read last; nullopt: none was flushed yet.
  virtual std::optional<SpoolRecord> next() = 0;
  // Reading starts again at the first record that was not delivered.
  virtual void rewind() = 0;
  // All records up to and with this index are delivered; segments without any other go.
  virtual void delivered(std::uint64_t index) = 0;

  // Limits on age, syncing, trying a full disk again; about once a second.
  virtual void maintain() = 0;
  // New limits; the directory stays.
  virtual void reconfigure(const SpoolConfig& config) = 0;
  virtual SpoolFigures figures() const = 0;
};

// PID of the process that has the spool open now; 0: it did not write its PID down; nullopt: none has, or we may not
// look.
std::optional<long> spool_holder(const std::string& directory);

}  // namespace zonelag::sensor
