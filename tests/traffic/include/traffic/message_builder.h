// Writes DNS messages (RFC 1035) with name compression.
#pragma once

#include <array>
#include <cstdint>

#include "traffic/name.h"
#include "traffic/wire_buffer.h"

namespace zonelag::traffic {

enum class RrType : std::uint16_t {
  kA = 1,
  kNs = 2,
  kSoa = 6,
  kTxt = 16,
  kAaaa = 28,
  kOpt = 41,
  kDs = 43,
  kRrsig = 46,
  kTsig = 250,
  kIxfr = 251,
  kAxfr = 252,
};

enum class Section : std::uint8_t { kQuestion, kAnswer, kAuthority, kAdditional };

inline constexpr std::uint16_t kClassIn = 1;
inline constexpr std::uint16_t kClassAny = 255;

// Header words (RFC 1035, section 4.1.1).
inline constexpr std::uint16_t kFlagResponse = 0x8000;
inline constexpr std::uint16_t kFlagAuthoritative = 0x0400;
inline constexpr std::uint16_t kOpcodeNotify = 0x2000;
inline constexpr std::uint16_t kRcodeNxdomain = 3;

/// Where the message goes: over TCP it has a two-byte length in front (RFC 7766, section 8).
enum class Framing : std::uint8_t { kDatagram, kStream };

/// One message at a time: begin(), question(), records, finish(). Sections in their order.
class MessageBuilder {
 public:
  void begin(std::uint16_t id, std::uint16_t flags, Framing framing = Framing::kDatagram);
  void question(const Name& name, RrType type);

  void begin_record(Section section, const Name& owner, RrType type, std::uint32_t ttl,
                    std::uint16_t rr_class = kClassIn);
  /// A name with compression; use rdata().put_bytes(name.wire()) where none is allowed.
  void name(const Name& name);
  WireBuffer& rdata() { return out_; }
  void end_record();

  /// Length of the message so far, without the length in front.
  std::size_t size() const { return out_.size() - base_; }
  std::uint16_t count(Section section) const { return counts_[static_cast<std::size_t>(section)]; }

  struct Mark {
    std::size_t size;
    std::array<std::uint16_t, 4> counts;
  };
  Mark mark() const { return {out_.size(), counts_}; }
  /// Takes back what was written since `mark`. Names taken back stay in the table, but every hit is checked.
  void rewind(const Mark& mark);

  /// Fills in counts and length. Includes the length in front when Framing::kStream. Valid until the next begin().
  ByteView finish();

 private:
  struct Slot {
    std::uint32_t generation = 0;
    std::uint32_t hash = 0;
    std::uint16_t offset = 0;
  };
  // More than the names that a pointer can reach in a message of usual records; what does not fit is written out.
  static constexpr std::size_t kSlots = 2048;
  static constexpr std::size_t kMaxProbes = 16;
  static constexpr std::size_t kMaxPointer = 0x3fff;

  /// The offset of a name equal to `wire` written before, or 0; then `wire` is remembered as being at `here`.
  std::uint16_t find_or_remember(ByteView wire, std::size_t here);
  bool same_name(std::size_t offset, ByteView wire) const;

  WireBuffer out_;
  std::size_t base_ = 0;
  std::size_t rdlength_at_ = 0;
  std::array<std::uint16_t, 4> counts_{};
  std::uint32_t generation_ = 0;
  std::array<Slot, kSlots> slots_{};
};

}  // namespace zonelag::traffic
