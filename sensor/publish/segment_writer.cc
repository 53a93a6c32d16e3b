#include "segment_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace zonelag::sensor {

int SegmentWriter::create(const std::string& path) {
  file_ = Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0640));
  return file_ ? 0 : errno;
}

SegmentWriter::Written SegmentWriter::write(std::string_view bytes) {
  Written done;
  while (done.bytes < bytes.size()) {
    const auto got = ::write(file_.get(), bytes.data() + done.bytes, bytes.size() - done.bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      done.error = got < 0 ? errno : EIO;
      break;
    }
    done.bytes += static_cast<std::size_t>(got);
  }
  return done;
}

int SegmentWriter::truncate(std::size_t bytes) {
  return ::ftruncate(file_.get(), static_cast<off_t>(bytes)) == 0 ? 0 : errno;
}

int SegmentWriter::sync() { return ::fdatasync(file_.get()) == 0 ? 0 : errno; }

}  // namespace zonelag::sensor
