// zonelag: replay captures, explain rows, look after the service's database. See zonelag(1), docs/zonelag.1.

#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>

#include "commands.h"
#include "exit_code.h"
#include "interrupt.h"
#include "options.h"
#include "output.h"
#include "proto/codec.h"
#include "service/command_line/usage.h"

namespace {

using namespace zonelag::cli;

int print_and_end(std::string_view text) {
  Output output;
  output.write(text);
  return output.finish() ? kExitOk : kExitFailed;
}

int run(const CLI::App& app, const Options& options) {
  Interrupt interrupt;
  if (app.got_subcommand("report")) return report(options.report);
  if (app.got_subcommand("inventory")) return inventory(options.inventory);
  if (app.got_subcommand("db")) return db(options.db);
  if (app.got_subcommand("topics")) return topics(options.topics);
  return app.got_subcommand("replay") ? replay(options.replay, interrupt) : explain(options.explain, interrupt);
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a write error, so that what else is to be written still is
  zonelag::proto::silence_library_log();
  CLI::App app("How long a zone change takes to reach the public, where the time went, and who has not got it.",
               "zonelag");
  Options options;
  declare(app, options);
  try {
    parse(app, argc, argv, options);
    return run(app, options);
  } catch (const CLI::CallForVersion&) {
    return print_and_end(program_version() + "\n");
  } catch (const CLI::Success&) {  // --help
    return print_and_end(app.help());
  } catch (const zonelag::service::UsageError& error) {
    complain(error.what());
    advise(zonelag::service::where_to_look(app));
    return kExitUsage;
  } catch (const std::exception& error) {  // out of memory, mostly
    complain(error.what());
    return kExitFailed;
  }
}
