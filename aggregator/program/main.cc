// zonelag-aggregator: events to lags. See zonelag-aggregator(8), docs/zonelag-aggregator.8.

#include <CLI/CLI.hpp>

#include "commands.h"
#include "options.h"
#include "proto/codec.h"
#include "service/program.h"

using namespace zonelag::aggregator;

int main(int argc, char** argv) {
  zonelag::proto::silence_library_log();
  CLI::App app("Makes lags of the sensors' events: from Kafka into PostgreSQL.", "zonelag-aggregator");
  CommandLine line;
  declare(app, line);
  return zonelag::service::run_program(app, program_version(), [&] {
    parse(app, argc, argv, line);
    return run_command(line);
  });
}
