// zonelag-sensor: packets to events. See zonelag-sensor(8), docs/zonelag-sensor.8.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "commands.h"
#include "exit_code.h"
#include "options.h"
#include "proto/codec.h"
#include "service/command_line/usage.h"

namespace {

using namespace zonelag::sensor;

int print_and_end(const std::string& text) {
  const bool printed = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  if (!printed) complain("standard output: could not be written");
  return printed ? kExitOk : kExitFailed;
}

}  // namespace

int main(int argc, char** argv) {
  zonelag::proto::silence_library_log();
  CLI::App app("Sees NOTIFY, zone transfers and authoritative answers, and reports them to Kafka.", "zonelag-sensor");
  CommandLine line;
  declare(app, line);
  try {
    parse(app, argc, argv, line);
    return run_command(line);
  } catch (const CLI::CallForVersion&) {
    return print_and_end(program_version() + "\n");
  } catch (const CLI::Success&) {  // --help
    return print_and_end(app.help());
  } catch (const zonelag::service::UsageError& error) {
    complain(error.what());
    std::fputs((zonelag::service::where_to_look(app) + "\n").c_str(), stderr);
    return kExitUsage;
  } catch (const std::exception& error) {  // out of memory, mostly
    complain(error.what());
    return kExitFailed;
  }
}
