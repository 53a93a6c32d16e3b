// From FeedConfig to librdkafka's properties.
#pragma once

#include <expected>
#include <string>

#include "aggregator/intake/kafka_feed.h"
#include "service/kafka/kafka_handles.h"

namespace zonelag::aggregator {

std::expected<service::KafkaConfHandle, std::string> feed_settings(const FeedConfig& config);

}  // namespace zonelag::aggregator
