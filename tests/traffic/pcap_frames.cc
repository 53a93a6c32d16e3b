#include "traffic/pcap_frames.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace zonelag::traffic {
namespace {

constexpr std::uint32_t kMagicNano = 0xa1b23c4d;
constexpr std::uint32_t kMagicMicro = 0xa1b2c3d4;
constexpr std::uint32_t kLinkEthernet = 1;
constexpr std::size_t kFileHeader = 24;
constexpr std::size_t kPacketHeader = 16;

std::uint32_t load_little(ByteView bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value |= std::uint32_t{bytes[at + i]} << (8 * i);
  return value;
}

std::expected<std::vector<std::uint8_t>, std::string> read_file(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) return std::unexpected{"cannot read '" + path + "': " + error.message()};
  std::vector<std::uint8_t> bytes(size);
  std::ifstream file{path, std::ios::binary};
  if (!file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size)))
    return std::unexpected{"cannot read '" + path + "': " + std::strerror(errno)};
  return bytes;
}

}  // namespace

std::expected<PcapFrames, std::string> PcapFrames::read(const std::string& path) {
  auto bytes = read_file(path);
  if (!bytes) return std::unexpected{bytes.error()};
  PcapFrames frames;
  frames.bytes_ = *std::move(bytes);
  const ByteView all{frames.bytes_};
  const auto unfit = [&](const char* what) { return std::unexpected{"'" + path + "': " + what}; };
  if (all.size() < kFileHeader || (load_little(all, 0) != kMagicNano && load_little(all, 0) != kMagicMicro))
    return unfit("not a little-endian pcap file");
  if (load_little(all, 20) != kLinkEthernet) return unfit("its link type is not Ethernet");
  std::size_t at = kFileHeader;
  while (all.size() - at >= kPacketHeader) {
    const std::size_t size = load_little(all, at + 8);
    at += kPacketHeader;
    if (size > all.size() - at) return unfit("ends within a packet");
    frames.frames_.push_back({at, size});
    at += size;
  }
  if (frames.frames_.empty()) return unfit("has no packets");
  return frames;
}

std::size_t PcapFrames::longest() const { return std::ranges::max_element(frames_, {}, &Frame::size)->size; }

}  // namespace zonelag::traffic
