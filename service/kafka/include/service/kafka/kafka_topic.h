// A topic that a program uses, and what it says where that can't be done.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace zonelag::service {

struct KafkaTopic {
  std::string name;
  bool create = false;  // where it is missing
  std::uint32_t partitions = 12;
  std::uint32_t replication = 1;
  std::map<std::string, std::string> config;     // of a topic that is created: retention.ms, ...
  std::string_view when_missing = "create it";   // ", or start with --create-topics"
  std::string_view needs = "Describe and Read";  // permissions
};

}  // namespace zonelag::service
