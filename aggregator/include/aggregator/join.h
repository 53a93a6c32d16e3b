// Events to rows. Pure code over event time: what has been consumed is kept as evidence that merges commutatively and
// idempotently (first and last times), and rows are a function of the evidence. So the outcome does not depend on the
// order in which events arrive, nor on how often.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aggregator/inventory.h"
#include "aggregator/rows.h"
#include "decoder/event.h"

namespace zonelag::aggregator {

using decoder::Event;

struct JoinLimits {
  std::uint32_t max_versions_of_zone = 100'000;  // oldest first_seen evicted first, counted
  std::uint32_t max_unknown_sources = 100'000;   // listed; least recently seen evicted first, counted
  std::uint32_t max_unknown_rows = 1'000'000;    // evidence of nodes not in the inventory: oldest first, counted
  std::uint32_t max_zones = 2'000'000;           // least recently seen first, counted
  std::uint32_t max_rows = 50'000'000;           // (version, node) pairs: oldest versions first, counted
};

// What rows depend on besides events and inventory.
struct JoinSettings {
  // A version is tracked until its expected nodes have had it for `settled`, and for `horizon` at most: what other
  // nodes show of newer serials after that is no evidence for it. (That of expected nodes is, however late.)
  Duration horizon = std::chrono::hours(10);
  Duration settled = std::chrono::minutes(15);
  std::vector<std::string> excluded_locations{"Test"};  // prefixes of loc or dsc_name: never part of the SLA
  // Pseudo-zone: serial even = the node is withdrawn, odd = announced. It has no SLA. Root: there is none.
  ZoneName bgp_zone = ZoneName::from_canonical(std::string_view("\3bgp\0", 5));
};

struct JoinCounters {
  std::uint64_t events = 0;
  std::uint64_t evidence = 0;              // facts about a node and a version
  std::uint64_t no_evidence = 0;           // responses, transfers without serial, QTYPE other than SOA, status, ...
  std::uint64_t anycast_unattributed = 0;  // a shared address seen where it names no node
  std::uint64_t unknown_source = 0;        // from an address that the inventory does not know
  std::uint64_t foreign_customer = 0;      // from a customer's address, for a zone that is not its
  std::uint64_t versions_evicted = 0;
  std::uint64_t sources_evicted = 0;
  std::uint64_t unknown_rows_evicted = 0;
  std::uint64_t zones_evicted = 0;
  std::uint64_t sensors_over_limit = 0;  // facts kept without their sensor's name: no clock error
};

// A source that is not in the inventory (or a customer's that announced a zone not its own): listed, not dropped.
struct UnknownSource {
  IpAddress address;
  std::uint64_t events = 0;
  Timestamp first_seen;
  Timestamp last_seen;
  ZoneName last_zone;
  bool is_customer = false;
};

class Join {
 public:
  // The inventory must outlive the join. With an empty inventory every address is a node of unknown role.
  Join(const Inventory& inventory, JoinLimits limits = {}, const JoinSettings& settings = {});
  ~Join();
  Join(Join&&) noexcept;

  void consume(const Event& event);

  // Rows of every version, zones in text order, versions by first_seen; policies judged with evidence up to
  // latest(). `policy`: overrides the inventory's policies.
  void for_each_version(const std::function<void(const VersionRow&)>& row, const Policy* policy = nullptr) const;
  // The same for one zone only.
  void for_each_version_of(const ZoneName& zone, const std::function<void(const VersionRow&)>& row,
                           const Policy* policy = nullptr) const;

  // Drops versions first seen before `time`, so that a long run's memory is bounded; returns how many. Not counted as
  // evicted. Late evidence of such a version starts it anew.
  std::size_t forget_versions_before(Timestamp time);

  std::vector<UnknownSource> unknown_sources() const;  // most events first
  Timestamp latest() const;                            // the latest event time consumed
  const JoinCounters& counters() const;
  std::size_t evidence_rows() const;  // (version, node) pairs held
  std::size_t memory_bytes() const;   // of all evidence, containers included

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace zonelag::aggregator
