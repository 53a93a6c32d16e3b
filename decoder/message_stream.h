// One direction of a TCP connection to DNS messages (RFC 1035 section 4.2.2: a 2-byte length before each). What is
// whole in a segment is read in place; a zone transfer's message is walked as it comes; only other messages that are
// cut by a segment's end are held. Holes in the capture are survived: inside one message they cost that message, else
// the stream is found again by a plausible length and header.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "decoder/dns_message.h"
#include "decoder/dns_sink.h"
#include "record_walker.h"

namespace zonelag::decoder {

// What a MessageStream tells, and asks.
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  virtual void whole_message(Moment, Bytes message) = 0;
  // A message's header and question section, while its rest has not arrived. True: its records are to be walked as
  // they come, with visitor(); message_walked or message_lost follows. False: it is held till it is whole.
  virtual bool message_begun(Moment, const Header&, Bytes beginning) = 0;
  // Who takes the records of the message with this id now; null: nobody any more.
  virtual RecordVisitor* visitor(Moment, std::uint16_t id) = 0;
  virtual void message_walked(Moment, std::uint16_t id, std::uint32_t length, bool well_formed) = 0;
  // Part of a message was not captured. No id: it may have been any message.
  virtual void message_lost(Moment, std::optional<std::uint16_t> id) = 0;
  // Whether a transfer with this id is open, so that a message without question makes sense.
  virtual bool expects(std::uint16_t id) = 0;
};

// Bytes held by all streams, against one limit.
struct HeldBudget {
  std::size_t held = 0;
  std::size_t limit = 0;
};

class MessageStream {
 public:
  // `responses`: which direction this is, for the plausibility of headers.
  void feed(Moment moment, Bytes bytes, bool responses, StreamHandler& handler, DnsCounters& counters,
            HeldBudget& budget);
  // `length` bytes are missing here; 0: the beginning of the stream is.
  void hole(Moment moment, std::uint64_t length, StreamHandler& handler, HeldBudget& budget);
  // Gives back what it holds.
  void close(HeldBudget& budget);
  // Every byte since the beginning of the connection has been seen.
  bool certain() const { return certain_; }
  // Where messages begin is known, not guessed: from the beginning of the connection; or, after a hole, because none
  // was under way when the peer asked something, which confirm() says, and nothing had to be passed over since.
  bool trusted() const { return trusted_; }
  void confirm() { trusted_ = trusted_ || !pending(); }
  // In the middle of a message.
  bool pending() const { return length_bytes_ != 0; }

 private:
  enum class Mode : std::uint8_t { beginning, walk, hold, skip };

  // One call's surroundings.
  struct Feed {
    Moment moment;
    bool responses;
    StreamHandler& handler;
    DnsCounters& counters;
    HeldBudget& budget;
  };

  std::size_t read_length(Bytes bytes);
  std::size_t take_piece(Feed& feed, Bytes bytes);
  void begin_piece(Feed& feed, Bytes piece);
  void continue_piece(Feed& feed, Bytes piece);
  void walk(Feed& feed, Bytes piece);
  bool hold(Feed& feed, Bytes piece);
  void finish_message(Feed& feed);
  void release(HeldBudget& budget);
  void next_message();
  std::size_t resynchronise(Feed& feed, Bytes bytes);

  bool in_sync_ = true;
  bool certain_ = true;
  bool trusted_ = true;
  Mode mode_ = Mode::beginning;
  std::uint8_t length_bytes_ = 0;  // how many of the two have been read
  bool well_formed_ = true;
  std::uint16_t id_ = 0;
  std::uint32_t length_ = 0;    // of the present message
  std::uint32_t consumed_ = 0;  // bytes of it seen
  std::vector<std::byte> held_;
  RecordWalker walker_;
};

// Whether a message that begins with `bytes` (behind its length prefix `length`) looks like DNS in this direction.
bool is_plausible(Bytes bytes, std::uint32_t length, bool response, StreamHandler& handler);

}  // namespace zonelag::decoder
