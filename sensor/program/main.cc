// zonelag-sensor: packets to events. See zonelag-sensor(8), docs/zonelag-sensor.8.

#include <CLI/CLI.hpp>

#include "commands.h"
#include "options.h"
#include "proto/codec.h"
#include "service/program.h"

using namespace zonelag::sensor;

int main(int argc, char** argv) {
  zonelag::proto::silence_library_log();
  CLI::App app("Sees NOTIFY, zone transfers and authoritative answers, and reports them to Kafka.", "zonelag-sensor");
  CommandLine line;
  declare(app, line);
  return zonelag::service::run_program(app, program_version(), [&] {
    parse(app, argc, argv, line);
    return run_command(line);
  });
}
