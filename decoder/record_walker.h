// Walks the records of one DNS message while its bytes arrive, in pieces cut anywhere, without holding the message:
// what is incomplete at the end of a piece (at most one record's head, or one short RDATA that somebody wants) is
// carried over. A zone transfer of any size is walked in place, out of the capture's buffer.
#pragma once

#include <cstdint>
#include <vector>

#include "decoder/dns_message.h"

namespace zonelag::decoder {

enum class Section : std::uint8_t { answer, authority, additional };

// What a RecordWalker tells of one message.
class RecordVisitor {
 public:
  virtual ~RecordVisitor() = default;
  // A SOA of the answer section or a TSIG. `rdata` is a view for the call.
  virtual void record(Section section, std::uint16_t type, Bytes rdata) = 0;
  // `count` records of the answer section that are no SOA, in a row.
  virtual void plain_records(std::uint64_t count) = 0;
};

class RecordWalker {
 public:
  // Begins a message; its header and question section have been read.
  void begin(const Header& header);
  // The next bytes of the message, from behind the question section on. False: malformed; the rest is not read.
  bool feed(Bytes bytes, RecordVisitor& visitor);
  // All records were read. False too after malformed.
  bool complete() const { return !broken_ && left_total() == 0 && carry_.empty() && skip_ == 0; }
  std::uint64_t records() const { return records_; }

 private:
  std::uint32_t left_total() const { return left_[0] + left_[1] + left_[2]; }
  std::size_t walk(Bytes bytes, RecordVisitor& visitor);
  std::size_t finish_carried(Bytes bytes, RecordVisitor& visitor);
  bool wanted(std::uint16_t type) const;
  void counted(std::uint16_t type, Bytes rdata, RecordVisitor& visitor);
  void flush(RecordVisitor& visitor);

  std::uint32_t left_[3] = {0, 0, 0};
  Section section_ = Section::answer;
  bool broken_ = false;
  std::uint32_t skip_ = 0;     // bytes of an RDATA that nobody wants and that has not arrived yet
  std::uint64_t plain_ = 0;    // not told yet
  std::uint64_t records_ = 0;  // of all sections
  std::vector<std::byte> carry_;
};

}  // namespace zonelag::decoder
