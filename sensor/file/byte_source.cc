#include "sensor/byte_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <system_error>
#include <utility>

#include "byte_feed.h"
#include "decompress.h"
#include "decompressed_feed.h"

namespace zonelag::sensor {
namespace {

class PlainFeed : public ByteFeed {
 public:
  explicit PlainFeed(std::unique_ptr<RawFile> file) : file_(std::move(file)) {}
  std::size_t next(Chunk& chunk, decoder::Bytes keep) override {
    chunk.put_before(keep);
    return file_->read(chunk.body());
  }
  std::optional<CaptureProblem> problem() const override { return read_problem(*file_); }
  const RawFile& file() const override { return *file_; }

 private:
  std::unique_ptr<RawFile> file_;
};

// A pipe may give its first bytes one by one.
std::size_t read_beginning(RawFile& file, std::span<std::byte> into) {
  std::size_t filled = 0;
  while (filled < kRecognisable) {
    const auto got = file.read(into.subspan(filled));
    if (got == 0) break;
    filled += got;
  }
  return filled;
}

}  // namespace

const std::byte* Chunk::put_before(decoder::Bytes bytes) {
  assert(bytes.size() < kMaxRecord);
  std::byte* const begin = body().data() - bytes.size();
  if (!bytes.empty()) std::memmove(begin, bytes.data(), bytes.size());
  return begin;
}

std::optional<CaptureProblem> read_problem(const RawFile& file) {
  if (file.error() == 0) return std::nullopt;
  return CaptureProblem{CaptureFault::read_failed,
                        fmt::format("{}: cannot be read on from offset {}: {}", file.name(), file.bytes_read(),
                                    std::generic_category().message(file.error()))};
}

std::expected<std::unique_ptr<ByteSource>, CaptureProblem> ByteSource::open(const std::string& path,
                                                                            std::size_t buffer_bytes) {
  auto opened = RawFile::open(path);
  if (!opened) return std::unexpected(std::move(opened.error()));
  auto file = std::move(*opened);
  auto chunk = std::make_unique<Chunk>(std::max(buffer_bytes, kMinBuffer));
  const std::size_t filled = read_beginning(*file, chunk->body());
  if (auto problem = read_problem(*file)) return std::unexpected(std::move(*problem));
  std::string name = file->name();
  if (filled == 0) return std::unexpected(CaptureProblem{CaptureFault::empty, name + ": is empty"});
  const decoder::Bytes beginning = chunk->body().first(filled);
  const Compression compression = recognise(beginning);
  if (compression == Compression::none) {
    auto feed = std::make_unique<PlainFeed>(std::move(file));
    return std::unique_ptr<ByteSource>(new ByteSource(std::move(name), std::move(feed), std::move(chunk), filled));
  }
  auto feed = std::make_unique<DecompressedFeed>(std::move(file), compression, beginning, chunk->size);
  return std::unique_ptr<ByteSource>(new ByteSource(std::move(name), std::move(feed), std::move(chunk), 0));
}

ByteSource::ByteSource(std::string name, std::unique_ptr<ByteFeed> feed, std::unique_ptr<Chunk> chunk,
                       std::size_t filled)
    : name_(std::move(name)),
      feed_(std::move(feed)),
      chunk_(std::move(chunk)),
      begin_(chunk_->body().data()),
      end_(begin_ + filled),
      window_end_(filled) {}

ByteSource::~ByteSource() = default;

bool ByteSource::more() {
  const decoder::Bytes keep = available();
  const std::size_t got = feed_->next(*chunk_, keep);
  const std::byte* const body = chunk_->body().data();
  begin_ = body - keep.size();
  end_ = body + got;
  window_end_ += got;
  return got > 0;
}

bool ByteSource::need(std::size_t count) {
  assert(count <= kMaxRecord);
  while (available().size() < count) {
    if (!more()) return false;
  }
  return true;
}

bool ByteSource::skip(std::uint64_t count) {
  while (available().size() < count) {
    count -= available().size();
    begin_ = end_;
    if (!more()) return false;
  }
  begin_ += count;
  return true;
}

void ByteSource::interrupt() { feed_->file().interrupt(); }
std::optional<CaptureProblem> ByteSource::problem() const { return feed_->problem(); }
std::uint64_t ByteSource::bytes_read() const { return feed_->file().bytes_read(); }
std::uint64_t ByteSource::total_bytes() const { return feed_->file().total_bytes(); }

}  // namespace zonelag::sensor
