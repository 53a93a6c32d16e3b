// NOTIFY exchanges (RFC 1996): attempts, answers, and what a NOTIFY without a serial was about.
#pragma once

#include <array>
#include <optional>

#include "decoder/dns_message.h"
#include "decoder/dns_sink.h"
#include "decoder/lru_table.h"

namespace zonelag::decoder {

struct NotifyMessage {
  std::string_view zone;  // canonical wire form
  std::uint16_t id = 0;
  std::uint16_t query_type = kTypeSoa;
  std::uint8_t rcode = 0;
  std::optional<Serial> serial;
  std::string tsig_key;
};

class NotifyTracker {
 public:
  NotifyTracker(const DnsLimits& limits, DnsCounters& counters)
      : limits_(limits), table_(limits.max_notify_pairs), sent_(limits.max_notify_pairs), counters_(counters) {}

  std::uint32_t size() const { return table_.size(); }

  // A request sent along `path`. Nothing: a mirror port's second copy.
  std::optional<Notify> request(const Path& path, Moment moment, const NotifyMessage& message);
  // A response sent along `path`.
  Notify response(const Path& path, Moment moment, const NotifyMessage& message);

  // The zone (canonical wire form) of the request that a response without question along `path` answers: NSD answers
  // like that for a zone it does not have. Empty: no such request was seen.
  std::string zone_answered(const Path& path, std::uint16_t id);

  struct Answered {
    Notify body;
    Path path;
    Moment moment;  // of the request
  };
  // `server` gave `serial` to `client`, which asked for the SOA or a transfer: the NOTIFY without serial that this
  // answers, if one is waiting.
  std::optional<Answered> offered(const IpAddress& server, const IpAddress& client, std::string_view zone,
                                  Serial serial, Timestamp time);

 private:
  static constexpr std::size_t kExchanges = 4;  // of one (sender, target, zone) at a time

  struct Exchange {
    std::optional<Serial> serial;
    std::uint16_t id = 0;
    std::uint16_t query_type = 0;
    Transport transport = Transport::udp;
    Endpoint source;
    std::uint16_t target_port = 0;
    Moment first;
    Timestamp last_sent;
    std::uint32_t attempt = 0;  // 0: unused
    bool answered = false;
    bool waiting = false;  // without serial, and not attributed yet
  };

  struct Entry {
    std::string zone;
    IpAddress sender;
    IpAddress target;
    std::array<Exchange, kExchanges> exchanges{};
  };

  // A request by what identifies its answer.
  struct Sent {
    std::string zone;
    Path path;
    std::uint16_t id = 0;
  };

  Sent* find_sent(const Path& path, std::uint16_t id);
  void remember(const Path& path, const NotifyMessage& message);
  Entry* find(const IpAddress& sender, const IpAddress& target, std::string_view zone);
  Entry& find_or_insert(const IpAddress& sender, const IpAddress& target, std::string_view zone);
  bool is_retry(const Exchange& exchange, const Path& path, Moment moment, const NotifyMessage& message) const;

  DnsLimits limits_;
  LruTable<Entry> table_;
  LruTable<Sent> sent_;
  DnsCounters& counters_;
};

}  // namespace zonelag::decoder
