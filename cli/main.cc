// zonelag: replay captures, explain rows. See zonelag(1), docs/zonelag.1.

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>

#include "commands.h"
#include "exit_code.h"
#include "interrupt.h"
#include "options.h"
#include "proto/codec.h"

namespace {

using namespace zonelag::cli;

int run(const CLI::App& app, const Options& options) {
  const Interrupt interrupt;
  return app.got_subcommand("replay") ? replay(options.replay, interrupt) : explain(options.explain, interrupt);
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a write error that is told, not a silent death
  zonelag::proto::silence_library_log();
  CLI::App app("How long a zone change takes to reach the public, where the time went, and who has not got it.",
               "zonelag");
  Options options;
  declare(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& request) {  // --help, --version
    return app.exit(request);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "zonelag: %s\nTry 'zonelag --help' or 'zonelag COMMAND --help'.\n", error.what());
    return kExitUsage;
  }
  try {
    return run(app, options);
  } catch (const std::exception& error) {  // out of memory, mostly
    std::fprintf(stderr, "zonelag: %s\n", error.what());
    return kExitFailed;
  }
}
