// Everything that can be set of zonelag-aggregator: one typed struct, filled from the file and the command line,
// checked once. settings.cc has the names, help texts and units.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "service/kafka/kafka_connection.h"
#include "service/log_level.h"

namespace zonelag::aggregator {

enum class ResultFormat : std::uint8_t { plain, confluent };

// One environment: a database, and what is read for it. Each has a consumer group of its own.
struct EnvironmentConfig {
  std::string name = "prod";  // in logs and metrics
  std::string connection = "postgresql:///zonelag";
  std::string password_file;
  std::string topic = "zonelag.events";
  std::string group;                        // empty: by the name, see group_of()
  std::string lags_topic = "zonelag.lags";  // empty: none
  std::string slas_topic = "zonelag.slas";  // empty: none
  bool legacy_lags = false;
  std::chrono::days keep_rows{90};
  std::chrono::days keep_versions{1095};
};

// "zonelag-aggregator", for others than prod with the name behind it.
std::string group_of(const EnvironmentConfig& environment);

struct AggregatorConfig {
  service::KafkaConnection kafka;
  std::string instance_id;  // static membership; empty: none
  std::string dead_topic = "zonelag.events.dead";
  std::uint32_t batch_events = 5'000;
  std::chrono::milliseconds gather{150};
  std::chrono::milliseconds max_future{3'600'000};

  // What is not given of a [[database]] is as in `database`; without any [[database]] that is the only one.
  EnvironmentConfig database;
  std::vector<EnvironmentConfig> databases;
  std::chrono::milliseconds inventory_poll{60'000};

  std::chrono::milliseconds horizon{36'000'000};
  std::chrono::milliseconds settled{900'000};
  std::vector<std::string> excluded_locations{"Test"};
  std::string bgp_zone = "bgp";  // empty: none

  ResultFormat result_format = ResultFormat::plain;
  std::string registry;  // URL
  std::string registry_user;
  std::string registry_password_file;
  std::string registry_ca;

  std::string metrics_listen = "127.0.0.1:9154";  // empty: off
  service::LogFormat log_format = service::LogFormat::text;
  std::string log_level = "info";
  std::string user;  // to run as once the listening socket is open; empty: stay who it is
  bool seccomp = true;
  bool once = false;  // --once
};

// All environments: `databases`, or `database` alone.
std::vector<EnvironmentConfig> environments_of(const AggregatorConfig& config);

}  // namespace zonelag::aggregator
