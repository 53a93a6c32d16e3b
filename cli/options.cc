#include "options.h"

#include <CLI/CLI.hpp>
#include <map>

namespace zonelag::cli {
namespace {

const std::map<std::string, Format> kFormats{{"table", Format::table}, {"json", Format::json}, {"csv", Format::csv}};
const std::map<std::string, Colour> kColours{
    {"auto", Colour::automatic}, {"always", Colour::always}, {"never", Colour::never}};

constexpr const char* kCaptures =
    "[HOST=]FILE: pcap or pcapng, plain or gzip/zstd/xz/lz4 (told by content); - is standard input. HOST is the "
    "hostname of the inventory that the capture was taken at; without it a file whose name up to the first dot is such "
    "a hostname was taken there, and any other is a mirror port's";

constexpr const char* kExitCodes =
    "Exit status: 0 done; 1 failed, nothing printed; 2 wrong usage; 3 results printed, but part of the input could not "
    "be used; 130 interrupted, results of what had been read printed.";

void declare_input(CLI::App& command, InputOptions& input) {
  command.add_option("captures", input.captures, kCaptures)->required()->type_name("CAPTURE");
  command
      .add_option("-i,--inventory", input.inventory,
                  "who is who: nodes, addresses, roles, customers, policies (TOML). Without it every address is a node "
                  "of unknown role, and no lag is known")
      ->type_name("FILE");
  command.add_option("--port", input.ports, "DNS port; may be given several times")
      ->capture_default_str()
      ->type_name("PORT");
  command.add_flag("-q,--quiet", input.quiet, "no progress bar");
  command.add_option("--color,--colour", input.colour, "colour in tables: auto (on a terminal), always, never")
      ->transform(CLI::CheckedTransformer(kColours, CLI::ignore_case).description(""))
      ->type_name("WHEN");
}

void declare_replay(CLI::App& app, ReplayOptions& options) {
  CLI::App& command = *app.add_subcommand(
      "replay", "Lags and SLA of every zone version in the captures: decode, join and measure in one process.");
  declare_input(command, options.input);
  command
      .add_option("-f,--format", options.format, "table (for people), json (one object a line), csv (one node a line)")
      ->transform(CLI::CheckedTransformer(kFormats, CLI::ignore_case).description(""))
      ->type_name("FORMAT");
  command
      .add_option("-e,--events", options.events,
                  "write every event too: one JSON object a line, or length-delimited protobuf when FILE ends in .pb; "
                  "- is standard output, in place of the results")
      ->type_name("FILE");
  command
      .add_option("-r,--report", options.report, "write a self-contained HTML report with a picture of each version")
      ->type_name("FILE.html");
  command
      .add_option("-w,--write-inventory", options.write_inventory,
                  "write a starter inventory made from what the captures show; - is standard output, in place of the "
                  "results")
      ->type_name("FILE");
  command.add_option("-z,--zone", options.zone, "this zone only")->type_name("ZONE");
  command
      .add_option("-s,--sla", options.sla,
                  "the promise to judge: a policy of the inventory, a ready-made one (icann), or "
                  "LAG:pPERCENTILE<=LIMIT[:DEADLINE], as in incoming_lag:p95<=60m:2h")
      ->type_name("POLICY");
  command.add_flag("--statistics", options.statistics, "counters of every stage, on standard error");
  command.footer(kExitCodes);
}

void declare_explain(CLI::App& app, ExplainOptions& options) {
  CLI::App& command = *app.add_subcommand(
      "explain", "Why a row says what it says: every piece of evidence, and the conclusion step by step.");
  declare_input(command, options.input);
  command.add_option("-z,--zone", options.zone, "the zone")->required()->type_name("ZONE");
  command.add_option("-n,--serial", options.serial, "this serial only")->type_name("N");
  command.add_option("--node", options.node, "this node only: hostname or address")->type_name("HOST");
  command.add_flag("-v,--verbose", options.messages, "each piece's DNS message in presentation format");
  command.footer(kExitCodes);
}

}  // namespace

std::string program_version() { return std::string("zonelag ") + ZONELAG_VERSION; }

void declare(CLI::App& app, Options& options) {
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  app.set_version_flag("--version", program_version());
  declare_replay(app, options.replay);
  declare_explain(app, options.explain);
}

}  // namespace zonelag::cli
