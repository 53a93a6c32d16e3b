// KafkaSender over one rd_kafka_t at a time. KafkaSender::open() gives it. One thread.
//
// When a message fails for good, all behind it is taken back and sent again by a new client after a pause: nothing
// overtakes it. What another partition took meanwhile is not sent again.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "aggregator/intake/kafka_sender.h"
#include "kafka_client.h"
#include "trouble.h"

namespace zonelag::aggregator {

class KafkaSenderImpl final : public KafkaSender {
 public:
  KafkaSenderImpl(SenderConfig config, service::KafkaConfHandle settings, service::LogLine log);
  // Flushes nothing. Returns within about a second, whatever the brokers do.
  ~KafkaSenderImpl() override;
  std::expected<void, std::string> open_client();

  bool send(const OutboxEntry& entry) override;
  std::vector<std::int64_t> delivered() override;
  std::size_t waiting() const override { return waiting_; }
  bool flush(std::chrono::milliseconds within) override;
  SenderFigures figures() const override;
  std::string problem() const override { return trouble_.problem(in_flight_ > 0); }

 private:
  using Clock = std::chrono::steady_clock;
  struct Entry {
    OutboxEntry outbox;
    std::size_t bytes = 0;
    std::size_t left = 0;    // messages that are not acknowledged
    std::vector<bool> done;  // by message
  };

  static void on_error(rd_kafka_t* client, int error, const char* reason, void* link);
  static void on_report(rd_kafka_t* client, const rd_kafka_message_t* message, void* link);

  void step(std::chrono::milliseconds wait);
  void revive();
  void produce_ready();
  bool produce(Entry& entry, std::size_t index);
  std::int32_t partition_for(const OutgoingMessage& message) const;
  void error(rd_kafka_resp_err_t error, std::string_view reason);
  void report(std::uint64_t number, std::size_t index, rd_kafka_resp_err_t error);
  void done(Entry& entry, std::size_t index);
  void too_large(Entry& entry, std::size_t index);
  void fail(rd_kafka_resp_err_t error, const std::string& topic);
  void fail(std::string why);
  void collect();

  const SenderConfig config_;
  const service::KafkaConfHandle settings_;
  const service::LogLine log_;
  Trouble trouble_;
  std::shared_ptr<ClientLink> link_;
  service::KafkaHandle client_;

  std::deque<Entry> entries_;
  std::uint64_t first_number_ = 0;  // of entries_.front(); a message is known by its entry's number and its own index
  std::size_t next_entry_ = 0;      // of entries_: the next message to be given to the client
  std::size_t next_message_ = 0;
  std::size_t in_flight_ = 0;      // messages with the client
  std::size_t waiting_ = 0;        // messages not acknowledged
  std::size_t waiting_bytes_ = 0;  // of entries_
  std::vector<std::int64_t> ids_;  // delivered, not collected

  bool broken_ = false;                   // the client can't go on
  bool one_by_one_ = false;               // after a batch was too large: to find the message that is
  bool alone_ = false;                    // this client sends them so
  std::uint32_t unknown_partitions_ = 0;  // failures in a row for want of a partition
  Clock::duration hold_{};                // pause after a failure; grows until something is delivered
  Clock::time_point held_until_;
  SenderFigures figures_;
};

}  // namespace zonelag::aggregator
