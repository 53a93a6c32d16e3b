// A topic, a database, and processes that share them, run step by step.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "fake_clock.h"
#include "fake_store.h"
#include "fake_topic.h"
#include "runner.h"

namespace zonelag::aggregator {

// A NOTIFY sent by `source`, `seconds` after the clock's beginning.
decoder::Event announced(std::string_view zone, std::uint32_t serial, std::string_view source, int seconds = 0);

struct Process {
  Process(FakeTopic& topic, MemoryDatabase& database, const FakeClock& clock, RunnerSettings settings,
          std::vector<std::string>& lines);
  FakeStore store;
  FakeSender sender;
  std::unique_ptr<Runner> runner;
  std::unique_ptr<FakeFeed> feed;
};

class RunnerScenario {
 public:
  explicit RunnerScenario(std::int32_t partitions = 4);

  Process& start(RunnerSettings settings = {});
  // Events of so many zones, three addresses each, serials from `serial` on, a few in each partition.
  void publish(std::uint32_t serial, std::size_t zones = 20);
  void step(Process& process, std::size_t times = 1);
  // Until the database has exactly what was published, and says so; false: not within the steps allowed.
  bool settle(const std::vector<Process*>& processes);
  // Evidence that was published and is not in the database, or the other way round; empty: none. One line.
  std::string difference() const;
  std::size_t said(std::string_view text) const;  // lines of the log with it

  FakeClock clock;
  FakeTopic topic;
  MemoryDatabase database;
  std::vector<std::string> lines;

 private:
  std::vector<std::unique_ptr<Process>> processes_;
  std::set<MemoryDatabase::RowKey> published_;
};

}  // namespace zonelag::aggregator
