// Messages for other topics, kept in the transaction that makes them until they were sent.
#pragma once

#include "aggregator/store/connection.h"

namespace zonelag::aggregator {

// One row's bytes.
std::string encode_messages(std::span<const OutgoingMessage> messages);
// Empty: these bytes are not of encode_messages().
std::optional<std::vector<OutgoingMessage>> decode_messages(std::string_view bytes);

Stored<std::optional<std::int64_t>> write_outbox(Connection& connection, const std::string& topic,
                                                 std::int32_t partition, std::span<const OutgoingMessage> messages,
                                                 std::span<const std::int64_t> sent);
Stored<std::vector<OutboxEntry>> pending_outbox(Connection& connection, const std::string& topic,
                                                std::span<const std::int32_t> partitions);

}  // namespace zonelag::aggregator
