// zonelag-traffic: writes pcap files of traffic that is known exactly, or sends it. See README.md.
#include <CLI/CLI.hpp>

#include "options.h"
#include "run.h"

int main(int argc, char** argv) {
  using namespace zonelag::traffic;
  constexpr int kUsage = 2;
  CLI::App app{
      "Writes pcap files of DNS traffic that is known exactly: equal arguments give equal bytes. Or sends it from a "
      "veth, dummy or loopback interface.",
      "zonelag-traffic"};
  Options options;
  declare_options(app, options);
  try {
    app.parse(argc, argv);
    finish_options(app, options);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  return run(options);
}
