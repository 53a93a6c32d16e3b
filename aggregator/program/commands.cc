#include "commands.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "aggregator.h"
#include "aggregator/intake/kafka_feed.h"
#include "config_check.h"
#include "connect_check.h"
#include "exit_code.h"
#include "service/kafka/kafka_settings.h"
#include "service/log.h"
#include "service/program.h"
#include "service/reload.h"
#include "service/signal_waiter.h"

namespace zonelag::aggregator {
namespace {

constexpr const char* kProgram = "zonelag-aggregator";

bool print(std::string_view text) { return service::print(kProgram, text); }

bool is_sound(const Loaded& loaded) {
  service::ConfigCheck check = check_config(loaded.config);
  const auto files = check_files(loaded.config);
  check.errors.insert(check.errors.end(), files.begin(), files.end());
  if (!service::is_sound(kProgram, check, loaded.origins)) return false;
  // What librdkafka would refuse, which names its setting itself.
  const auto taken = KafkaFeed::check({.kafka = loaded.config.kafka});
  if (!taken) service::complain(kProgram, taken.error());
  return taken.has_value();
}

int run_aggregator(const CommandLine& line, AggregatorConfig config) {
  const service::SignalWaiter signals;
  const SystemClock clock;
  service::Log log(config.log_format, *service::parse_log_level(config.log_level));
  for (const std::string& problem : service::known_problems(config.kafka)) {
    log.write(service::LogLevel::warning, problem, problem);
  }
  auto aggregator = Aggregator::open(std::move(config), log, clock);
  if (!aggregator) {
    log.write(service::LogLevel::error, "start", aggregator.error());
    return kExitFailed;
  }
  return (*aggregator)->run(signals, [&line] { return service::reread(load(line), check_config); });
}

int check(const CommandLine& line, const AggregatorConfig& config) {
  std::string told = "the configuration is sound\n";
  bool good = true;
  if (line.connect) {
    for (const Look& look : look_around(config)) {
      told += fmt::format("{} {}: {}\n", look.good ? "ok  " : "FAIL", look.what, look.finding);
      good = good && look.good;
    }
  }
  return print(told) && good ? kExitOk : kExitFailed;
}

}  // namespace

int run_command(const CommandLine& line) {
  auto loaded = load(line);
  if (!loaded) {
    service::complain(kProgram, loaded.error());
    return kExitUsage;
  }
  if (line.command == Command::print_config) return print(print_config(loaded->config)) ? kExitOk : kExitFailed;
  if (!is_sound(*loaded)) return kExitUsage;
  if (line.command == Command::check) return check(line, loaded->config);
  return run_aggregator(line, std::move(loaded->config));
}

}  // namespace zonelag::aggregator
