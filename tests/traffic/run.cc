#include "run.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "traffic/live_sink.h"

namespace zonelag::traffic {
namespace {

template <typename Value>
using Result = std::expected<Value, std::string>;

/// A scenario's summary, and its truth as CSV where it has one.
struct Written {
  Summary summary;
  std::string truth;
};

struct Scenario {
  PacketSink& sink;
  Progress& progress;
  const PcapFrames& frames;  ///< of send

  Written operator()(const MixOptions* options) const {
    MixResult result = write_mix(*options, sink, progress);
    return {std::move(result.summary), truth_csv(result.truth)};
  }
  Written operator()(const TransfersOptions* options) const {
    TransfersResult result = write_transfers(*options, sink, progress);
    return {std::move(result.summary), truth_csv(result.truth)};
  }
  Written operator()(const AxfrOptions* options) const { return {write_axfr(*options, sink, progress), ""}; }
  Written operator()(const HostileOptions* options) const { return {write_hostile(*options, sink, progress), ""}; }
  Written operator()(const NotifyOptions* options) const { return {write_notifies(*options, sink, progress), ""}; }
  Written operator()(const SendOptions* options) const { return {write_frames(frames, *options, sink, progress), ""}; }
};

Written play(const Options& options, PacketSink& sink, const PcapFrames& frames) {
  Progress progress = Progress::on_terminal();
  return std::visit(Scenario{sink, progress, frames}, options.chosen);
}

Result<Written> write_file(const Options& options) {
  auto writer = PcapWriter::open(options.file, options.precision());
  if (!writer) return std::unexpected{writer.error()};
  Written written = play(options, **writer, {});
  if (const auto closed = (*writer)->close(); !closed) return std::unexpected{closed.error()};
  return written;
}

Result<Written> send_live(const Options& options, const PcapFrames& frames) {
  auto sink = LiveSink::open(options.interface, options.longest());
  if (!sink) return std::unexpected{sink.error()};
  Written written = play(options, **sink, frames);
  const auto figures = (*sink)->close();
  if (!figures) return std::unexpected{figures.error()};
  written.summary.live = figures->to_json();
  return written;
}

Result<Written> inject_live(const Options& options, const PcapFrames& frames) {
  const auto figures = inject_frames(frames, {.interface = options.interface,
                                              .packets = options.send.packets,
                                              .packets_per_second = options.send.packets_per_second,
                                              .longest = options.longest()});
  if (!figures) return std::unexpected{figures.error()};
  Summary summary{.scenario = "inject", .packets = figures->sent, .bytes = figures->sent_bytes};
  summary.live = figures->to_json();
  return Written{std::move(summary), ""};
}

Result<Written> send_file(Options options) {
  const auto frames = PcapFrames::read(options.file);
  if (!frames) return std::unexpected{frames.error()};
  if (options.send.packets == 0) options.send.packets = frames->size();
  options.chosen = &options.send;
  return options.inject ? inject_live(options, *frames) : send_live(options, *frames);
}

Result<Written> write_or_send(const Options& options) {
  if (std::holds_alternative<const SendOptions*>(options.chosen)) return send_file(options);
  return options.interface.empty() ? write_file(options) : send_live(options, {});
}

int complain(const std::string& what) {
  constexpr int kFailed = 1;
  std::fprintf(stderr, "zonelag-traffic: %s\n", what.c_str());
  return kFailed;
}

}  // namespace

int run(const Options& options) {
  std::ofstream truth_file;
  if (!options.truth_file.empty()) {
    truth_file.open(options.truth_file, std::ios::binary);
    if (!truth_file) return complain("cannot write '" + options.truth_file + "': " + std::strerror(errno));
  }
  const auto written = write_or_send(options);
  if (!written) return complain(written.error());
  if (truth_file.is_open() && !(truth_file << written->truth << std::flush)) {
    return complain("cannot write '" + options.truth_file + "': " + std::strerror(errno));
  }
  // The packets have stdout to themselves.
  std::fprintf(options.file == "-" ? stderr : stdout, "%s\n", written->summary.to_json().c_str());
  return 0;
}

}  // namespace zonelag::traffic
