// Events to a file or to standard output: one JSON object a line, or length-delimited protobuf.
#pragma once

#include <cstdio>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "decoder/event.h"

namespace zonelag::sensor {

class EventFile {
 public:
  // "-" is standard output; a name that ends in ".pb" gets protobuf, any other JSON. Error: one line that names it.
  static std::expected<EventFile, std::string> create(const std::string& path);

  void write(const decoder::Event& event);
  void flush();
  // Writes what is buffered. Error: the first that happened since create(), in one line.
  std::optional<std::string> close();
  // errno of the first failure; 0: none so far.
  int error() const { return error_; }

 private:
  struct Closer {
    void operator()(std::FILE* file) const;
  };

  EventFile(std::string path, std::unique_ptr<std::FILE, Closer> file);

  std::string path_;
  std::unique_ptr<std::FILE, Closer> file_;
  bool delimited_ = false;
  std::string record_;
  int error_ = 0;
};

}  // namespace zonelag::sensor
