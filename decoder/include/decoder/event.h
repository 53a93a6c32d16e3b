// What a sensor saw: a fact with a capture time, never a conclusion that needs another host's view (design, section 5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "decoder/net.h"
#include "decoder/serial.h"
#include "decoder/time.h"
#include "decoder/zone_name.h"

namespace zonelag::decoder {

inline constexpr std::uint16_t kTypeSoa = 6;  // RFC 1035 section 3.2.2

// A NOTIFY (RFC 1996) request or response. Event::source sent this message.
struct Notify {
  bool response = false;
  std::uint16_t message_id = 0;
  std::uint16_t query_type = kTypeSoa;  // other than SOA (RFC 9859): no evidence
  std::uint8_t rcode = 0;               // responses
  std::optional<Serial> serial;         // of the SOA in the answer section; servers may leave it out
  // A request without serial whose target asked the sender in answer to it: the serial it was then given. Such an
  // event repeats the request's (same time, endpoints, id) with this field filled in.
  std::optional<Serial> answered_with;
  // A response: the serial of the request that it answers, if that was seen.
  std::optional<Serial> request_serial;
  std::uint32_t attempt = 1;  // of this request: 1, then one more for each retry
  Timestamp first_sent;       // of attempt 1; for a response: of the request it answers, if seen
  std::string tsig_key;       // canonical text; empty: not signed
  friend bool operator==(const Notify&, const Notify&) = default;
};

enum class TransferPhase : std::uint8_t { started, completed, failed };
enum class TransferQuery : std::uint8_t { unknown, axfr, ixfr };
// How the answer came: RFC 5936; RFC 1995 section 4: incremental, AXFR-style, or a lone SOA (up to date, or over UDP:
// use TCP).
enum class TransferForm : std::uint8_t { none, axfr, incremental, axfr_style, lone_soa };
enum class TransferFailure : std::uint8_t {
  none,
  refused,
  notauth,
  other_rcode,
  tsig_error,
  connection_refused,
  connect_timeout,
  reset,
  closed_early,
  idle_timeout,
  capture_gap,
  malformed,  // an answer that is no transfer: no SOA first, other SOA last, undecodable
  truncated,  // over UDP: TC, use TCP
};

// A zone transfer. Event::source is the server (who gives the zone), Event::destination the client.
struct Transfer {
  TransferPhase phase = TransferPhase::started;
  TransferQuery asked = TransferQuery::unknown;  // unknown: only the answers were seen
  TransferForm got = TransferForm::none;         // known from the second record on
  std::uint16_t message_id = 0;
  std::optional<Serial> client_serial;  // of the IXFR query's authority section
  std::optional<Serial> first_serial;   // of the answer's first SOA: what the server offers
  std::optional<Serial> last_serial;    // completed only: what the client now holds
  std::uint64_t messages = 0;
  std::uint64_t records = 0;  // of answer sections
  std::uint64_t bytes = 0;    // of DNS messages, without TCP's length prefix
  Timestamp first_packet;     // of the query, else of the first answer
  Timestamp last_packet;
  TransferFailure failure = TransferFailure::none;
  std::uint8_t rcode = 0;
  std::string tsig_key;
  friend bool operator==(const Transfer&, const Transfer&) = default;
};

enum class ServedVia : std::uint8_t { soa_answer, negative_answer, zone_version };

struct SoaTimers {
  std::uint32_t refresh = 0;  // seconds, all
  std::uint32_t retry = 0;
  std::uint32_t expire = 0;
  std::uint32_t minimum = 0;
  friend bool operator==(const SoaTimers&, const SoaTimers&) = default;
};

// The serial in a server's authoritative answers changed, or was seen for the first time. Event::source is the
// server; Event::destination is never set: who asked does not leave the sensor.
struct Served {
  Serial serial;
  ServedVia via = ServedVia::soa_answer;
  std::optional<Serial> previous;               // what the same address served before
  std::optional<Timestamp> previous_last_seen;  // the last answer with `previous`
  std::optional<SoaTimers> timers;              // not from ZONEVERSION
  friend bool operator==(const Served&, const Served&) = default;
};

// A watched TXT record's value.
struct Stamp {
  std::string owner;
  std::string value;
  friend bool operator==(const Stamp&, const Stamp&) = default;
};

// A sensor's heartbeat.
struct Status {
  std::vector<std::pair<std::string, std::uint64_t>> counters;
  std::uint64_t dropped = 0;
  std::string version;
  std::vector<IpAddress> own_addresses;
  friend bool operator==(const Status&, const Status&) = default;
};

enum class Direction : std::uint8_t { transit, out, in };
enum class ClockSync : std::uint8_t { unknown, synchronised, unsynchronised };
// What the clock says of a leap second: none (or not known), one is due at the end of this UTC day, or it is being
// inserted, or is over and the announcement has not been withdrawn yet. Around it a time may be off by a second.
enum class ClockLeap : std::uint8_t { none, insertion_due, deletion_due, in_progress, over };

struct ClockState {
  ClockSync sync = ClockSync::unknown;
  std::optional<Duration> max_error;
  ClockLeap leap = ClockLeap::none;
  friend bool operator==(const ClockState&, const ClockState&) = default;
};

// Where a replayed event came from: the packet that completed it.
struct Provenance {
  std::string capture;       // file name as given
  std::uint64_t packet = 0;  // from 1
  friend bool operator==(const Provenance&, const Provenance&) = default;
};

struct Event {
  // Filled in by the sensor's pipeline:
  std::string sensor_id;
  std::uint64_t boot_id = 0;
  std::uint64_t sequence = 0;  // 1, 2, ... within (sensor_id, boot_id)
  ClockState clock;
  Direction direction = Direction::transit;
  std::string node;  // hostname of the sensor's own host, where it is an endpoint; else empty
  std::optional<Provenance> provenance;
  // Filled in by the decoder:
  Timestamp captured_at;
  Transport transport = Transport::udp;
  Endpoint source;
  Endpoint destination;
  ZoneName zone;  // of a status event: the root
  std::variant<Notify, Transfer, Served, Stamp, Status> body;
  friend bool operator==(const Event&, const Event&) = default;
};

// Lower-case words as they appear in JSON, tables and metrics: "completed", "AXFR-style", "capture gap", ...
const char* to_string(TransferPhase phase);
const char* to_string(TransferQuery query);
const char* to_string(TransferForm form);
const char* to_string(TransferFailure failure);
const char* to_string(ServedVia via);
const char* to_string(Direction direction);
const char* to_string(ClockSync sync);
const char* to_string(ClockLeap leap);
// "NOERROR", "REFUSED", ...; "RCODE17" where IANA has no name.
std::string rcode_to_string(std::uint8_t rcode);

}  // namespace zonelag::decoder
