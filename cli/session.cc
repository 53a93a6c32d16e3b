#include "session.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "capture_set.h"
#include "event_files.h"
#include "exit_code.h"
#include "output.h"
#include "progress_bar.h"

namespace zonelag::cli {
namespace {

constexpr std::size_t kNamed = 5;  // hostnames in a note; more are a number

std::string listed(const std::vector<std::string>& names) {
  const std::size_t shown = names.size() > kNamed + 1 ? kNamed : names.size();
  std::string text =
      fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  if (shown < names.size()) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

// Every capture is a descriptor: the system's usual limit of 1024 is the soft one.
void allow_many_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// An interrupted pipe looks cut.
bool is_cut(sensor::CaptureFault fault) {
  return fault == sensor::CaptureFault::cut_short || fault == sensor::CaptureFault::cut_compression;
}

}  // namespace

std::expected<aggregator::Inventory, std::string> open_inventory(const InputOptions& options) {
  if (options.inventory.empty()) return aggregator::Inventory{};
  auto inventory = aggregator::load_inventory(options.inventory);
  if (inventory && inventory->empty())
    complain(fmt::format("{}: it has no nameserver and no customer: every address is unknown", options.inventory));
  return inventory;
}

std::expected<Session, std::string> Session::open(const InputOptions& options, const aggregator::Inventory& inventory,
                                                  const decoder::DecoderLimits& limits,
                                                  sensor::EventConsumer& consumer) {
  std::vector<std::string> events;
  std::vector<std::string> captures;
  for (const std::string& argument : options.captures)
    (is_event_file(argument) ? events : captures).push_back(argument);
  if (auto why = why_not_readable(events)) return std::unexpected(*std::move(why));
  auto sites = locate_captures(captures, inventory);
  if (!sites) return std::unexpected(sites.error());
  decoder::DecoderLimits own = limits;
  own.frame.ports = options.ports;
  allow_many_files();
  auto replay = sensor::Replay::open(*sites, own, consumer);
  if (!replay) return std::unexpected(replay.error().text);
  // Which nodes' sensors wrote the events is not known.
  auto absent = events.empty() ? nodes_without_capture(*sites, inventory) : std::vector<std::string>();
  return Session(options, std::move(events), *std::move(sites), std::move(absent), *std::move(replay), consumer);
}

Session::Session(const InputOptions& options, std::vector<std::string> event_files,
                 std::vector<sensor::CaptureSite> sites, std::vector<std::string> absent, sensor::Replay replay,
                 sensor::EventConsumer& consumer)
    : options_(options),
      event_files_(std::move(event_files)),
      sites_(std::move(sites)),
      absent_(std::move(absent)),
      replay_(std::move(replay)),
      consumer_(consumer) {}

ReadResult Session::read(Interrupt& interrupt, std::stop_source& stop) {
  ReadResult result;
  result.captures = sites_.size();
  if (!absent_.empty())
    note(result, fmt::format("no capture of {} is given: what only they saw is missing", listed(absent_)));
  const std::stop_callback relay(interrupt.token(), [&stop] { stop.request_stop(); });
  ProgressBar bar(!options_.quiet && is_terminal(STDERR_FILENO));
  interrupt.reading_begins();
  read_events(result, stop.get_token());
  replay_.run([&](const sensor::ReplayProgress& progress) { bar.show(progress); }, stop.get_token());
  interrupt.reading_ended();
  bar.clear();
  result.packets = replay_.progress().packets;
  tell_problems(result, interrupt.requested());
  tell_no_dns(result);
  if (interrupt.requested()) {
    complain("interrupted: the results rest on what had been read by then");
    result.notes.emplace_back("interrupted: the results rest on what had been read by then");
    result.exit_code = kExitInterrupted;
  }
  return result;
}

void Session::read_events(ReadResult& result, const std::stop_token& stop) {
  result.event_files = event_files_.size();
  for (const std::string& problem : read_event_files(event_files_, consumer_, stop).problems) {
    complain(problem);
    result.notes.push_back(problem);
    result.exit_code = kExitIncomplete;
  }
}

void Session::note(ReadResult& result, const std::string& text) const {
  if (!options_.quiet) complain(text);
  result.notes.push_back(text);
}

void Session::tell_problems(ReadResult& result, bool interrupted) const {
  for (const sensor::CaptureProblem& problem : replay_.problems()) {
    if (interrupted && is_cut(problem.fault)) continue;
    complain(problem.text);
    result.notes.push_back(problem.text);
    if (!sensor::is_warning(problem.fault)) result.exit_code = kExitIncomplete;
  }
}

// Packets, but none of DNS: most likely a wrong --port, or none where one is needed.
void Session::tell_no_dns(ReadResult& result) const {
  std::uint64_t other = 0;
  std::uint64_t tls = 0;
  for (const auto& pipeline : replay_.pipelines()) {
    const decoder::FrameCounters& counters = pipeline->decoder().frame_counters();
    if (counters.segments > 0) return;
    other += counters.other_port;
    tls += counters.tls_port;
  }
  if (other + tls == 0) return;
  note(result, fmt::format("none of {} packets is of DNS port {}: {}", result.packets, fmt::join(options_.ports, ", "),
                           tls > other ? "most are of port 853, DNS over TLS, which shows no serial" : "see --port"));
}

}  // namespace zonelag::cli
