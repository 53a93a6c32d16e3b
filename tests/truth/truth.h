// pcaps/<scenario>/truth.jsonl, read: what servers' logs and the driver say (pcaps/README.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "decoder/time.h"

namespace zonelag::truth {

struct Loaded {
  std::string host;
  std::string software;
  std::string zone;
  std::string how;
  std::uint32_t serial = 0;
  decoder::Timestamp at;          // the log line was written not later than this
  decoder::Timestamp not_before;  // nor earlier than this
};

// A transfer with figures, as a BIND logged it, who counts what is on the wire (pcaps/README.md).
struct LoggedTransfer {
  std::string server;  // a host, or an address that is none's
  std::string client;
  bool server_logged = false;  // whose log it is
  std::string zone;
  std::uint32_t serial = 0;
  std::uint64_t messages = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::string got;  // as the log names it; empty: it does not
  decoder::Timestamp at;
};

// A client's first authoritative answer with this serial.
struct Polled {
  std::string host;
  std::string zone;
  std::uint32_t serial = 0;
  decoder::Timestamp at;
};

struct Facts {
  std::vector<Loaded> loaded;
  std::vector<LoggedTransfer> transfers;
  std::vector<Polled> polled;
  std::map<std::string, std::set<std::uint32_t>> serials;                         // that a server ever had, by zone
  std::set<std::string> captured;                                                 // hosts with a capture of their own
  std::set<std::tuple<std::string, std::string, std::uint32_t>> hosted;           // (host, zone, serial) loaded
  std::map<std::tuple<std::string, std::string, std::uint32_t>, bool> invisible;  // true: at a mirror port only

  bool existed(const std::string& zone, std::uint32_t serial) const;
  bool has_loaded(const std::string& host, const std::string& zone, std::uint32_t serial) const;
  // Whether the packets cannot show this fact, by pcaps/README.md's list or for want of a capture at the host.
  bool is_invisible(const Loaded& fact, bool mirror) const;
};

Facts read_facts(const std::filesystem::path& folder);

}  // namespace zonelag::truth
