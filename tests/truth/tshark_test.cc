// A second opinion on whole transfers and on NOTIFY: tshark puts the streams of every capture together and takes the
// messages apart; from its rows this test finds out by itself which transfers completed, and where. Without tshark the
// tests fail.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "captures.h"
#include "decoder/decoder.h"
#include "decoder/dns_message.h"
#include "joined_capture.h"

namespace zonelag::truth {
namespace {

namespace fs = std::filesystem;
using decoder::Endpoint;

// Sorted text of what was found, and how much of it.
struct Found {
  std::vector<std::string> transfers;
  std::vector<std::string> notifies;
};

std::string text_of(const Endpoint& endpoint) {
  return fmt::format("{}#{}", endpoint.address.to_string(), endpoint.port);
}

std::string serial_text(std::optional<std::uint32_t> serial) { return serial ? std::to_string(*serial) : "none"; }

struct TransferFacts {
  std::string zone;
  std::string server;
  std::string client;
  unsigned id = 0;
  std::uint32_t serial = 0;
  std::uint64_t messages = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t packet = 0;
};

std::string line(const TransferFacts& facts) {
  return fmt::format("{} {} > {} id {} serial {} messages {} records {} bytes {} packet {}", facts.zone, facts.server,
                     facts.client, facts.id, facts.serial, facts.messages, facts.records, facts.bytes, facts.packet);
}

std::string notify_line(const std::string& zone, const std::string& from, const std::string& to, unsigned id,
                        std::optional<std::uint32_t> serial, std::uint64_t packet) {
  return fmt::format("{} {} > {} id {} serial {} packet {}", zone, from, to, id, serial_text(serial), packet);
}

// --- Ours ---

std::optional<std::uint32_t> value_of(std::optional<decoder::Serial> serial) {
  return serial ? std::optional(serial->value()) : std::nullopt;
}

class Collector final : public decoder::EventSink {
 public:
  void event(decoder::Event&& event, std::uint64_t packet, decoder::Bytes) override {
    const std::string zone = event.zone.to_text();
    const std::string source = text_of(event.source);
    const std::string destination = text_of(event.destination);
    if (const auto* transfer = std::get_if<decoder::Transfer>(&event.body)) {
      if (transfer->phase != decoder::TransferPhase::completed) return;
      EXPECT_EQ(transfer->first_serial, transfer->last_serial);
      found.transfers.push_back(
          line({zone, source, destination, transfer->message_id, value_of(transfer->last_serial).value_or(0),
                transfer->messages, transfer->records, transfer->bytes, packet}));
    } else if (const auto* notify = std::get_if<decoder::Notify>(&event.body)) {
      if (notify->response || notify->answered_with) return;  // the latter repeats an earlier event
      found.notifies.push_back(
          notify_line(zone, source, destination, notify->message_id, value_of(notify->serial), packet));
    }
  }
  Found found;
};

Found ours(const fs::path& file) {
  Collector collector;
  decoder::Decoder decoder(decoder::DecoderLimits{}, collector);
  for_each_packet(file, [&](const decoder::Packet& packet) { decoder.packet(packet); });
  decoder.finish();
  return std::move(collector.found);
}

// --- tshark ---

enum Field : std::uint8_t {
  kNumber,
  kTime,
  kSource4,
  kSource6,
  kDestination4,
  kDestination6,
  kTcpSource,
  kTcpDestination,
  kUdpSource,
  kUdpDestination,
  kTcpStream,
  kUdpLength,
  kLength,
  kId,
  kFlags,
  kQuestions,
  kAnswers,
  kAuthorities,
  kAdditionals,
  kQueryType,
  kQueryName,
  kRecordType,
  kSerial,
  kFields,
};

// What an ICMP error quotes is no message that was sent there.
const char* const kTshark =
    "tshark -n -o tcp.desegment_tcp_streams:TRUE -o dns.desegment_dns_messages:TRUE "
    "-o tcp.reassemble_out_of_order:TRUE -Y 'dns && !icmp && !icmpv6 && "
    "(dns.qry.type == 251 || dns.qry.type == 252 || (tcp && dns.flags.response == 1) || dns.flags.opcode == 4)' "
    "-T fields -e frame.number -e frame.time_epoch -e ip.src -e ipv6.src -e ip.dst -e ipv6.dst -e tcp.srcport "
    "-e tcp.dstport -e udp.srcport -e udp.dstport -e tcp.stream -e udp.length -e dns.length -e dns.id -e dns.flags "
    "-e dns.count.queries -e dns.count.answers -e dns.count.auth_rr -e dns.count.add_rr -e dns.qry.type "
    "-e dns.qry.name -e dns.resp.type -e dns.soa.serial_number 2>/dev/null -r ";

using Texts = std::vector<std::string>;

Texts split(const std::string& text, char separator) {
  Texts parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

unsigned number(const std::string& text) { return static_cast<unsigned>(std::stoul(text, nullptr, 0)); }

// One DNS message as tshark sees it. The flat fields of a frame hold those of all its messages, one after another.
struct Message {
  std::uint64_t packet = 0;
  double time = 0;
  std::string source;
  std::string destination;
  std::string stream;  // empty: UDP
  std::uint64_t bytes = 0;
  unsigned id = 0;
  unsigned flags = 0;
  std::uint64_t answers = 0;
  unsigned query_type = 0;  // 0: no question
  std::string query_name;
  std::optional<std::uint32_t> first_answer_soa;
  std::optional<std::uint32_t> last_answer_soa;  // the last answer record, if it is a SOA
  std::optional<std::uint32_t> authority_soa;

  bool response() const { return (flags & 0x8000) != 0; }
  unsigned opcode() const { return flags >> 11 & 0xf; }
  unsigned rcode() const { return flags & 0xf; }
};

// Takes a frame's messages apart; `cut` counts frames whose lists are shorter than their counts (snapped ones).
class Row {
 public:
  explicit Row(const std::string& text) : fields_(split(text, '\t')) {
    fields_.resize(kFields);
    for (std::size_t i = 0; i < kFields; ++i) lists_[i] = split(fields_[i], ',');
  }

  std::uint64_t packet() const { return std::stoull(fields_[kNumber]); }

  std::vector<Message> messages(std::uint64_t& cut) {
    std::vector<Message> messages;
    try {
      for (std::size_t i = 0; i < lists_[kId].size(); ++i) messages.push_back(message(i));
    } catch (const std::out_of_range&) {
      ++cut;
    }
    return messages;
  }

 private:
  std::string next(Field field) { return lists_[field].at(used_[field]++); }

  Message message(std::size_t index) {
    const bool tcp = !fields_[kTcpStream].empty();
    Message message{.packet = packet(),
                    .time = std::stod(fields_[kTime]),
                    .source = fields_[kSource4] + fields_[kSource6] + "#" + fields_[tcp ? kTcpSource : kUdpSource],
                    .destination = fields_[kDestination4] + fields_[kDestination6] + "#" +
                                   fields_[tcp ? kTcpDestination : kUdpDestination],
                    .stream = fields_[kTcpStream],
                    .bytes = tcp ? number(lists_[kLength].at(index)) : number(fields_[kUdpLength]) - 8U,
                    .id = number(lists_[kId].at(index)),
                    .flags = number(lists_[kFlags].at(index)),
                    .answers = number(lists_[kAnswers].at(index))};
    for (unsigned left = number(lists_[kQuestions].at(index)); left > 0; --left) {
      message.query_type = number(next(kQueryType));
      message.query_name = next(kQueryName);
      for (char& c : message.query_name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    const std::uint64_t authority_end = message.answers + number(lists_[kAuthorities].at(index));
    const std::uint64_t records = authority_end + number(lists_[kAdditionals].at(index));
    for (std::uint64_t i = 0; i < records; ++i) record(message, i, authority_end);
    return message;
  }

  void record(Message& message, std::uint64_t at, std::uint64_t authority_end) {
    const bool soa = next(kRecordType) == "6";
    const auto serial = soa ? std::optional(number(next(kSerial))) : std::nullopt;
    if (at < message.answers) {
      if (at == 0) message.first_answer_soa = serial;
      message.last_answer_soa = serial;
    } else if (at < authority_end && soa) {
      message.authority_soa = serial;
    }
  }

  Texts fields_;
  std::array<Texts, kFields> lists_;
  std::array<std::size_t, kFields> used_{};
};

// All messages of one transfer. It is judged when nothing more can be of it, by its first and last record, not by
// counting SOAs as the decoder does.
struct Group {
  bool tcp = false;
  bool failed = false;
  unsigned asked = 0;
  std::optional<std::uint32_t> client_serial;
  std::optional<std::uint32_t> first;
  std::optional<std::uint32_t> last;
  TransferFacts facts;

  bool completed() const {
    if (failed || !first || facts.messages == 0) return false;
    if (facts.records > 1) return last == first;
    // A lone SOA says that the client is up to date (RFC 1995 section 2), or over UDP that it must ask over TCP.
    return !tcp || (client_serial && (*client_serial == *first || *client_serial - *first < 0x80000000U));
  }
};

class Rebuilder {
 public:
  void take(const Message& message) {
    if (is_copy(message)) return;
    const bool transfer = message.query_type == decoder::kTypeIxfr || message.query_type == decoder::kTypeAxfr;
    if (message.opcode() == decoder::kOpcodeNotify) {
      if (!message.response()) notify(message);
    } else if (message.opcode() == decoder::kOpcodeQuery && (transfer || message.query_type == 0)) {
      message.response() ? answer(message) : query(message);
    }
  }

  Found finish() {
    for (auto& [key, group] : open_) close(group);
    open_.clear();
    return std::move(found_);
  }

 private:
  static std::string key_of(const Message& message, bool from_server) {
    const std::string& server = from_server ? message.source : message.destination;
    const std::string& client = from_server ? message.destination : message.source;
    return fmt::format("{} {} {} {}", message.stream, server, client, message.id);
  }

  static Group group_of(const Message& message, const std::string& server, const std::string& client) {
    return {.tcp = !message.stream.empty(),
            .asked = message.query_type,
            .client_serial = message.authority_soa,
            .facts = {.zone = message.query_name, .server = server, .client = client, .id = message.id}};
  }

  void close(const Group& group) {
    if (group.completed()) found_.transfers.push_back(line(group.facts));
  }

  void query(const Message& message) {
    const std::string key = key_of(message, false);
    if (const auto old = open_.find(key); old != open_.end()) {
      close(old->second);
      open_.erase(old);
    }
    open_.emplace(key, group_of(message, message.destination, message.source));
  }

  // A mirror port's copy of a datagram, at most 0.1 s later, is none of its own.
  bool is_copy(const Message& message) {
    if (!message.stream.empty()) return false;
    const std::string key = fmt::format("{} {} {} {} {} {}", message.source, message.destination, message.id,
                                        message.flags, message.query_type, message.query_name);
    const auto last = datagrams_.find(key);
    const bool copy = last != datagrams_.end() && message.time - last->second < 0.1;
    datagrams_[key] = message.time;
    return copy;
  }

  void answer(const Message& message) {
    const std::string key = key_of(message, true);
    auto found = open_.find(key);
    if (found == open_.end()) {
      if (message.query_type == 0) return;  // an answer to something else, or of a transfer that was never seen
      found = open_.emplace(key, group_of(message, message.source, message.destination)).first;
    }
    Group& group = found->second;
    if (message.rcode() != 0) group.failed = true;
    if (group.facts.messages++ == 0) {
      group.first = message.first_answer_soa;
      group.facts.serial = group.first.value_or(0);
    }
    group.last = message.last_answer_soa;
    group.facts.records += message.answers;
    group.facts.bytes += message.bytes;
    group.facts.packet = message.packet;
  }

  void notify(const Message& message) {
    found_.notifies.push_back(notify_line(message.query_name, message.source, message.destination, message.id,
                                          message.first_answer_soa, message.packet));
  }

  std::map<std::string, Group> open_;
  std::map<std::string, double> datagrams_;  // when last seen
  Found found_;
};

// Runs tshark; an error if it does not succeed, as when it is not installed.
std::string output_of(const std::string& command) {
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("popen");
  std::string output;
  std::array<char, 65536> buffer{};
  for (std::size_t got = 0; (got = fread(buffer.data(), 1, buffer.size(), pipe)) != 0;)
    output.append(buffer.data(), got);
  EXPECT_EQ(pclose(pipe), 0) << command;
  return output;
}

struct Theirs {
  Rebuilder rebuilder;
  std::uint64_t cut = 0;
};

// By capture.
std::map<fs::path, Theirs> theirs(const JoinedCapture& joined) {
  std::map<fs::path, Theirs> found;
  for (const std::string& text : split(output_of(kTshark + ("'" + joined.path.string() + "'")), '\n')) {
    Row row(text);
    const JoinedCapture::Part& part = joined.part_of(row.packet());
    Theirs& of_part = found[part.file];
    for (Message& message : row.messages(of_part.cut)) {
      message.packet -= part.offset;
      of_part.rebuilder.take(message);
    }
  }
  return found;
}

void expect_same(std::vector<std::string> mine, std::vector<std::string> theirs) {
  std::ranges::sort(mine);
  std::ranges::sort(theirs);
  std::vector<std::string> only_mine;
  std::vector<std::string> only_theirs;
  std::ranges::set_difference(mine, theirs, std::back_inserter(only_mine));
  std::ranges::set_difference(theirs, mine, std::back_inserter(only_theirs));
  EXPECT_THAT(only_mine, testing::IsEmpty());
  EXPECT_THAT(only_theirs, testing::IsEmpty());
}

TEST(Tshark, CompletedTransfersAndNotifiesAreTheSame) {
  const fs::path folder = fs::path(testing::TempDir()) / "zonelag_tshark_test";
  const auto files = all_captures();
  std::size_t transfers = 0;
  std::size_t notifies = 0;
  for (const JoinedCapture& joined : join_captures(files, folder)) {
    auto found = theirs(joined);
    for (const JoinedCapture::Part& part : joined.parts) {
      SCOPED_TRACE(part.file.string());
      const Found mine = ours(part.file);
      const Found other = found[part.file].rebuilder.finish();
      const bool snapped = part.file.string().find("snap128") != std::string::npos;
      EXPECT_EQ(found[part.file].cut > 0, snapped);
      expect_same(mine.transfers, other.transfers);
      expect_same(mine.notifies, other.notifies);
      transfers += mine.transfers.size();
      notifies += mine.notifies.size();
    }
  }
  fs::remove_all(folder);
  fmt::print("{} captures, {} completed transfers, {} NOTIFY requests\n", files.size(), transfers, notifies);
  EXPECT_GE(files.size(), 100U);
  EXPECT_GE(transfers, 1000U);
  EXPECT_GE(notifies, 1000U);
}

}  // namespace
}  // namespace zonelag::truth
