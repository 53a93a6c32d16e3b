#include "doctor.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "running_sensor.h"
#include "sensor/live/dpdk_capture.h"
#include "sensor/live/live_capture.h"
#include "sensor/publish/kafka_producer.h"
#include "sensor/publish/spool.h"
#include "service/http_server.h"
#include "service/kafka/kafka_settings.h"
#include "service/restriction/privileges.h"

namespace zonelag::sensor {
namespace {

constexpr std::chrono::seconds kWaitForBroker{8};
constexpr std::chrono::milliseconds kGoodClock{10};  // of a lag in milliseconds
constexpr std::uint64_t kSpareDisk = 64U << 20;
constexpr const char* kPrivileges = "privileges";

using Diagnoses = std::vector<Diagnosis>;
using service::current_user;
using service::drop_privileges;
using service::has_net_raw;

Diagnosis look_at_interface(const std::string& name, const std::vector<InterfaceState>& there) {
  const std::string what = "interface " + name;
  if (name == "any") return {what, Finding::ok, "all interfaces", ""};
  const auto found = std::ranges::find(there, name, &InterfaceState::name);
  if (found == there.end()) {
    std::vector<std::string> names;
    for (const auto& each : there) names.push_back(each.name);
    return {what, Finding::failed, "is not there",
            fmt::format("set capture.interfaces; there are: {}", fmt::join(names, ", "))};
  }
  if (!found->up) return {what, Finding::failed, "is down", fmt::format("ip link set {} up", name)};
  return {what, Finding::ok, "is up", ""};
}

Diagnosis look_at_privileges(const SensorConfig& config) {
  const std::string what = kPrivileges;
  if (!has_net_raw()) {
    return {what, Finding::failed, fmt::format("{} may not open packet sockets", current_user()),
            "start it by its systemd unit, as root, or with CAP_NET_RAW: setcap cap_net_raw+ep on the program"};
  }
  if (config.user.empty() && current_user() == "root") {
    return {what, Finding::warning, "root, and stays root, though without capabilities",
            "set privileges.user to a user of its own"};
  }
  if (!config.user.empty() && getpwnam(config.user.c_str()) == nullptr) {
    return {what, Finding::failed, fmt::format("there is no user '{}'", config.user),
            fmt::format("systemd-sysusers, or useradd --system {}", config.user)};
  }
  return {what, Finding::ok,
          fmt::format("{} may open packet sockets, then runs as {} without any capability", current_user(),
                      config.user.empty() ? current_user() : config.user),
          ""};
}

// Opens what it would capture with; the ring is what takes memory.
Diagnosis look_at_capture(const SensorConfig& config, const Clock& clock) {
  const std::string what = "capture";
  if (config.source == SourceKind::dpdk) {
    const auto opened = open_dpdk(config.dpdk, clock);
    if (!opened) return {what, Finding::failed, opened.error(), "see docs/dpdk.md"};
    return {what, Finding::ok, fmt::format("DPDK port {}, {} queues", config.dpdk.port, opened->size()), ""};
  }
  const auto opened = open_live(config.live);
  if (!opened) return {what, Finding::failed, opened.error(), ""};
  return {what, Finding::ok,
          fmt::format("{} MiB of ring for each interface, {} worker{}", config.live.ring_bytes >> 20U, opened->size(),
                      opened->size() == 1 ? "" : "s"),
          ""};
}

Diagnosis look_at_clock(const Clock& clock) {
  const decoder::ClockState state = clock.state();
  const std::string what = "clock";
  if (state.sync == decoder::ClockSync::unknown) return {what, Finding::warning, "the kernel does not tell", ""};
  const auto error = state.max_error.value_or(decoder::Duration{});
  const std::string bound = fmt::format("{:.3f} s", std::chrono::duration<double>(error).count());
  if (state.sync == decoder::ClockSync::unsynchronised) {
    return {what, Finding::warning,
            fmt::format("not synchronised (error up to {}): lags between hosts mean little", bound),
            "run chrony or ntpd"};
  }
  if (error > kGoodClock) {
    return {what, Finding::warning, fmt::format("synchronised, but by up to {} wrong", bound),
            "closer or better time servers"};
  }
  return {what, Finding::ok, fmt::format("synchronised, by at most {} wrong", bound), ""};
}

// Made at the start: by root for its user, else as who we are now.
Diagnosis look_at_missing_spool(const std::string& what, const std::string& directory, bool made_by_root) {
  std::error_code error;
  std::filesystem::path above = std::filesystem::absolute(directory, error).parent_path();
  while (above.has_relative_path() && !std::filesystem::exists(above, error)) above = above.parent_path();
  if (made_by_root || access(above.c_str(), W_OK | X_OK) == 0) {
    return {what, Finding::ok, "is not there yet; the sensor makes it at its start", ""};
  }
  const std::string reason = std::strerror(errno);
  return {what, Finding::failed,
          fmt::format("is not there, and {} can't make it in {}: {}", current_user(), above.native(), reason),
          fmt::format("make it, for {} to write to", current_user())};
}

Diagnosis look_at_spool(const SensorConfig& config, const Clock& clock, bool made_by_root) {
  const std::string what = "spool " + config.spool.directory;
  std::error_code error;
  if (std::filesystem::status(config.spool.directory, error).type() == std::filesystem::file_type::not_found) {
    return look_at_missing_spool(what, config.spool.directory, made_by_root);
  }
  if (const auto holder = spool_holder(config.spool.directory)) {
    return {what, Finding::ok, fmt::format("in use by the running sensor (PID {})", *holder), ""};
  }
  const auto opened = Spool::open(config.spool, clock);
  if (!opened) {
    return {what, Finding::failed, opened.error(), fmt::format("it and all in it must belong to {}", current_user())};
  }
  const auto space = std::filesystem::space(config.spool.directory, error);
  const SpoolFigures figures = (*opened)->figures();
  const std::string waiting = fmt::format("{} events wait in it", figures.waiting_records);
  if (!error && space.available < config.spool.max_bytes + kSpareDisk) {
    return {what, Finding::warning,
            fmt::format("{}; only {} MiB are free, spool.max_size is {} MiB", waiting, space.available >> 20U,
                        config.spool.max_bytes >> 20U),
            "make room, or set spool.max_size lower"};
  }
  return {what, Finding::ok, waiting, ""};
}

Diagnosis look_at_metrics(const SensorConfig& config) {
  const std::string what = "metrics " + config.metrics_listen;
  const auto opened = service::HttpServer::open(config.metrics_listen);
  if (opened) return {what, Finding::ok, "the address is free", ""};
  const auto running = ask_sensor(config.metrics_listen);
  if (!running) return {what, Finding::failed, opened.error(), "set metrics.listen to another port"};
  if (running->well) return {what, Finding::ok, "in use by the running sensor, which is well", ""};
  return {what, Finding::warning, fmt::format("in use by the running sensor, which says: {}", running->says), ""};
}

void look_at_topic(const SensorConfig& config, const BrokerCheck& check, Diagnoses& all) {
  const std::string topic = "topic " + config.kafka.topic;
  const std::string missing = check.problem.empty() ? "is not there" : check.problem;
  if (check.topic_found) {
    const char* plural = check.partitions == 1 ? "" : "s";
    all.push_back({topic, Finding::ok, fmt::format("{} partition{}", check.partitions, plural), ""});
  } else if (config.kafka.create_topic) {
    all.push_back({topic, Finding::warning, missing, "the sensor creates it at its start (kafka.create_topics)"});
  } else {
    all.push_back({topic, Finding::failed, missing, "create it, or start the sensor with --create-topics"});
  }
}

void look_at_broker(const SensorConfig& config, Diagnoses& all) {
  for (const std::string& problem : known_problems(config.kafka)) {
    all.push_back({"librdkafka", Finding::warning, problem, ""});
  }
  const BrokerCheck check = check_broker(config.kafka, kWaitForBroker);
  const std::string what = fmt::format("broker {}", fmt::join(config.kafka.brokers, ","));
  if (!check.reached) {
    const bool of_a_setting = check.problem.starts_with("kafka.");  // a file of keys, mostly
    return all.push_back({what, Finding::failed, check.problem,
                          of_a_setting ? fmt::format("the sensor reads it as {}", current_user())
                                       : "see that the brokers run and a firewall lets us through; set kafka.brokers, "
                                         "kafka.security"});
  }
  all.push_back(
      {what, Finding::ok, fmt::format("reached, {} broker{}", check.brokers, check.brokers == 1 ? "" : "s"), ""});
  look_at_topic(config, check, all);
}

// What is looked at from here on is up to the user that the sensor runs as: what root can read and write says nothing,
// and what root left in the spool would be in the sensor's way.
void become_the_sensor(const SensorConfig& config, Diagnoses& all) {
  if (config.source == SourceKind::dpdk) return;  // it has threads by now, which would keep their privileges
  const bool known = std::ranges::any_of(
      all, [](const auto& each) { return each.what == kPrivileges && each.finding == Finding::failed; });
  const auto dropped = drop_privileges(config.user);
  if (!dropped && !known) all.push_back({kPrivileges, Finding::failed, dropped.error(), ""});
}

}  // namespace

std::vector<Diagnosis> diagnose(const SensorConfig& config, const Clock& clock) {
  Diagnoses all;
  if (config.source == SourceKind::pcap) {
    const auto there = list_interfaces();
    for (const std::string& name : config.live.interfaces) all.push_back(look_at_interface(name, there));
  }
  const bool missing = std::ranges::any_of(all, [](const auto& each) { return each.finding == Finding::failed; });
  all.push_back(look_at_privileges(config));
  if (!missing && has_net_raw()) all.push_back(look_at_capture(config, clock));
  all.push_back(look_at_clock(clock));
  if (!config.metrics_listen.empty()) all.push_back(look_at_metrics(config));
  if (!config.events.empty()) return all;
  const bool made_by_root = geteuid() == 0 && !config.user.empty();
  become_the_sensor(config, all);
  all.push_back(look_at_spool(config, clock, made_by_root));
  look_at_broker(config, all);
  return all;
}

}  // namespace zonelag::sensor
