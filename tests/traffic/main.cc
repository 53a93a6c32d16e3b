// zonelag-traffic: writes pcap files of traffic that is known exactly. See README.md.
#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "options.h"

namespace {

using namespace zonelag::traffic;

constexpr int kFailed = 1;
constexpr int kUsage = 2;

int complain(const std::string& what) {
  std::fprintf(stderr, "zonelag-traffic: %s\n", what.c_str());
  return kFailed;
}

/// A scenario's summary, and its truth as CSV where it has one.
struct Written {
  Summary summary;
  std::string truth;
};

struct Run {
  PacketSink& sink;
  Progress& progress;

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
};

int run(const Options& options) {
  std::ofstream truth_file;
  if (!options.truth_file.empty()) {
    truth_file.open(options.truth_file, std::ios::binary);
    if (!truth_file) return complain("cannot write '" + options.truth_file + "': " + std::strerror(errno));
  }
  auto writer = PcapWriter::open(options.file, options.precision());
  if (!writer) return complain(writer.error());
  Written written;
  {
    Progress progress = Progress::on_terminal();
    written = std::visit(Run{**writer, progress}, options.chosen);
  }
  if (const auto closed = (*writer)->close(); !closed) return complain(closed.error());
  if (truth_file.is_open() && !(truth_file << written.truth << std::flush)) {
    return complain("cannot write '" + options.truth_file + "': " + std::strerror(errno));
  }
  // The packets have stdout to themselves.
  std::fprintf(options.file == "-" ? stderr : stdout, "%s\n", written.summary.to_json().c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Writes pcap files of DNS traffic that is known exactly: equal arguments give equal bytes.",
               "zonelag-traffic"};
  Options options;
  declare_options(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  finish_options(app, options);
  return run(options);
}
