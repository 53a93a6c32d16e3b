#include "packet_reader.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace zonelag::traffic {
namespace {

std::uint32_t number(ByteView bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | bytes[at + i];
  return value;
}

/// Word by word, as RFC 1071 has it. A right checksum makes the sum all ones.
bool sums_up(ByteView pseudo, ByteView bytes) {
  std::uint32_t sum = 0;
  for (const ByteView part : {pseudo, bytes}) {
    for (std::size_t i = 0; i < part.size(); ++i) sum += static_cast<std::uint32_t>(part[i]) << (i % 2 == 0 ? 8 : 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum == 0xffff;
}

IpAddress address_at(ByteView bytes, std::size_t at, bool v6) {
  IpAddress address;
  address.v6 = v6;
  std::ranges::copy(bytes.subspan(at, v6 ? 16 : 4), address.bytes.begin());
  return address;
}

bool read_transport(ByteView bytes, ReadPacket& packet) {
  if (bytes.size() < 8) return false;
  packet.path.from.port = static_cast<std::uint16_t>(number(bytes, 0, 2));
  packet.path.to.port = static_cast<std::uint16_t>(number(bytes, 2, 2));
  std::size_t header = 8;
  if (packet.protocol == kProtocolTcp) {
    packet.seq = number(bytes, 4, 4);
    packet.ack = number(bytes, 8, 4);
    header = static_cast<std::size_t>(bytes[12] >> 4) * 4;
    packet.flags = bytes[13];
  } else if (number(bytes, 4, 2) != bytes.size() || number(bytes, 6, 2) == 0) {
    return false;
  }
  std::vector<std::uint8_t> pseudo;
  for (const Endpoint& end : {packet.path.from, packet.path.to}) {
    pseudo.insert(pseudo.end(), end.address.view().begin(), end.address.view().end());
  }
  pseudo.insert(pseudo.end(), {0, packet.protocol, static_cast<std::uint8_t>(bytes.size() >> 8),
                               static_cast<std::uint8_t>(bytes.size())});
  packet.checksums_right = packet.checksums_right && sums_up(pseudo, bytes);
  packet.payload.assign(bytes.begin() + static_cast<std::ptrdiff_t>(header), bytes.end());
  return true;
}

/// Reads names, following pointers backwards only.
class MessageReader {
 public:
  explicit MessageReader(ByteView message) : message_{message} {}

  std::string name() {
    std::string text;
    std::size_t at = at_;
    bool jumped = false;
    for (;;) {
      if (at >= message_.size()) return fail();
      const std::size_t length = message_[at];
      if (length >= 0xc0) {
        if (at + 2 > message_.size()) return fail();
        const std::size_t target = number(message_, at, 2) & 0x3fff;
        if (!jumped) at_ = at + 2;
        jumped = true;
        if (target >= at) return fail();
        at = target;
        continue;
      }
      if (at + 1 + length > message_.size()) return fail();
      text.append(reinterpret_cast<const char*>(message_.data()) + at + 1, length);
      at += 1 + length;
      if (length == 0) break;
      text += '.';
    }
    if (!jumped) at_ = at;
    return text;
  }

  std::uint32_t take(std::size_t size) {
    if (message_.size() - at_ < size) return fail(), 0;
    at_ += size;
    return number(message_, at_ - size, size);
  }

  ReadRecord record(int section) {
    ReadRecord record{.section = section, .owner = name(), .type = {}, .rr_class = {}, .rdata = {}};
    record.type = static_cast<std::uint16_t>(take(2));
    record.rr_class = static_cast<std::uint16_t>(take(2));
    take(4);
    const std::size_t size = take(2);
    if (failed_ || message_.size() - at_ < size) return fail(), record;
    record.rdata = message_.subspan(at_, size);
    const std::size_t end = at_ + size;
    if (record.type == 6) {
      name(), name();
      record.serial = take(4);
      take(16);
      if (at_ != end) fail();
    }
    at_ = end;
    return record;
  }

  bool done() const { return !failed_ && at_ == message_.size(); }
  bool failed() const { return failed_; }

 private:
  std::string fail() {
    failed_ = true;
    at_ = message_.size();
    return {};
  }

  ByteView message_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace

std::optional<ReadPacket> read_packet(ByteView frame) {
  ReadPacket packet;
  std::size_t at = 12;
  if (number(frame, at, 2) == 0x8100) {
    packet.vlan = static_cast<std::uint16_t>(number(frame, at + 2, 2));
    at += 4;
  }
  const std::uint32_t type = number(frame, at, 2);
  const ByteView ip = frame.subspan(at + 2);
  const bool v6 = type == 0x86dd;
  if (!v6 && type != 0x0800) return std::nullopt;
  const std::size_t header = v6 ? 40 : 20;
  if (ip.size() < header || ip[0] != (v6 ? 0x60 : 0x45)) return std::nullopt;
  if (number(ip, v6 ? 4 : 2, 2) + (v6 ? 40 : 0) != ip.size()) return std::nullopt;
  packet.checksums_right = v6 || sums_up({}, ip.first(header));
  packet.protocol = ip[v6 ? 6 : 9];
  packet.path.from.address = address_at(ip, v6 ? 8 : 12, v6);
  packet.path.to.address = address_at(ip, v6 ? 24 : 16, v6);
  if (!read_transport(ip.subspan(header), packet)) return std::nullopt;
  return packet;
}

std::optional<ReadMessage> read_message(ByteView bytes) {
  MessageReader reader{bytes};
  ReadMessage message;
  message.id = static_cast<std::uint16_t>(reader.take(2));
  message.flags = static_cast<std::uint16_t>(reader.take(2));
  std::uint32_t counts[4];
  for (std::uint32_t& count : counts) count = reader.take(2);
  for (std::uint32_t i = 0; i < counts[0] && !reader.failed(); ++i) {
    message.questions.push_back(reader.name());
    message.question_type = static_cast<std::uint16_t>(reader.take(2));
    reader.take(2);
  }
  for (int section = 1; section < 4; ++section) {
    for (std::uint32_t i = 0; i < counts[section] && !reader.failed(); ++i) {
      message.records.push_back(reader.record(section));
    }
  }
  if (!reader.done()) return std::nullopt;
  return message;
}

void ReadStream::add(const ReadPacket& packet) {
  const bool syn = (packet.flags & kTcpSyn) != 0;
  if (!first_) first_ = packet.seq + (syn ? 1 : 0);
  if (packet.payload.empty()) return;
  const std::size_t begin = packet.seq - *first_;
  const std::size_t end = begin + packet.payload.size();
  if (bytes_.size() < end) {
    bytes_.resize(end);
    have_.resize(end);
  }
  std::size_t differs = 0;
  for (std::size_t i = begin; i < end; ++i) {
    differs += have_[i] != 0 && bytes_[i] != packet.payload[i - begin] ? 1 : 0;
    seen_ += have_[i] == 0 ? 1 : 0;
    bytes_[i] = packet.payload[i - begin];
    have_[i] = 1;
  }
  EXPECT_EQ(differs, 0U) << "a retransmission differs from the first";
}

std::vector<std::vector<std::uint8_t>> ReadStream::messages() const {
  const auto hole = std::find(have_.begin(), have_.end(), 0) - have_.begin();
  ByteView rest = ByteView{bytes_}.first(static_cast<std::size_t>(hole));
  std::vector<std::vector<std::uint8_t>> messages;
  while (rest.size() >= 2 && rest.size() - 2 >= number(rest, 0, 2)) {
    const ByteView message = rest.subspan(2, number(rest, 0, 2));
    messages.emplace_back(message.begin(), message.end());
    rest = rest.subspan(2 + message.size());
  }
  return messages;
}

FlowKey key_of(const Path& path) {
  FlowKey key;
  for (const Endpoint& end : {path.from, path.to}) {
    for (const std::uint8_t byte : end.address.view()) key += static_cast<char>(byte);
    key += ':' + std::to_string(end.port) + ' ';
  }
  return key;
}

std::map<FlowKey, ReadStream> read_streams(const MemorySink& sink) {
  std::map<FlowKey, ReadStream> streams;
  for (const MemorySink::Packet& frame : sink.all()) {
    const auto packet = read_packet(frame.bytes);
    EXPECT_TRUE(packet && packet->protocol == kProtocolTcp && packet->checksums_right);
    if (packet) streams[key_of(packet->path)].add(*packet);
  }
  return streams;
}

}  // namespace zonelag::traffic
