// Zone transfers from query to end, over TCP (several on a connection, told apart by message ID) and UDP.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "decoder/dns_message.h"
#include "decoder/dns_sink.h"
#include "decoder/lru_table.h"
#include "record_walker.h"
#include "transfer.h"

namespace zonelag::decoder {

struct TransferRequest {
  std::string_view zone;  // canonical wire form
  std::uint16_t id = 0;
  TransferQuery asked = TransferQuery::unknown;
  std::optional<Serial> client_serial;
  std::string tsig_key;
  bool certain = true;  // over TCP: no answer can have been missed, and no other taken for one
};

struct OpenTransfer {
  std::string zone;
  std::string tsig_key;
  TransferProgress progress;
  std::uint16_t id = 0;
  TransferQuery asked = TransferQuery::unknown;
  std::uint8_t rcode = 0;
  bool failed_answer = false;  // an answer with an RCODE or a TSIG error
  bool malformed = false;
  bool truncated = false;  // TC
  bool snapped = false;    // UDP: the datagram was not captured whole
  bool started_told = false;
  bool certain = true;  // see TransferRequest
  std::uint16_t tsig_error = 0;
  std::optional<Serial> client_serial;
  Timestamp first_packet;
  Timestamp last_packet;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
};

// `path` runs from server to client.
class TransferSink {
 public:
  virtual ~TransferSink() = default;
  virtual void transfer(const Path& path, Moment moment, std::string_view zone, Transfer&& body, Bytes message) = 0;
};

// The transfers of one TCP connection.
struct OpenTransfers {
  // Answers that still come for one of these belong to nothing, and must not look like a transfer without query.
  static constexpr std::size_t kRemembered = 8;
  // Of transfers that ended for us before their server was done: lost, undecodable, not admitted. Their later messages
  // may look like beginnings, so these ids are good for nothing any more.
  static constexpr std::size_t kMaxUnfinished = 64;

  std::vector<OpenTransfer> open;
  std::array<std::uint16_t, kRemembered> ended{};  // ids, newest first
  std::uint8_t ended_count = 0;
  std::vector<std::uint16_t> unfinished;  // ids
  bool forgetful = false;                 // there were more than kMaxUnfinished: any id may be one of them

  bool may_be_unfinished(std::uint16_t id) const {
    return forgetful || std::find(unfinished.begin(), unfinished.end(), id) != unfinished.end();
  }
  bool has_ended(std::uint16_t id) const {
    return std::find(ended.begin(), ended.begin() + ended_count, id) != ended.begin() + ended_count ||
           may_be_unfinished(id);
  }
  void leave_unfinished(std::uint16_t id);
};

class TransferTracker {
 public:
  TransferTracker(const DnsLimits& limits, DnsCounters& counters, TransferSink& sink);

  // Over TCP: `transfers` are those of the connection, `path` runs from server to client. The query itself may not have
  // been seen: then the request is made of the question of its first answer.
  void query(OpenTransfers& transfers, const Path& path, Moment moment, const TransferRequest& request);
  static OpenTransfer* find(OpenTransfers& transfers, std::uint16_t id);
  // A message of an open transfer is whole, its records walked.
  void message_ended(OpenTransfers& transfers, const Path& path, Moment moment, const OpenTransfer& of,
                     std::uint32_t length, bool well_formed, Bytes message);
  // Part of a message of this transfer (no id: of any) was not captured.
  void lost(OpenTransfers& transfers, const Path& path, Moment moment, std::optional<std::uint16_t> id);
  // No more answers will come: the server closed, or the connection ended. `in_message`: one had begun to come, so that
  // no transfer's answer can be taken for all there was.
  void ended(OpenTransfers& transfers, const Path& path, Moment moment, TransferFailure failure, bool in_message);
  // No more is to be known of this transfer, if it is open; what still comes of it belongs to nothing.
  void give_up(OpenTransfers& transfers, std::uint16_t id);
  // The capture ends: nothing is known of how they go on.
  void abandon(OpenTransfers& transfers);

  // Over UDP: query and answer, both with the answer's path.
  void udp_query(const Path& path, Moment moment, const TransferRequest& request);
  void udp_answer(const Path& path, Moment moment, const Header& header, const TransferRequest& question, Bytes records,
                  Bytes message, bool snapped);
  void advance(Timestamp now);

  std::uint32_t size() const { return open_ + udp_.size(); }

  // Records of a message that is being walked, for `transfer`.
  RecordVisitor& visitor(OpenTransfer& transfer, const Path& path, Moment moment, Bytes message);
  static void begin_message(OpenTransfer& transfer, const Header& header);
  void walked(std::uint64_t records) { counters_.records_walked += records; }

 private:
  struct UdpTransfer {
    OpenTransfer transfer;
    Endpoint server;
    Endpoint client;
    bool ended = false;  // told; kept so that a mirror port's copies of query and answer are known
  };

  class Visitor final : public RecordVisitor {
   public:
    explicit Visitor(TransferTracker& tracker) : tracker_(tracker) {}
    void aim(OpenTransfer& transfer, const Path& path, Moment moment, Bytes message);
    void record(Section section, std::uint16_t type, Bytes rdata) override;
    void plain_records(std::uint64_t count) override;

   private:
    TransferTracker& tracker_;
    OpenTransfer* transfer_ = nullptr;
    Path path_;
    Moment moment_;
    Bytes message_;
  };

  void tell_started(OpenTransfer& transfer, const Path& path, Moment moment, Bytes message);
  void tell_completed(const OpenTransfer& transfer, const Path& path, Moment moment, Bytes message);
  void tell_failed(const OpenTransfer& transfer, const Path& path, Moment moment, TransferFailure failure,
                   Bytes message);
  // Whether the message that has just ended also ended the transfer; if so, it was told.
  bool conclude(OpenTransfer& transfer, const Path& path, Moment moment, Bytes message);
  void conclude_udp(OpenTransfer& transfer, const Path& path, Moment moment, Bytes message);
  void forget(OpenTransfers& transfers, const OpenTransfer& transfer);
  UdpTransfer* find_udp(const Path& path, std::uint16_t id);
  UdpTransfer& insert_udp(const Path& path, OpenTransfer transfer);
  bool is_copy(const UdpTransfer& entry, Moment moment, std::string_view zone) const;

  DnsLimits limits_;
  DnsCounters& counters_;
  TransferSink& sink_;
  std::uint32_t open_ = 0;
  LruTable<UdpTransfer> udp_;
  Visitor visitor_;
};

}  // namespace zonelag::decoder
