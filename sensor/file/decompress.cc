#include "decompress.h"

#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <limits>
#include <optional>
#include <stdexcept>

namespace zonelag::sensor {
namespace {

using decoder::Bytes;

bool begins_with(Bytes bytes, std::initializer_list<unsigned> magic) {
  return bytes.size() >= magic.size() &&
         std::equal(magic.begin(), magic.end(), bytes.begin(),
                    [](unsigned expected, std::byte actual) { return std::to_integer<unsigned>(actual) == expected; });
}

// RFC 8878 section 3.1.2, the same in lz4's frame format: 4 bytes of magic (0x184D2A5?), 4 of length, little-endian.
// pzstd begins a file with one.
std::optional<std::uint32_t> skippable_length(Bytes bytes) {
  if (bytes.size() < 8 || (bytes[0] & std::byte{0xf0}) != std::byte{0x50}) return std::nullopt;
  if (!begins_with(bytes.subspan(1), {0x2a, 0x4d, 0x18})) return std::nullopt;
  std::uint32_t length = 0;
  for (std::size_t i = 8; i-- > 4;) length = length << 8 | std::to_integer<std::uint32_t>(bytes[i]);
  return length;
}

class GzipDecoder : public StreamDecoder {
 public:
  GzipDecoder() {
    // 16: a gzip header is expected; 15: any window size.
    if (inflateInit2(&stream_, 16 + 15) != Z_OK) throw std::runtime_error("zlib does not start");
  }
  ~GzipDecoder() override { inflateEnd(&stream_); }

  Step decode(Bytes in, std::span<std::byte> out, bool /*last*/) override {
    if (between_members_) {
      // gzip(1) lets zeros follow, as tapes had them.
      const auto padding = std::find_if(in.begin(), in.end(), [](std::byte byte) { return byte != std::byte{0}; });
      if (members_ > 0 && padding != in.begin()) return {static_cast<std::size_t>(padding - in.begin()), 0, {}};
      if (in.empty()) return {};
      inflateReset(&stream_);
      between_members_ = false;
    }
    const auto in_size = static_cast<uInt>(std::min<std::size_t>(in.size(), std::numeric_limits<uInt>::max()));
    const auto out_size = static_cast<uInt>(std::min<std::size_t>(out.size(), std::numeric_limits<uInt>::max()));
    // zlib takes what it does not write to as non-const.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
    stream_.avail_in = in_size;
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = out_size;
    const int result = inflate(&stream_, Z_NO_FLUSH);
    Step step{in_size - stream_.avail_in, out_size - stream_.avail_out, {}};
    if (result == Z_STREAM_END) {
      between_members_ = true;
      ++members_;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      step.error = stream_.msg != nullptr ? stream_.msg : zError(result);
    }
    return step;
  }
  bool complete() const override { return between_members_ && members_ > 0; }

 private:
  z_stream stream_{};
  bool between_members_ = true;
  std::uint64_t members_ = 0;
};

class ZstdDecoder : public StreamDecoder {
 public:
  ZstdDecoder() : context_(ZSTD_createDCtx()) {
    if (context_ == nullptr) throw std::runtime_error("zstd does not start");
  }

  Step decode(Bytes in, std::span<std::byte> out, bool /*last*/) override {
    if (complete_ && in.empty()) return {};
    // No more than it asks for, that is a block: on an error it does not tell what it had produced in the same call.
    ZSTD_inBuffer input{in.data(), std::min(in.size(), wanted_), 0};
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    const std::size_t result = ZSTD_decompressStream(context_.get(), &output, &input);
    Step step{input.pos, output.pos, {}};
    if (ZSTD_isError(result) != 0) {
      step.error = ZSTD_getErrorName(result);
    } else {
      complete_ = result == 0;
      wanted_ = std::max<std::size_t>(result, 1);
    }
    return step;
  }
  bool complete() const override { return complete_; }

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  std::unique_ptr<ZSTD_DCtx, Free> context_;
  std::size_t wanted_ = 1;
  bool complete_ = false;
};

const char* words(lzma_ret result) {
  switch (result) {
    case LZMA_MEM_ERROR: return "no memory";
    case LZMA_MEMLIMIT_ERROR: return "its dictionary is larger than zonelag allows";
    case LZMA_FORMAT_ERROR: return "not xz from here on";
    case LZMA_OPTIONS_ERROR: return "an option that is not supported";
    default: return "corrupt data";
  }
}

class XzDecoder : public StreamDecoder {
 public:
  XzDecoder() {
    if (lzma_stream_decoder(&stream_, kMaxXzMemory, LZMA_CONCATENATED) != LZMA_OK) {
      throw std::runtime_error("liblzma does not start");
    }
  }
  ~XzDecoder() override { lzma_end(&stream_); }

