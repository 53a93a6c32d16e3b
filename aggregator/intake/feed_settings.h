// From FeedConfig to librdkafka's properties.
#pragma once

#include <expected>
#include <string>

#include "aggregator/intake/kafka_feed.h"
#include "kafka_client.h"

namespace zonelag::aggregator {

std::expected<KafkaConfHandle, std::string> feed_settings(const FeedConfig& config);

}  // namespace zonelag::aggregator
