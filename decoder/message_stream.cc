#include "message_stream.h"

#include <algorithm>

namespace zonelag::decoder {
namespace {

std::uint32_t u16_at(Bytes bytes, std::size_t at) {
  return std::to_integer<std::uint32_t>(bytes[at]) << 8 | std::to_integer<std::uint32_t>(bytes[at + 1]);
}

constexpr std::uint16_t kReservedBit = 0x0040;  // RFC 1035's Z that nobody has used since
constexpr std::size_t kMinRecordLength = 11;

bool has_plausible_counts(const Header& header, std::uint32_t length) {
  const std::size_t records = std::size_t{header.answers} + header.authorities + header.additionals;
  if (header.questions > 1 || records > (length - kHeaderLength) / kMinRecordLength + 1) return false;
  if (header.response()) return true;
  return header.opcode() == kOpcodeNotify || header.answers == 0;
}

// Header and question section together: no more than one question makes sense, so no more is looked for.
constexpr std::size_t kMaxBeginning = kHeaderLength + kMaxNameLength + 4;

// The size of the header and question section that `bytes` begins with; 0: they are not all there.
std::size_t beginning_size(Bytes bytes) {
  if (bytes.size() < kHeaderLength) return 0;
  std::size_t offset = kHeaderLength;
  Question question;
  for (std::uint16_t left = read_header(bytes).questions; left > 0; --left) {
    if (!read_question(bytes, offset, question)) return 0;
  }
  return offset;
}

}  // namespace

bool is_plausible(Bytes bytes, std::uint32_t length, bool response, StreamHandler& handler) {
  if (length < kHeaderLength + 5 || bytes.size() < kHeaderLength + 5) return false;
  const Header header = read_header(bytes);
  const std::uint8_t opcode = header.opcode();
  if (header.response() != response || (header.flags & kReservedBit) != 0) return false;
  if (opcode != kOpcodeQuery && opcode != kOpcodeNotify && opcode != kOpcodeUpdate) return false;
  if (!has_plausible_counts(header, length)) return false;
  std::size_t offset = kHeaderLength;
  if (header.questions == 1) {
    Question question;
    const Bytes message = bytes.first(std::min<std::size_t>(bytes.size(), length));
    return read_question(message, offset, question) && question.klass == kClassIn && question.type != 0;
  }
  Record record;
  return handler.expects(header.id) && header.answers > 0 && read_record(bytes, offset, record) &&
         record.klass == kClassIn;
}

void MessageStream::feed(Moment moment, Bytes bytes, bool responses, StreamHandler& handler, DnsCounters& counters,
                         HeldBudget& budget) {
  Feed feed{moment, responses, handler, counters, budget};
  while (!bytes.empty()) {
    if (!in_sync_) {
      bytes = bytes.subspan(resynchronise(feed, bytes));
      continue;
    }
    if (length_bytes_ < 2) {
      bytes = bytes.subspan(read_length(bytes));
      if (length_bytes_ == 2 && length_ == 0) next_message();
      continue;
    }
    bytes = bytes.subspan(take_piece(feed, bytes));
  }
}

std::size_t MessageStream::read_length(Bytes bytes) {
  if (length_bytes_ == 0 && bytes.size() >= 2) {
    length_ = u16_at(bytes, 0);
    length_bytes_ = 2;
    return 2;
  }
  length_ = length_ << 8 | std::to_integer<std::uint32_t>(bytes[0]);
  ++length_bytes_;
  return 1;
}

// Uses bytes of the present message; returns how many.
std::size_t MessageStream::take_piece(Feed& feed, Bytes bytes) {
  const std::size_t size = std::min<std::size_t>(bytes.size(), length_ - consumed_);
  const Bytes piece = bytes.first(size);
  const bool whole = consumed_ == 0 && size == length_;
  consumed_ += static_cast<std::uint32_t>(size);
  if (whole) {
    feed.handler.whole_message(feed.moment, piece);
    next_message();
    return size;
  }
  if (mode_ == Mode::beginning) {
    begin_piece(feed, piece);
  } else {
    continue_piece(feed, piece);
  }
  if (consumed_ == length_) finish_message(feed);
  return size;
}

// Decides what becomes of a message as soon as its header and question section are there; nothing is copied when they
// come in one piece.
void MessageStream::begin_piece(Feed& feed, Bytes piece) {
  const bool in_place = held_.empty();
  if (!in_place && !hold(feed, piece)) return;
  const Bytes beginning = in_place ? piece : Bytes{held_};
  const std::size_t size = beginning_size(beginning);
  if (size == 0) {
    if (in_place && !hold(feed, piece)) return;
    if (beginning.size() > kMaxBeginning) {  // garbage: told as malformed when it is whole
      id_ = read_header(beginning).id;
      mode_ = Mode::hold;
    }
    return;
  }
  const Header header = read_header(beginning);
  id_ = header.id;
  if (!feed.handler.message_begun(feed.moment, header, beginning.first(size))) {
    if (in_place && !hold(feed, piece)) return;
    mode_ = Mode::hold;
    return;
  }
  mode_ = Mode::walk;
  walker_.begin(header);
  walk(feed, beginning.subspan(size));
  release(feed.budget);
}

void MessageStream::continue_piece(Feed& feed, Bytes piece) {
  if (mode_ == Mode::hold) {
    hold(feed, piece);
  } else if (mode_ == Mode::walk) {
    walk(feed, piece);
  }
}

void MessageStream::walk(Feed& feed, Bytes piece) {
  if (!well_formed_) return;
  RecordVisitor* visitor = feed.handler.visitor(feed.moment, id_);
  if (visitor != nullptr) well_formed_ = walker_.feed(piece, *visitor);
}

bool MessageStream::hold(Feed& feed, Bytes piece) {
  if (feed.budget.held + piece.size() > feed.budget.limit) {
    ++feed.counters.messages_not_held;
    feed.handler.message_lost(feed.moment, mode_ == Mode::hold ? std::optional(id_) : std::nullopt);
    release(feed.budget);
    mode_ = Mode::skip;
    return false;
  }
  held_.insert(held_.end(), piece.begin(), piece.end());
  feed.budget.held += piece.size();
  return true;
}

void MessageStream::finish_message(Feed& feed) {
  if (mode_ == Mode::walk) {
    feed.handler.message_walked(feed.moment, id_, length_, well_formed_ && walker_.complete());
  } else if (mode_ != Mode::skip) {
    feed.handler.whole_message(feed.moment, held_);
  }
  release(feed.budget);
  next_message();
}

void MessageStream::release(HeldBudget& budget) {
  budget.held -= std::min(budget.held, held_.size());
  held_ = {};
}

void MessageStream::next_message() {
  mode_ = Mode::beginning;
  length_bytes_ = 0;
  length_ = 0;
  consumed_ = 0;
  well_formed_ = true;
}

void MessageStream::close(HeldBudget& budget) { release(budget); }

void MessageStream::hole(Moment moment, std::uint64_t length, StreamHandler& handler, HeldBudget& budget) {
  certain_ = false;
  if (length == 0) {
    in_sync_ = trusted_ = false;
    return;
  }
  const bool header_known = length_bytes_ == 2 && consumed_ >= 2 && mode_ != Mode::beginning;
  const bool inside = in_sync_ && length_bytes_ == 2 && length <= length_ - consumed_;
  if (!in_sync_ || !inside) {
    handler.message_lost(moment, std::nullopt);
    in_sync_ = trusted_ = false;
  } else if (mode_ != Mode::skip) {
    handler.message_lost(moment, header_known ? std::optional(id_) : std::nullopt);
  }
  release(budget);
  if (!inside) {
    next_message();
    return;
  }
  mode_ = Mode::skip;
  consumed_ += static_cast<std::uint32_t>(length);
  if (consumed_ == length_) next_message();
}

// The offset of the first message that begins in `bytes` and looks like one; their size: there is none.
std::size_t find_message(Bytes bytes, bool response, StreamHandler& handler) {
  for (std::size_t at = 0; at + 2 + kHeaderLength < bytes.size(); ++at) {
    const Bytes rest = bytes.subspan(at);
    const std::uint32_t length = u16_at(rest, 0);
    if (!is_plausible(rest.subspan(2), length, response, handler)) continue;
    // The message behind it, if it begins here too, must be as plausible.
    if (rest.size() > 2U + length + 2U + kHeaderLength + 5U) {
      const Bytes next = rest.subspan(2U + length);
      if (!is_plausible(next.subspan(2), u16_at(next, 0), response, handler)) continue;
    }
    return at;
  }
  return bytes.size();
}

// Looks for the beginning of a message; returns how many bytes are not part of one that was found.
std::size_t MessageStream::resynchronise(Feed& feed, Bytes bytes) {
  const std::size_t skipped = find_message(bytes, feed.responses, feed.handler);
  if (skipped > 0) {  // perhaps of what was asked for in the meantime
    trusted_ = false;
    feed.handler.message_lost(feed.moment, std::nullopt);
  }
  feed.counters.stream_bytes_skipped += skipped;
  if (skipped < bytes.size()) {
    in_sync_ = true;
    next_message();
    ++feed.counters.stream_resyncs;
  }
  return skipped;
}

}  // namespace zonelag::decoder
