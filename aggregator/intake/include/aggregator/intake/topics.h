// The topics that events come from and results go to: created where they are missing.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "service/kafka/kafka_connection.h"
#include "service/log_level.h"

namespace zonelag::aggregator {

struct TopicWish {
  std::string name;
  std::uint32_t partitions = 16;
  std::int32_t replication = -1;  // -1: the cluster's default
  std::vector<std::pair<std::string, std::string>> settings;
};

struct TopicPlan {
  std::string events = "zonelag.events";
  std::string dead = "zonelag.events.dead";
  std::string lags = "zonelag.lags";  // empty: none
  std::string slas = "zonelag.slas";  // empty: none
  std::uint32_t partitions = 16;      // of all but the dead letters, which have one
  std::int32_t replication = -1;
  std::chrono::hours retention{7 * 24};        // of all but the dead letters
  std::chrono::hours dead_retention{30 * 24};  // time to look at them
};
std::vector<TopicWish> wished_topics(const TopicPlan& plan);

enum class TopicFate : std::uint8_t {
  created,
  present,  // as wished, as far as its number of partitions goes; its settings are the operator's
  differs,  // has another number of partitions: left alone
  failed,
};
const char* to_string(TopicFate fate);

struct TopicOutcome {
  std::string name;
  TopicFate fate = TopicFate::failed;
  std::int32_t partitions = 0;  // that it has
  std::string text;             // one line: what is the matter; empty: nothing
};

// In the wishes' order. Error: one line, the brokers are not to be had. Changes nothing of what is there.
std::expected<std::vector<TopicOutcome>, std::string> create_topics(const service::KafkaConnection& kafka,
                                                                    const std::vector<TopicWish>& wishes,
                                                                    std::chrono::milliseconds within);

}  // namespace zonelag::aggregator
