#include "sensor/event_file.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "proto/codec.h"

namespace zonelag::sensor {

void EventFile::Closer::operator()(std::FILE* file) const {
  if (file != stdout) std::fclose(file);
}

EventFile::EventFile(std::string path, std::unique_ptr<std::FILE, Closer> file)
    : path_(std::move(path)), file_(std::move(file)), delimited_(path_.ends_with(".pb")) {}

std::expected<EventFile, std::string> EventFile::create(const std::string& path) {
  std::unique_ptr<std::FILE, Closer> file(path == "-" ? stdout : std::fopen(path.c_str(), "wbe"));
  if (!file) return std::unexpected("events file '" + path + "': " + std::strerror(errno));
  return EventFile(path, std::move(file));
}

void EventFile::write(const decoder::Event& event) {
  record_.clear();
  if (delimited_) {
    proto::encode_delimited(event, record_);
  } else {
    record_ = proto::to_json(event);
    record_.push_back('\n');
  }
  if (std::fwrite(record_.data(), 1, record_.size(), file_.get()) != record_.size() && error_ == 0) error_ = errno;
}

void EventFile::flush() {
  if (std::fflush(file_.get()) != 0 && error_ == 0) error_ = errno;
}

std::optional<std::string> EventFile::close() {
  flush();
  if (error_ == 0) return std::nullopt;
  return "events file '" + path_ + "': " + std::strerror(error_);
}

}  // namespace zonelag::sensor