  Step decode(Bytes in, std::span<std::byte> out, bool last) override {
    if (complete_) return {};
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(in.data());
    stream_.avail_in = in.size();
    stream_.next_out = reinterpret_cast<std::uint8_t*>(out.data());
    stream_.avail_out = out.size();
    // Several streams in a row: only LZMA_FINISH tells it that none follows.
    const lzma_ret result = lzma_code(&stream_, last ? LZMA_FINISH : LZMA_RUN);
    Step step{in.size() - stream_.avail_in, out.size() - stream_.avail_out, {}};
    complete_ = result == LZMA_STREAM_END;
    if (result != LZMA_OK && result != LZMA_STREAM_END && result != LZMA_BUF_ERROR) step.error = words(result);
    return step;
  }
  bool complete() const override { return complete_; }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool complete_ = false;
};

class Lz4Decoder : public StreamDecoder {
 public:
  Lz4Decoder() {
    LZ4F_dctx* context = nullptr;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)) != 0) {
      throw std::runtime_error("lz4 does not start");
    }
    context_.reset(context);
  }

  Step decode(Bytes in, std::span<std::byte> out, bool /*last*/) override {
    if (complete_ && in.empty()) return {};
    // No more than it asks for, that is a block: on an error it does not tell what it had produced in the same call.
    std::size_t in_size = std::min(in.size(), wanted_);
    std::size_t out_size = out.size();
    const std::size_t result = LZ4F_decompress(context_.get(), out.data(), &out_size, in.data(), &in_size, nullptr);
    if (LZ4F_isError(result) != 0) return {0, 0, LZ4F_getErrorName(result)};
    complete_ = result == 0;
    wanted_ = std::max<std::size_t>(result, 1);
    return {in_size, out_size, {}};
  }
  bool complete() const override { return complete_; }

 private:
  struct Free {
    void operator()(LZ4F_dctx* context) const { LZ4F_freeDecompressionContext(context); }
  };
  std::unique_ptr<LZ4F_dctx, Free> context_;
  std::size_t wanted_ = 1;
  bool complete_ = false;
};

}  // namespace

const char* to_string(Compression compression) {
  switch (compression) {
    case Compression::none: return "none";
    case Compression::gzip: return "gzip";
    case Compression::zstd: return "zstd";
    case Compression::xz: return "xz";
    case Compression::lz4: return "lz4";
  }
  return "?";
}

Compression recognise(Bytes beginning) {
  if (begins_with(beginning, {0x1f, 0x8b, 0x08})) return Compression::gzip;  // RFC 1952: deflate is the one method
  if (begins_with(beginning, {0x28, 0xb5, 0x2f, 0xfd})) return Compression::zstd;
  if (begins_with(beginning, {0xfd, '7', 'z', 'X', 'Z', 0x00})) return Compression::xz;
  bool skipped = false;
  while (const auto length = skippable_length(beginning)) {
    skipped = true;
    beginning = beginning.subspan(8);
    beginning = beginning.subspan(std::min<std::size_t>(*length, beginning.size()));
  }
  if (begins_with(beginning, {0x04, 0x22, 0x4d, 0x18})) return Compression::lz4;
  if (skipped) return Compression::zstd;
  return Compression::none;
}

std::unique_ptr<StreamDecoder> make_decoder(Compression compression) {
  switch (compression) {
    case Compression::none: break;
    case Compression::gzip: return std::make_unique<GzipDecoder>();
    case Compression::zstd: return std::make_unique<ZstdDecoder>();
    case Compression::xz: return std::make_unique<XzDecoder>();
    case Compression::lz4: return std::make_unique<Lz4Decoder>();
  }
  throw std::invalid_argument("no decoder for uncompressed data");
}

}  // namespace zonelag::sensor
