#include "traffic/pcap_writer.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace zonelag::traffic {
namespace {

constexpr std::uint32_t kMagicNano = 0xa1b23c4d;
constexpr std::uint32_t kMagicMicro = 0xa1b2c3d4;
constexpr std::uint32_t kVersion24 = 0x00040002;
constexpr std::uint32_t kLinkEthernet = 1;
constexpr std::size_t kPacketHeader = 16;

void store_little(std::uint8_t* to, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) to[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

}  // namespace

void PcapWriter::Closer::operator()(std::FILE* file) const {
  if (file != stdout) std::fclose(file);
}

std::expected<std::unique_ptr<PcapWriter>, std::string> PcapWriter::open(const std::string& path, Precision precision) {
  File file{path == "-" ? stdout : std::fopen(path.c_str(), "wb")};
  if (!file) return std::unexpected{"cannot write '" + path + "': " + std::strerror(errno)};
  return std::unique_ptr<PcapWriter>{new PcapWriter{std::move(file), path, precision}};
}

PcapWriter::PcapWriter(File file, std::string path, Precision precision)
    : file_{std::move(file)}, path_{std::move(path)}, tick_{precision == Precision::kNano ? 1U : 1000U} {
  buffer_.resize(kBufferSize);
  std::setvbuf(file_.get(), nullptr, _IONBF, 0);
  put32(precision == Precision::kNano ? kMagicNano : kMagicMicro);
  for (const std::uint32_t field : {kVersion24, 0U, 0U, kSnapLength, kLinkEthernet}) put32(field);
}

void PcapWriter::put32(std::uint32_t value) {
  store_little(buffer_.data() + used_, value);
  used_ += 4;
}

void PcapWriter::take(Time time, ByteView captured, std::size_t wire_size) {
  if (error_ != 0) return;
  if (kBufferSize - used_ < kPacketHeader + captured.size()) flush();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch());
  const auto fraction = static_cast<std::uint32_t>((time.time_since_epoch() - seconds).count());
  put32(static_cast<std::uint32_t>(seconds.count()));
  put32(fraction / tick_);
  put32(static_cast<std::uint32_t>(captured.size()));
  put32(static_cast<std::uint32_t>(wire_size));
  if (!captured.empty()) std::memcpy(buffer_.data() + used_, captured.data(), captured.size());
  used_ += captured.size();
}

void PcapWriter::flush() {
  if (error_ == 0 && std::fwrite(buffer_.data(), 1, used_, file_.get()) != used_) {
    error_ = errno;
    fail();
  }
  file_bytes_ += used_;
  used_ = 0;
}

std::expected<void, std::string> PcapWriter::close() {
  flush();
  if (std::fflush(file_.get()) != 0 && error_ == 0) error_ = errno;
  const bool is_file = file_.get() != stdout;
  if (is_file && std::fclose(file_.release()) != 0 && error_ == 0) error_ = errno;
  if (error_ == 0) return {};
  std::error_code ignored;
  if (is_file && std::filesystem::is_regular_file(path_, ignored)) std::filesystem::remove(path_, ignored);
  return std::unexpected{"cannot write '" + path_ + "': " + std::strerror(error_)};
}

}  // namespace zonelag::traffic
