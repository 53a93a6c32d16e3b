#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "aggregator/intake/topics.h"
#include "aggregator/text_table.h"
#include "aggregator_config.h"
#include "commands.h"
#include "exit_code.h"
#include "output.h"
#include "settings.h"

namespace zonelag::cli {
namespace {

using aggregator::AggregatorConfig;
using aggregator::TopicFate;
using aggregator::TopicOutcome;
using aggregator::TopicWish;

constexpr std::chrono::seconds kPatience(30);

int fail(std::string_view why) {
  complain(why);
  return kExitFailed;
}

// "HOST:PORT,HOST:PORT".
std::vector<std::string> brokers_of(std::string_view text) {
  std::vector<std::string> brokers;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    if (end > 0) brokers.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return brokers;
}

std::expected<AggregatorConfig, std::string> config_of(const TopicsOptions& options) {
  AggregatorConfig config;
  std::string path = options.config;
  if (path.empty() && options.brokers.empty() && ::access(kDefaultConfig, R_OK) == 0) path = kDefaultConfig;
  if (!path.empty()) {
    auto loaded = load_aggregator_config(path);
    if (!loaded) return loaded;
    config = *std::move(loaded);
  }
  if (!options.brokers.empty()) config.kafka.brokers = brokers_of(options.brokers);
  if (config.kafka.brokers.empty())
    return std::unexpected("no broker is known: --brokers HOST:PORT, or --config with the aggregator's configuration");
  return config;
}

// Of all environments, each topic once.
std::vector<TopicWish> wishes_of(const TopicsOptions& options, const AggregatorConfig& config) {
  std::vector<TopicWish> wishes;
  std::set<std::string> named;
  for (const aggregator::EnvironmentConfig& environment : aggregator::environments_of(config)) {
    aggregator::TopicPlan plan;
    plan.events = options.topic.empty() ? environment.topic : options.topic;
    plan.dead = config.dead_topic;
    plan.lags = environment.lags_topic;
    plan.slas = environment.slas_topic;
    if (options.partitions) plan.partitions = *options.partitions;
    if (options.replication) plan.replication = static_cast<std::int32_t>(*options.replication);
    for (TopicWish& wish : aggregator::wished_topics(plan)) {
      if (named.insert(wish.name).second) wishes.push_back(std::move(wish));
    }
  }
  return wishes;
}

std::string settings_of(const TopicWish& wish) {
  std::string text;
  for (const auto& [name, value] : wish.settings) text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, value);
  return text;
}

void print_wishes(Output& output, const std::vector<TopicWish>& wishes) {
  aggregator::TextTable table(
      {{"topic"}, {"partitions", aggregator::Align::right}, {"copies", aggregator::Align::right}, {"settings"}});
  for (const TopicWish& wish : wishes) {
    table.add({{wish.name},
               {std::to_string(wish.partitions)},
               {wish.replication < 0 ? "the brokers' default" : std::to_string(wish.replication)},
               {settings_of(wish)}});
  }
  output.write(table.render(2, false));
}

void print_outcome(Output& output, const TopicOutcome& outcome) {
  const std::string partitions =
      outcome.partitions > 0 ? fmt::format(", {} partition{}", outcome.partitions, outcome.partitions == 1 ? "" : "s")
                             : "";
  const std::string line = fmt::format("{}: {}{}{}", outcome.name, to_string(outcome.fate), partitions,
                                       outcome.text.empty() ? "" : ": " + outcome.text);
  if (outcome.fate == TopicFate::failed) {
    complain(line);
  } else {
    output.line(line);
  }
}

}  // namespace

int topics(const TopicsOptions& options) {
  const auto config = config_of(options);
  if (!config) return fail(config.error());
  const auto wishes = wishes_of(options, *config);
  Output output;
  if (options.dry_run) {
    print_wishes(output, wishes);
    return output.finish() ? kExitOk : kExitFailed;
  }
  service::KafkaConnection kafka = config->kafka;
  kafka.client_id = "zonelag";
  const auto outcomes = aggregator::create_topics(kafka, wishes, kPatience);
  if (!outcomes) return fail(outcomes.error());
  for (const TopicOutcome& outcome : *outcomes) print_outcome(output, outcome);
  const bool good =
      std::ranges::none_of(*outcomes, [](const TopicOutcome& one) { return one.fate == TopicFate::failed; });
  return output.finish() && good ? kExitOk : kExitFailed;
}

}  // namespace zonelag::cli
