#include "truth.h"

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace zonelag::truth {
namespace {

using decoder::Duration;
using decoder::Timestamp;
using nlohmann::json;

// "1795168085.785085" to nanoseconds, without a double's rounding.
Timestamp parse_time(const std::string& text) {
  const std::size_t dot = text.find('.');
  const std::int64_t seconds = std::stoll(text.substr(0, dot));
  const std::int64_t microseconds = std::stoll(text.substr(dot + 1));
  return Timestamp(std::chrono::seconds(seconds) + std::chrono::microseconds(microseconds));
}

// pcaps/README.md, "where log and capture differ": facts that no packet shows.
struct Exception {
  const char* scenario;
  const char* host;
  const char* zone;
  std::uint32_t serial;
  bool at_mirror_only = false;
};
constexpr Exception kInvisible[] = {
    // Transferred over TLS and served from the anycast address only, which at a mirror port names no node.
    {"xot-nsd", "s1", "alpha.test", 2026112001, true},
    {"xot-nsd", "s1", "alpha.test", 2026112002, true},
    // Loaded from disk in a burst and replaced before anything was sent.
    {"chain-B", "customer", "alpha.test", 2026112004},
    {"chain-B", "customer", "alpha.test", 2026112005},
    {"chain-B", "customer", "alpha.test", 2026112006},
    {"chain-B", "customer", "alpha.test", 2026112007},
    {"badkey", "customer", "alpha.test", 2026112004},
    {"badkey", "customer", "alpha.test", 2026112005},
    {"badkey", "customer", "alpha.test", 2026112006},
    {"badkey", "customer", "alpha.test", 2026112007},
    // tcpdump was stopped first.
    {"links", "customer", "bravo.test", 2026112002},
    {"links", "incoming", "bravo.test", 2026112002},
    {"links", "distribution", "bravo.test", 2026112002},
    {"links", "s1", "bravo.test", 2026112002},
    {"links", "s2", "bravo.test", 2026112002},
};

}  // namespace

bool Facts::existed(const std::string& zone, std::uint32_t serial) const {
  const auto found = serials.find(zone);
  return found != serials.end() && found->second.contains(serial);
}

bool Facts::has_loaded(const std::string& host, const std::string& zone, std::uint32_t serial) const {
  return hosted.contains({host, zone, serial});
}

bool Facts::is_invisible(const Loaded& fact, bool mirror) const {
  const auto found = invisible.find({fact.host, fact.zone, fact.serial});
  if (found != invisible.end() && (mirror || !found->second)) return true;
  return !mirror && !captured.contains(fact.host);
}

namespace {

Loaded loaded_of(const json& fact) {
  const Timestamp at = parse_time(fact.at("at"));
  const double precision = fact.value("log_precision", 0.0);
  return {fact.at("host"),
          fact.at("software"),
          fact.at("zone"),
          fact.at("how"),
          fact.at("serial"),
          at,
          at - Duration(static_cast<std::int64_t>(std::llround(precision * 1e9)))};
}

LoggedTransfer transfer_of(const json& fact) {
  LoggedTransfer transfer;
  transfer.server_logged = fact.at("kind") == "transfer_out";
  transfer.server = fact.at(transfer.server_logged ? "host" : "server");
  transfer.client = fact.at(transfer.server_logged ? "client" : "host");
  transfer.zone = fact.at("zone");
  transfer.serial = fact.at("serial");
  transfer.messages = fact.at("messages");
  transfer.records = fact.at("records");
  transfer.bytes = fact.at("bytes");
  if (fact.at("got").is_string()) transfer.got = fact.at("got");
  transfer.at = parse_time(fact.at("at"));
  return transfer;
}

void add_fact(const json& fact, Facts& facts) {
  const std::string kind = fact.at("kind");
  if (kind == "loaded") {
    Loaded loaded = loaded_of(fact);
    facts.hosted.insert({loaded.host, loaded.zone, loaded.serial});
    facts.loaded.push_back(std::move(loaded));
  } else if (kind == "transfer" || kind == "transfer_out") {
    // Only BIND logs the number of records, and only its figures are those of the wire.
    if (fact.at("records").is_number()) facts.transfers.push_back(transfer_of(fact));
  } else if (kind == "polled") {
    facts.polled.push_back({fact.at("host"), fact.at("zone"), fact.at("serial"), parse_time(fact.at("at"))});
  } else if (kind == "zone_serials") {
    auto& serials = facts.serials[fact.at("zone")];
    for (const json& serial : fact.at("serials")) serials.insert(serial.get<std::uint32_t>());
    for (const json& serial : fact.at("never_loaded")) serials.erase(serial.get<std::uint32_t>());
  }
}

}  // namespace

Facts read_facts(const std::filesystem::path& folder) {
  Facts facts;
  std::ifstream file(folder / "truth.jsonl");
  if (!file) throw std::runtime_error("no truth.jsonl in " + folder.string());
  for (std::string line; std::getline(file, line);) add_fact(json::parse(line), facts);
  // Also of "pcaps/chain-A/".
  const std::string scenario = (folder / "").parent_path().filename().string();
  for (const Exception& exception : kInvisible) {
    if (scenario == exception.scenario)
      facts.invisible[{exception.host, exception.zone, exception.serial}] = exception.at_mirror_only;
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.find(".pcap") != std::string::npos) facts.captured.insert(name.substr(0, name.find('.')));
  }
  return facts;
}

}  // namespace zonelag::truth
