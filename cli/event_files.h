// Files of events as input: what `replay --events` or the sensor wrote, or somebody recorded from the topic.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "sensor/pipeline.h"

namespace zonelag::cli {

// By its name: ".pb" is length-delimited protobuf, ".json" one JSON object a line.
bool is_event_file(const std::string& argument);

// Why one of the files cannot be read, if so: one line.
std::optional<std::string> why_not_readable(const std::vector<std::string>& files);

struct EventFilesRead {
  std::vector<std::string> problems;  // one line for each file that could not be used in full
  std::uint64_t events = 0;
};

// Every event of the files to `consumer`, until the end or `stop`. A record that is no event is passed over.
EventFilesRead read_event_files(const std::vector<std::string>& files, sensor::EventConsumer& consumer,
                                const std::stop_token& stop);

}  // namespace zonelag::cli
