#include "sensor/capture_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "pcap_format.h"
#include "pcapng_format.h"

namespace zonelag::sensor {
namespace {

using decoder::Bytes;
using namespace std::string_view_literals;

constexpr std::size_t kShown = 16;                // first bytes, in a message
constexpr std::size_t kBufferBudget = 32U << 20;  // of all files that are open together, kChunks times if compressed

struct Lookalike {
  std::string_view beginning;
  std::string_view hint;
};

// What is given to a capture reader by mistake.
constexpr std::array kLookalikes{
    Lookalike{"PK\x03\x04"sv, "a zip archive"},
    Lookalike{"BZh"sv, "bzip2: not supported, unpack it first"},
    Lookalike{"\x02\x21\x4c\x18"sv, "lz4's legacy format: not supported, unpack it first"},
    Lookalike{"\x1f\x8b"sv, "gzip within compressed data, or damaged gzip"},
    Lookalike{"\x28\xb5\x2f\xfd"sv, "zstd within compressed data"},
    Lookalike{"7z\xbc\xaf\x27\x1c"sv, "a 7z archive"},
    Lookalike{"snoop\0\0\0"sv, "a Solaris snoop capture: convert it with editcap"},
    Lookalike{"GMBU"sv, "a Network Monitor capture: convert it with editcap"},
    Lookalike{"RTSS"sv, "a Network Monitor capture: convert it with editcap"},
    Lookalike{"TRSNIFF data"sv, "a Sniffer capture: convert it with editcap"},
    Lookalike{"XCP\0"sv, "a NetXray capture: convert it with editcap"},
    Lookalike{"\0\0\0\0\0\0\0"sv, "nothing but zeros"},
    Lookalike{"\x83\x65\x43\x2d\x44\x4e\x53"sv, "C-DNS (RFC 8618)"},
    Lookalike{"\x7f"
              "ELF"sv,
              "a program"},
    Lookalike{"%PDF"sv, "a PDF document"},
};

// Frame Streams: an escape of four zeros, then a control frame that names the content.
constexpr std::string_view kDnstap = "protobuf:dnstap.Dnstap";
constexpr std::size_t kTarMagicAt = 257;

std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

bool is_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 ? byte != 0x7f : (c == '\n' || c == '\r' || c == '\t');
  });
}

std::string_view hint(std::string_view text) {
  if (text.substr(0, 64).find(kDnstap) != text.npos) return "a dnstap stream";
  if (text.size() > kTarMagicAt && text.substr(kTarMagicAt).starts_with("ustar")) return "a tar archive";
  for (const auto& each : kLookalikes) {
    if (text.starts_with(each.beginning)) return each.hint;
  }
  return is_text(text.substr(0, 512)) ? "text" : "";
}

CaptureProblem not_a_capture(const ByteSource& bytes) {
  const Bytes all = bytes.available();
  std::string shown;
  for (const std::byte byte : all.first(std::min(kShown, all.size()))) {
    shown += fmt::format("{}{:02x}", shown.empty() ? "" : " ", std::to_integer<unsigned>(byte));
  }
  const auto looks = hint(text_of(all));
  return {CaptureFault::not_a_capture,
          fmt::format("{}: not a pcap or pcapng capture: it begins with {}{}", bytes.name(), shown,
                      looks.empty() ? "" : fmt::format(" (looks like {})", looks))};
}

}  // namespace

const char* to_string(CaptureFault fault) {
  switch (fault) {
    case CaptureFault::cannot_open: return "cannot_open";
    case CaptureFault::is_directory: return "is_directory";
    case CaptureFault::empty: return "empty";
    case CaptureFault::not_a_capture: return "not_a_capture";
    case CaptureFault::unsupported_version: return "unsupported_version";
    case CaptureFault::unknown_link: return "unknown_link";
    case CaptureFault::corrupt: return "corrupt";
    case CaptureFault::damaged_compression: return "damaged_compression";
    case CaptureFault::cut_compression: return "cut_compression";
    case CaptureFault::read_failed: return "read_failed";
    case CaptureFault::cut_short: return "cut_short";
    case CaptureFault::interface_skipped: return "interface_skipped";
    case CaptureFault::no_time: return "no_time";
    case CaptureFault::odd_time: return "odd_time";
  }
  return "?";
}

bool is_warning(CaptureFault fault) { return fault >= CaptureFault::cut_short; }

std::expected<std::unique_ptr<PacketSource>, CaptureProblem> open_capture(const std::string& path,
                                                                          std::size_t buffer_bytes) {
  auto opened = ByteSource::open(path, buffer_bytes);
  if (!opened) return std::unexpected(std::move(opened.error()));
  auto bytes = std::move(*opened);
  const bool enough = bytes->need(sizeof(std::uint32_t));
  if (PcapFile::recognise(bytes->available())) return PcapFile::open(std::move(bytes));
  if (PcapngFile::recognise(bytes->available())) return PcapngFile::open(std::move(bytes));
  if (!enough) {
    if (auto problem = bytes->problem()) return std::unexpected(std::move(*problem));
    if (bytes->available().empty()) {
      return std::unexpected(CaptureProblem{CaptureFault::empty, bytes->name() + ": is empty once decompressed"});
    }
  }
  return std::unexpected(not_a_capture(*bytes));
}

std::expected<std::vector<std::unique_ptr<PacketSource>>, CaptureProblem> open_captures(
    const std::vector<std::string>& paths) {
  std::vector<std::unique_ptr<PacketSource>> sources;
  const std::size_t buffer =
      std::clamp(kBufferBudget / std::max<std::size_t>(paths.size(), 1), kMinBuffer, kDefaultBuffer);
  for (const auto& path : paths) {
    auto source = open_capture(path, buffer);
    if (!source) return std::unexpected(std::move(source.error()));
    sources.push_back(std::move(*source));
  }
  return sources;
}

}  // namespace zonelag::sensor
