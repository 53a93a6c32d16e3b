// What a runner knows of itself, for metrics, health and logs: counts since its start, and how things stand.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "aggregator/ledger.h"
#include "clock.h"

namespace zonelag::aggregator {

// Counts by upper bound, as Prometheus has them but not cumulative; the last is beyond all bounds.
template <std::size_t Bounds>
struct Histogram {
  std::array<double, Bounds> bounds{};
  std::array<std::uint64_t, Bounds + 1> counts{};
  double sum = 0;

  void add(double value) {
    std::size_t index = 0;
    while (index < Bounds && value > bounds[index]) ++index;
    ++counts[index];
    sum += value;
  }
};

enum class RunnerState : std::uint8_t {
  starting,       // nothing was read from the store yet
  running,        // consumes what comes
  waiting,        // the store is away, or does not let us
  fenced,         // somebody else took a partition over, or the topic grew: reads the state again
  blocked,        // Kafka does not take the results
  contradiction,  // the inventory contradicts itself, and there is no older one
  ended,
};
const char* to_string(RunnerState state);

struct RunnerFigures {
  std::string database;
  RunnerState state = RunnerState::starting;
  std::string problem;    // of the state: one line; empty: none
  std::string inventory;  // what is wrong with the inventory in the tables; empty: nothing
  std::string upkeep;     // what is wrong with the making and dropping of tables' partitions; empty: nothing
  std::string feed;       // why Kafka has nothing for us; empty: nothing is wrong
  std::size_t partitions = 0;
  std::int32_t layout = 0;

  // Counts:
  std::uint64_t events = 0;  // committed
  std::uint64_t strays = 0;
  std::uint64_t skipped = 0;  // records that were gone from the topic before they were read
  std::uint64_t transactions = 0;
  std::uint64_t rollbacks = 0;
  std::uint64_t fences = 0;
  std::uint64_t assignments = 0;
  std::uint64_t revocations = 0;
  std::uint64_t lost = 0;  // partitions that were gone already
  std::uint64_t inventories = 0;
  std::map<std::string, std::uint64_t> dead_letters;  // by reason
  std::map<std::string, std::uint64_t> rows;          // written, by table

  // How things stand:
  SteadyTime progress;              // the loop came round
  std::uint64_t backlog = 0;        // records
  std::size_t outbox = 0;           // messages on their way
  std::optional<double> event_age;  // seconds from the latest event committed until now
  std::size_t versions = 0;
  std::size_t zones = 0;
  std::size_t pairs = 0;
  std::size_t memory = 0;  // bytes
  LedgerCounters ledger;

  Histogram<12> commit_seconds{.bounds = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}};
  Histogram<14> delay_seconds{.bounds = {.1, .25, .5, .75, 1, 1.5, 2.5, 5, 10, 30, 60, 300, 3600, 86400}};
};

}  // namespace zonelag::aggregator
