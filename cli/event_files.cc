#include "event_files.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "proto/codec.h"

namespace zonelag::cli {
namespace {

constexpr std::string_view kDelimited = ".pb";
constexpr std::string_view kJson = ".json";

// One file, and what was wrong with its records.
class Reader {
 public:
  Reader(std::string path, sensor::EventConsumer& consumer, std::uint64_t& events)
      : path_(std::move(path)), file_(path_, std::ios::binary), consumer_(consumer), events_(events) {}

  void read(const std::stop_token& stop) {
    while (!stop.stop_requested() && (path_.ends_with(kDelimited) ? next_delimited() : next_line())) {
    }
  }
  std::optional<std::string> problem() const {
    if (file_.bad() && first_.empty()) return fmt::format("{}: cannot be read to its end", path_);
    if (unusable_ == 0) return std::nullopt;
    return fmt::format("{}: {} of {} records could not be used; record {}: {}", path_, unusable_, records_, first_at_,
                       first_);
  }

 private:
  // False: the end, or the rest cannot be told apart.
  bool next_delimited() {
    auto event = proto::read_delimited(file_);
    if (event && !*event) return false;
    ++records_;
    if (event) {
      take(**std::move(event));
    } else {
      note(event.error());
    }
    return !file_.bad();
  }
  bool next_line() {
    if (!std::getline(file_, line_)) return false;
    if (line_.empty()) return true;
    ++records_;
    auto event = proto::from_json(line_);
    if (event) {
      take(*std::move(event));
    } else {
      note(event.error());
    }
    return true;
  }
  void take(decoder::Event&& event) {
    ++events_;
    consumer_.event(std::move(event), {});
  }
  void note(const proto::CodecError& error) {
    if (unusable_++ > 0) return;
    first_ = proto::to_string(error);
    first_at_ = records_;
  }

  std::string path_;
  std::ifstream file_;
  sensor::EventConsumer& consumer_;
  std::uint64_t& events_;
  std::string line_;
  std::uint64_t records_ = 0;
  std::uint64_t unusable_ = 0;
  std::uint64_t first_at_ = 0;
  std::string first_;
};

}  // namespace

bool is_event_file(const std::string& argument) { return argument.ends_with(kDelimited) || argument.ends_with(kJson); }

std::optional<std::string> why_not_readable(const std::vector<std::string>& files) {
  for (const std::string& path : files) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) return fmt::format("{}: is a directory", path);
    errno = 0;
    if (!std::ifstream(path, std::ios::binary)) return fmt::format("{}: {}", path, std::strerror(errno));
  }
  return std::nullopt;
}

EventFilesRead read_event_files(const std::vector<std::string>& files, sensor::EventConsumer& consumer,
                                const std::stop_token& stop) {
  EventFilesRead read;
  for (const std::string& path : files) {
    Reader reader(path, consumer, read.events);
    reader.read(stop);
    if (const auto problem = reader.problem(); problem && !stop.stop_requested()) read.problems.push_back(*problem);
  }
  return read;
}

}  // namespace zonelag::cli
