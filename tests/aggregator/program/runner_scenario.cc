#include "runner_scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace zonelag::aggregator {
namespace {

constexpr std::array kSeverities{"info", "warning", "error"};

}  // namespace

decoder::Event announced(std::string_view zone, std::uint32_t serial, std::string_view source, int seconds) {
  decoder::Event event;
  event.sensor_id = "sensor";
  event.zone = *decoder::ZoneName::parse(zone);
  event.captured_at = decoder::Timestamp(std::chrono::seconds(1'800'000'000 + seconds));
  event.source = {.address = *decoder::IpAddress::parse(source), .port = 53};
  event.destination = {.address = *decoder::IpAddress::parse("192.0.2.1"), .port = 53};
  event.body = decoder::Notify{.serial = decoder::Serial(serial), .first_sent = event.captured_at};
  return event;
}

Process::Process(FakeTopic& topic, MemoryDatabase& database, const FakeClock& clock, RunnerSettings settings,
                 std::vector<std::string>& lines)
    : store(database), sender(topic, settings.topic) {
  const Say say = [&lines](Severity severity, const char* message, const SayFields& fields) {
    std::string line = fmt::format("{}: {}", kSeverities.at(static_cast<std::size_t>(severity)), message);
    for (const auto& [name, value] : fields) line += fmt::format(" {}={}", name, value);
    lines.push_back(std::move(line));
  };
  // One message for each row, as the real ones.
  const auto results = [](const Changes& changes, ResultStamp, std::vector<OutgoingMessage>& messages) {
    for (const EvidenceChange& change : changes.evidence) {
      messages.push_back({.topic = "zonelag.lags",
                          .key = change.row.zone.to_text(),
                          .value = fmt::format("{} {}", change.row.serial.value(), change.row.srcip)});
    }
  };
  runner = std::make_unique<Runner>(
      RunnerParts{.store = store, .upkeep = store, .sender = sender, .clock = clock, .say = say, .results = results},
      std::move(settings));
  feed = std::make_unique<FakeFeed>(topic, clock, *runner);
  runner->read_from(*feed);
}

RunnerScenario::RunnerScenario(std::int32_t partitions) : topic(partitions) {}

Process& RunnerScenario::start(RunnerSettings settings) {
  processes_.push_back(std::make_unique<Process>(topic, database, clock, std::move(settings), lines));
  return *processes_.back();
}

void RunnerScenario::publish(std::uint32_t serial, std::size_t zones) {
  for (const std::string_view source : {"192.0.2.10", "192.0.2.11", "192.0.2.12"}) {
    for (std::size_t index = 0; index < zones; ++index) {
      const decoder::Event event = announced(fmt::format("zone{}.example", index), serial, source);
      published_.insert({event.zone, serial, std::string(source)});
      topic.add(event);
    }
  }
}

void RunnerScenario::step(Process& process, std::size_t times) {
  for (std::size_t time = 0; time < times; ++time) process.runner->step();
}

std::string RunnerScenario::difference() const {
  for (const auto& key : published_) {
    if (!database.tables.evidence.contains(key)) {
      return fmt::format("lost: {} {} {}", std::get<0>(key).to_text(), std::get<1>(key), std::get<2>(key));
    }
  }
  for (const auto& [key, row] : database.tables.evidence) {
    if (!published_.contains(key)) return fmt::format("invented: {} {}", std::get<0>(key).to_text(), std::get<1>(key));
  }
  return {};
}

bool RunnerScenario::settle(const std::vector<Process*>& processes) {
  constexpr int kMostRounds = 2'000;
  const auto consumed = [this] {
    for (std::int32_t partition = 0; partition < topic.layout(); ++partition) {
      const auto found = database.tables.partitions.find(partition);
      const std::int64_t next =
          found == database.tables.partitions.end() ? 0 : std::max<std::int64_t>(0, found->second.next_offset);
      if (next != topic.end(partition)) return false;
    }
    return difference().empty() && database.tables.outbox.empty();
  };
  for (int round = 0; round < kMostRounds; ++round) {
    if (consumed()) return true;
    for (Process* process : processes) process->runner->step();
  }
  return false;
}

std::size_t RunnerScenario::said(std::string_view text) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(lines, [&](const std::string& line) { return line.find(text) != std::string::npos; }));
}

}  // namespace zonelag::aggregator
