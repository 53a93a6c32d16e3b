#include "fault.h"

#include <algorithm>
#include <array>

namespace zonelag::aggregator {
namespace {

struct Known {
  std::string_view begin;  // of the SQLSTATE
  StoreFault fault;
};

// The longer one first where one begins with the other.
constexpr Known kStates[] = {
    {"08", StoreFault::unavailable},     // connection exceptions
    {"25006", StoreFault::unavailable},  // read only: a standby, until somebody makes it the primary
    {"23505", StoreFault::fenced},       // unique violation: somebody wrote what we thought was not there
    {"23514", StoreFault::unavailable},  // no partition of the row's day: retention took it since we looked
    {"28", StoreFault::refused},         // invalid authorization
    {"3D", StoreFault::refused},         // no such database
    {"3F", StoreFault::schema},          // no such schema
    {"40", StoreFault::unavailable},     // serialization failure, deadlock
    {"42501", StoreFault::refused},      // rights
    {"42P01", StoreFault::schema},       // no such table
    {"42703", StoreFault::schema},       // no such column
    {"42704", StoreFault::schema},       // no such type or other object
    {"42883", StoreFault::schema},       // no such function
    {"53", StoreFault::full},            // disk, memory, connections
    {"55P03", StoreFault::unavailable},  // lock not available in time
    {"57", StoreFault::unavailable},     // statement timeout, shut down, starting
    {"58", StoreFault::unavailable},     // the server's own system
};

struct Words {
  std::string_view part;
  StoreFault fault;
};

constexpr Words kConnect[] = {
    {"too many clients", StoreFault::full},
    {"too many connections", StoreFault::full},
    {"remaining connection slots", StoreFault::full},
    {"invalid port number", StoreFault::refused},
    {"invalid integer value", StoreFault::refused},
    {"authentication failed", StoreFault::refused},
    {"no password supplied", StoreFault::refused},
    {"no pg_hba.conf entry", StoreFault::refused},
    {"pg_hba.conf rejects", StoreFault::refused},
    {"permission denied for database", StoreFault::refused},
    {"is not permitted to log in", StoreFault::refused},
    {"role \"", StoreFault::refused},      // ... does not exist
    {"database \"", StoreFault::refused},  // ... does not exist, is not accepting connections
    {"certificate", StoreFault::refused},
};

}  // namespace

StoreFault fault_of_state(std::string_view sqlstate) {
  const auto* known = std::ranges::find_if(kStates, [&](const Known& k) { return sqlstate.starts_with(k.begin); });
  return known == std::end(kStates) ? StoreFault::broken : known->fault;
}

StoreFault fault_of_connect(std::string_view message) {
  const auto* words = std::ranges::find_if(kConnect, [&](const Words& w) { return message.contains(w.part); });
  return words == std::end(kConnect) ? StoreFault::unavailable : words->fault;
}

const char* advice(StoreFault fault, std::string_view sqlstate) {
  if (fault == StoreFault::schema) return ": zonelag db migrate makes the schema";
  if (sqlstate == "42501")
    return ": a service needs GRANT zonelag_aggregator, a reader GRANT zonelag_reader; schema and inventory are their "
           "owner's";
  return "";
}

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (c != '\n' && c != '\t') {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

}  // namespace zonelag::aggregator
