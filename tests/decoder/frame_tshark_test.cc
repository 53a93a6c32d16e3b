// A second opinion: tshark must find the same segments as FrameDecoder, in every encapsulation we can make and in
// real captures. Without tshark these tests fail.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <sstream>

#include "encapsulations.h"

namespace zonelag::decoder {
namespace {

using namespace test;
namespace fs = std::filesystem;

using Lines = std::vector<std::string>;

// One packet with a DNS port, as text: "7 tcp 192.0.2.1 49152 198.51.100.53 53 payload 24 seq 1 ack 2".
std::string line(std::uint64_t number, const std::string& transport, const std::array<std::string, 4>& endpoints,
                 std::uint64_t payload, const std::string& sequence, const std::string& acknowledgement) {
  std::string text = std::to_string(number) + ' ' + transport;
  for (const std::string& part : endpoints) text += ' ' + part;
  text += " payload " + std::to_string(payload);
  return transport == "udp" ? text : text + " seq " + sequence + " ack " + acknowledgement;
}

std::optional<std::string> our_line(FrameDecoder& decoder, const Packet& packet) {
  const Segment* segment = decoder.decode(packet);
  if (segment == nullptr) return std::nullopt;
  return line(segment->packet, to_string(segment->transport),
              {segment->source.address.to_string(), std::to_string(segment->source.port),
               segment->destination.address.to_string(), std::to_string(segment->destination.port)},
              segment->payload.size() + segment->missing, std::to_string(segment->sequence),
              std::to_string(segment->acknowledgement));
}

enum Field : std::uint8_t {
  kNumber,
  kProtocols,
  kSource4,
  kDestination4,
  kSource6,
  kDestination6,
  kUdpSource,
  kUdpDestination,
  kUdpLength,
  kTcpSource,
  kTcpDestination,
  kTcpLength,
  kTcpSequence,
  kTcpAcknowledgement,
  kFields,
};

// Of a field that occurs in several layers, the last: the innermost.
const char* const kTshark =
    "tshark -n -T fields -E occurrence=l -o tcp.relative_sequence_numbers:FALSE -o tcp.desegment_tcp_streams:FALSE "
    "-o tcp.analyze_sequence_numbers:FALSE -d udp.port==8472,vxlan -e frame.number -e frame.protocols "
    "-e ip.src -e ip.dst -e ipv6.src -e ipv6.dst -e udp.srcport -e udp.dstport -e udp.length "
    "-e tcp.srcport -e tcp.dstport -e tcp.len -e tcp.seq -e tcp.ack 2>/dev/null -r ";

Lines split(const std::string& text, char separator) {
  Lines parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

// What the innermost IP and UDP or TCP headers say, unless they are quoted by an ICMP message or not there.
std::optional<std::string> their_line(const std::string& row) {
  Lines fields = split(row, '\t');
  fields.resize(kFields);
  std::string network;
  std::string transport;
  for (const std::string& protocol : split(fields[kProtocols], ':')) {
    if (protocol == "icmp" || protocol == "icmpv6") return std::nullopt;
    if (protocol == "ip" || protocol == "ipv6") {
      network = protocol;
      transport.clear();
    }
    if (protocol == "udp" || protocol == "tcp") transport = protocol;
  }
  const bool udp = transport == "udp";
  const std::string& length = fields[udp ? kUdpLength : kTcpLength];
  const std::string& source = fields[udp ? kUdpSource : kTcpSource];
  const std::string& destination = fields[udp ? kUdpDestination : kTcpDestination];
  if (transport.empty() || length.empty() || (source != "53" && destination != "53")) return std::nullopt;
  const bool v6 = network == "ipv6";
  return line(std::stoull(fields[kNumber]), transport,
              {fields[v6 ? kSource6 : kSource4], source, fields[v6 ? kDestination6 : kDestination4], destination},
              std::stoull(length) - (udp ? 8U : 0U), fields[kTcpSequence], fields[kTcpAcknowledgement]);
}

// The output of a shell command; a test failure if it does not succeed, as when the program is not installed.
Lines run(const std::string& command) {
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("popen");
  std::string output;
  std::array<char, 65536> buffer{};
  for (std::size_t got = 0; (got = fread(buffer.data(), 1, buffer.size(), pipe)) != 0;)
    output.append(buffer.data(), got);
  EXPECT_EQ(pclose(pipe), 0) << command;
  return split(output, '\n');
}

Lines their_lines(const fs::path& file) {
  Lines lines;
  for (const std::string& row : run(kTshark + ("'" + file.string() + "'"))) {
    if (const auto found = their_line(row)) lines.push_back(*found);
  }
  return lines;
}

Lines our_lines(const fs::path& file) {
  std::array<char, PCAP_ERRBUF_SIZE> error{};
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> capture(
      pcap_open_offline_with_tstamp_precision(file.c_str(), PCAP_TSTAMP_PRECISION_NANO, error.data()), &pcap_close);
  if (!capture) throw std::runtime_error(error.data());
  FrameDecoder decoder{FrameLimits{}};
  Lines lines;
  pcap_pkthdr* header = nullptr;
  const unsigned char* bytes = nullptr;
  for (std::uint64_t number = 1; pcap_next_ex(capture.get(), &header, &bytes) == 1; ++number) {
    const auto time = std::chrono::seconds(header->ts.tv_sec) + Duration{header->ts.tv_usec};
    const Packet packet{.time = Timestamp{time},
                        .data = std::as_bytes(std::span{bytes, header->caplen}),
                        .wire_length = header->len,
                        .link = static_cast<LinkType>(pcap_datalink(capture.get())),
                        .number = number};
    if (auto ours = our_line(decoder, packet)) lines.push_back(std::move(*ours));
  }
  return lines;
}

void expect_same(const Lines& ours, const Lines& theirs) {
  for (std::size_t i = 0; i < std::min(ours.size(), theirs.size()); ++i) ASSERT_EQ(ours[i], theirs[i]);
  EXPECT_EQ(ours.size(), theirs.size());
}

// A pcap file of these packets, a millisecond apart.
fs::path write_capture(const std::string& name, LinkType link, const std::vector<Raw>& packets) {
  const fs::path path = fs::path(testing::TempDir()) / name;
  std::ofstream file(path, std::ios::binary);
  const auto put = [&file](auto value) { file.write(reinterpret_cast<const char*>(&value), sizeof value); };
  put(std::uint32_t{0xa1b2c3d4});
  for (const std::uint16_t version : {std::uint16_t{2}, std::uint16_t{4}}) put(version);
  for (const std::uint32_t field : {0U, 0U, 262144U, static_cast<std::uint32_t>(link)}) put(field);
  std::uint32_t milliseconds = 0;
  for (const Raw& bytes : packets) {
    ++milliseconds;
    const auto size = static_cast<std::uint32_t>(bytes.size());
    for (const std::uint32_t field : {1'700'000'000 + milliseconds / 1000, milliseconds % 1000 * 1000, size, size})
      put(field);
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  return path;
}

Lines decode_all(LinkType link, const std::vector<Raw>& packets) {
  FrameDecoder decoder{FrameLimits{}};
  Lines lines;
  std::uint64_t number = 0;
  for (const Raw& bytes : packets) {
    Packet made = packet(link, bytes);
    made.number = ++number;
    made.time = Timestamp{std::chrono::milliseconds(number)};
    if (auto ours = our_line(decoder, made)) lines.push_back(std::move(*ours));
  }
  return lines;
}

TEST(Tshark, FindsTheSameInEveryEncapsulation) {
  std::map<LinkType, std::vector<Raw>> by_link;
  for (const auto& encapsulation : all_encapsulations()) {
    if (encapsulation.tshark_knows) by_link[encapsulation.link].push_back(encapsulation.bytes);
  }
  for (const auto& [link, packets] : by_link) {
    const auto ours = decode_all(link, packets);
    EXPECT_EQ(ours.size(), packets.size());
    const auto file = write_capture("encapsulations." + std::to_string(static_cast<int>(link)), link, packets);
    SCOPED_TRACE(file);
    expect_same(ours, their_lines(file));
  }
}

// IPv4 and IPv6, bare and inside VXLAN, in shuffled pieces.
TEST(Tshark, ReassemblesTheSame) {
  std::mt19937_64 random{3};
  std::vector<Raw> packets;
  for (std::uint16_t id = 1; id <= 200; ++id) {
    const Raw datagram = udp(pattern(100 + random() % 3000));
    const std::size_t step = 8 * (2 + random() % 100);
    std::vector<Raw> pieces;
    for (std::size_t at = 0; at < datagram.size(); at += step) {
      const std::size_t end = std::min(at + step, datagram.size());
      const Raw bytes(datagram.begin() + static_cast<std::ptrdiff_t>(at),
                      datagram.begin() + static_cast<std::ptrdiff_t>(end));
      const bool more = end != datagram.size();
      const auto word4 = static_cast<std::uint16_t>(at / 8 | (more ? 0x2000U : 0U));
      const auto word6 = static_cast<std::uint16_t>(at | (more ? 1U : 0U));
      const Raw frame = id % 2 == 0 ? ethernet(0x0800, ipv4(bytes, {.id = id, .fragment = word4}))
                                    : ethernet(0x86dd, ipv6(fragment_header(17, word6, id, bytes), {.next = 44}));
      const Raw outer = udp(join({hex("08000000 00002a00"), frame}), {.destination = 4789});
      pieces.push_back(id % 3 == 0 ? ethernet(0x0800, ipv4(outer)) : frame);
    }
    std::ranges::shuffle(pieces, random);
    packets.insert(packets.end(), pieces.begin(), pieces.end());
  }
  const auto ours = decode_all(LinkType::ethernet, packets);
  EXPECT_EQ(ours.size(), 200U);
  expect_same(ours, their_lines(write_capture("fragments.pcap", LinkType::ethernet, packets)));
}

// Captures under pcaps/ that libpcap reads as they are, and those of links/ in whatever tshark unpacks.
std::vector<fs::path> captures() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(ZONELAG_SOURCE_DIR) / "pcaps")) {
    const fs::path& path = entry.path();
    const bool plain = path.extension() == ".pcap" || path.extension() == ".pcapng";
    const bool packed = path.extension() == ".zst" && path.parent_path().filename() == "links";
    if (plain || packed) files.push_back(path);
  }
  std::ranges::sort(files);
  return files;
}

TEST(Tshark, FindsTheSameInRealCaptures) {
  std::size_t total = 0;
  const auto files = captures();
  ASSERT_GE(files.size(), 5U);
  for (fs::path file : files) {
    SCOPED_TRACE(file.string());
    if (file.extension() == ".zst") {
      const fs::path unpacked = fs::path(testing::TempDir()) / "unpacked.pcap";
      run("tshark -r '" + file.string() + "' -F nsecpcap -w '" + unpacked.string() + "' 2>/dev/null");
      file = unpacked;
    }
    const auto ours = our_lines(file);
    EXPECT_FALSE(ours.empty());
    expect_same(ours, their_lines(file));
    total += ours.size();
  }
  EXPECT_GT(total, 500U);
}

}  // namespace
}  // namespace zonelag::decoder
