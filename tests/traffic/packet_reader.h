// For the tests: takes packets apart again, written independently of what builds them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "traffic/frame.h"
#include "traffic/packet_sink.h"

namespace zonelag::traffic {

struct ReadPacket {
  Path path;
  std::uint8_t protocol = 0;
  std::optional<std::uint16_t> vlan;
  bool checksums_right = false;
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint8_t flags = 0;
  std::vector<std::uint8_t> payload;
};

/// Nothing when the frame is not exactly one whole UDP or TCP packet.
std::optional<ReadPacket> read_packet(ByteView frame);

struct ReadRecord {
  int section = 0;
  std::string owner;
  std::uint16_t type = 0;
  std::uint16_t rr_class = 0;
  ByteView rdata;            ///< into the message
  std::uint32_t serial = 0;  ///< when SOA
};

struct ReadMessage {
  std::uint16_t id = 0;
  std::uint16_t flags = 0;
  std::vector<std::string> questions;
  std::uint16_t question_type = 0;
  std::vector<ReadRecord> records;
};

/// Nothing when anything is wrong with it, or something is left over.
std::optional<ReadMessage> read_message(ByteView message);

/// One direction of a TCP connection, put together from segments in any order.
class ReadStream {
 public:
  void add(const ReadPacket& packet);
  std::uint64_t seen() const { return seen_; }
  std::uint64_t missing() const { return bytes_.size() - seen_; }
  /// The messages up to the first missing byte.
  std::vector<std::vector<std::uint8_t>> messages() const;
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }

 private:
  std::optional<std::uint32_t> first_;  ///< sequence number of the first data byte
  std::vector<std::uint8_t> bytes_;
  std::vector<char> have_;
  std::uint64_t seen_ = 0;
};

/// All TCP data of a capture, by direction. Fails the test when a packet is wrong.
using FlowKey = std::string;
FlowKey key_of(const Path& path);
std::map<FlowKey, ReadStream> read_streams(const MemorySink& sink);

}  // namespace zonelag::traffic
