#include "aggregator/intake/kafka_sender.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include "aggregator/partition.h"
#include "kafka_sender_impl.h"
#include "service/kafka/kafka_problem.h"
#include "service/kafka/kafka_settings.h"
#include "stray_header.h"

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;

constexpr auto kEnd = 200ms;  // for a client to end
constexpr auto kFirstHold = 500ms;
constexpr auto kLongestHold = 10s;
constexpr std::uint32_t kMostUnknownPartitions = 3;

// What the delivery of every message, once and in order, rests upon.
constexpr std::array kPromised{
    service::KafkaPromise{"enable.idempotence", "true", {"true", "t", "1"}, {}},
    service::KafkaPromise{"acks", "all", {"all", "-1"}, "request.required.acks"},
    service::KafkaPromise{"message.timeout.ms", "0", {"0"}, "delivery.timeout.ms"},  // never
    service::KafkaPromise{"delivery.report.only.error", "false", {"false", "f", "0"}, {}},
    // As Java's clients have it, and partition.h.
    service::KafkaPromise{"partitioner", "murmur2_random", {"murmur2_random", "murmur2"}, {}},
};
constexpr std::array kRefused{service::KafkaRefusal{"transactional.id", {}, "results have no transactions of Kafka's"}};

service::KafkaProperties ours(const SenderConfig& config) {
  return {
      // One message may be larger than a batch: a stray is as large as the events' topic lets it be.
      {"message.max.bytes", "10000000"},
      {"batch.size", "900000"},
      {"queue.buffering.max.messages", "1000000"},
      {"queue.buffering.max.kbytes", std::to_string(config.max_bytes / 1024 * 2 + 20'000)},
      {"linger.ms", std::to_string(config.linger.count())},
      {"compression.type", config.compression},
      {"socket.nagle.disable", "true"},
      {"request.timeout.ms", "15000"},
      {"topic.metadata.propagation.max.ms", "5000"},
  };
}

// An entry's number and a message's index travel in the message's opaque pointer.
constexpr unsigned kIndexBits = 24;
static_assert(sizeof(void*) >= sizeof(std::uint64_t));
void* to_opaque(std::uint64_t number, std::size_t index) {
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(number << kIndexBits | index));
}

std::size_t size_of(const OutgoingMessage& message) {
  std::size_t size = message.key.size() + message.value.size() + message.topic.size() + sizeof message;
  for (const auto& [name, value] : message.headers) size += name.size() + value.size();
  return size;
}

KafkaSenderImpl* sender_of(void* link) {
  return static_cast<KafkaSenderImpl*>(static_cast<ClientLink*>(link)->owner());
}

}  // namespace

std::expected<std::unique_ptr<KafkaSender>, std::string> KafkaSender::open(const SenderConfig& config,
                                                                           service::LogLine log) {
  auto settings = service::kafka_settings(config.kafka, {.promises = kPromised,
                                                         .otherwise = "or results could be lost",
                                                         .refusals = kRefused,
                                                         .properties = ours(config)});
  if (!settings) return std::unexpected(settings.error());
  auto sender = std::make_unique<KafkaSenderImpl>(config, std::move(*settings), std::move(log));
  if (auto opened = sender->open_client(); !opened) return std::unexpected(opened.error());
  return sender;
}

KafkaSenderImpl::KafkaSenderImpl(SenderConfig config, service::KafkaConfHandle settings, service::LogLine log)
    : config_(std::move(config)),
      settings_(std::move(settings)),
      log_(std::move(log)),
      trouble_(log_, "kafka: delivering results again") {}

KafkaSenderImpl::~KafkaSenderImpl() {
  if (!client_) return;
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  retire(std::move(client_), link_, kEnd);
}

std::expected<void, std::string> KafkaSenderImpl::open_client() {
  link_ = std::make_shared<ClientLink>(this, log_);
  service::KafkaConfHandle conf(rd_kafka_conf_dup(settings_.get()));
  rd_kafka_conf_set_opaque(conf.get(), link_.get());
  rd_kafka_conf_set_error_cb(conf.get(), &KafkaSenderImpl::on_error);
  rd_kafka_conf_set_dr_msg_cb(conf.get(), &KafkaSenderImpl::on_report);
  rd_kafka_conf_set_log_cb(conf.get(), &ClientLink::on_log);
  std::array<char, 512> said{};
  if (one_by_one_) rd_kafka_conf_set(conf.get(), "batch.num.messages", "1", said.data(), said.size());
  rd_kafka_conf_t* given = conf.release();  // the client's, when there is one
  client_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, given, said.data(), said.size()));
  if (!client_) {
    rd_kafka_conf_destroy(given);
    return std::unexpected(service::why_not_opened(config_.kafka, said.data()));
  }
  broken_ = false;
  alone_ = one_by_one_;
  next_entry_ = next_message_ = in_flight_ = 0;
  return {};
}

bool KafkaSenderImpl::send(const OutboxEntry& entry) {
  std::size_t bytes = 0;
  for (const OutgoingMessage& message : entry.messages) bytes += size_of(message);
  const bool full = entries_.size() >= config_.max_entries || waiting_bytes_ + bytes > config_.max_bytes;
  if (full && !entries_.empty()) return false;
  if (waiting_ == 0) trouble_.begins();
  entries_.push_back({entry, bytes, entry.messages.size(), std::vector<bool>(entry.messages.size())});
  waiting_ += entry.messages.size();
  waiting_bytes_ += bytes;
  produce_ready();
  return true;
}

std::vector<std::int64_t> KafkaSenderImpl::delivered() {
  step(0ms);
  return std::exchange(ids_, {});
}

bool KafkaSenderImpl::flush(std::chrono::milliseconds within) {
  const auto deadline = Clock::now() + within;
  while (waiting_ > 0 && Clock::now() < deadline) step(20ms);
  return waiting_ == 0;
}

SenderFigures KafkaSenderImpl::figures() const {
  SenderFigures figures = figures_;
  figures.waiting_entries = entries_.size();
  figures.waiting_bytes = waiting_bytes_;
  return figures;
}

void KafkaSenderImpl::step(std::chrono::milliseconds wait) {
  if (client_) {
    rd_kafka_poll(client_.get(), static_cast<int>(wait.count()));
  } else {
    std::this_thread::sleep_for(std::clamp<Clock::duration>(held_until_ - Clock::now(), 0ms, wait));
  }
  revive();
  produce_ready();
  collect();
  trouble_.tell(in_flight_ > 0);
}

// A new client after a failure, once all that the old one had has come back.
void KafkaSenderImpl::revive() {
  if (alone_ && entries_.empty() && client_ && !broken_) {
    one_by_one_ = false;
    broken_ = true;
  }
  if (client_ && broken_ && in_flight_ == 0) {
    ++figures_.restarts;
    retire(std::move(client_), link_, 0ms);
  }
  if (client_ || Clock::now() < held_until_) return;
  if (auto opened = open_client(); !opened) {
    trouble_.failed(opened.error());
    held_until_ = Clock::now() + kLongestHold;
  }
}

void KafkaSenderImpl::produce_ready() {
  while (client_ && !broken_ && next_entry_ < entries_.size()) {
    Entry& entry = entries_[next_entry_];
    if (next_message_ == entry.outbox.messages.size()) {
      ++next_entry_;
      next_message_ = 0;
    } else if (entry.done[next_message_] || produce(entry, next_message_)) {
      ++next_message_;
    } else {
      return;
    }
  }
}

std::int32_t KafkaSenderImpl::partition_for(const OutgoingMessage& message) const {
  if (unknown_partitions_ >= kMostUnknownPartitions) return RD_KAFKA_PARTITION_UA;
  for (const auto& [name, value] : message.headers) {
    if (name != kStrayHeader) continue;
    const auto path = parse_stray(value);
    if (path && path->layout > 0) return static_cast<std::int32_t>(partition_of(key_hash(message.key), path->layout));
  }
  return RD_KAFKA_PARTITION_UA;
}

namespace {

rd_kafka_vu_t of_type(rd_kafka_vtype_t type) {
  rd_kafka_vu_t argument{};
  argument.vtype = type;
  return argument;
}

rd_kafka_vu_t of_bytes(rd_kafka_vtype_t type, const std::string& bytes) {
  rd_kafka_vu_t argument = of_type(type);
  // F_COPY: librdkafka only reads what the pointer shows.
  argument.u.mem = {.ptr = const_cast<char*>(bytes.data()), .size = bytes.size()};
  return argument;
}

// Null: there are none.
service::KafkaHeadersHandle headers_of(const OutgoingMessage& message) {
  if (message.headers.empty()) return nullptr;
  service::KafkaHeadersHandle headers(rd_kafka_headers_new(message.headers.size()));
  for (const auto& [name, value] : message.headers) {
    rd_kafka_header_add(headers.get(), name.data(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  }
  return headers;
}

}  // namespace

bool KafkaSenderImpl::produce(Entry& entry, std::size_t index) {
  const OutgoingMessage& message = entry.outbox.messages[index];
  // Of our own, not RD_KAFKA_VTYPE_HEADER: librdkafka 2.0 frees the list that it makes of those twice when it refuses
  // the message, for a partition that it has not heard of yet.
  service::KafkaHeadersHandle headers = headers_of(message);
  std::array<rd_kafka_vu_t, 7> arguments{};
  arguments[0] = of_type(RD_KAFKA_VTYPE_TOPIC);
  arguments[0].u.cstr = message.topic.c_str();
  arguments[1] = of_type(RD_KAFKA_VTYPE_PARTITION);
  arguments[1].u.i32 = partition_for(message);
  arguments[2] = of_type(RD_KAFKA_VTYPE_MSGFLAGS);
  arguments[2].u.i = RD_KAFKA_MSG_F_COPY;
  arguments[3] = of_bytes(RD_KAFKA_VTYPE_KEY, message.key);
  arguments[4] = of_bytes(RD_KAFKA_VTYPE_VALUE, message.value);
  arguments[5] = of_type(RD_KAFKA_VTYPE_OPAQUE);
  arguments[5].u.ptr = to_opaque(first_number_ + next_entry_, index);
  arguments[6] = of_type(RD_KAFKA_VTYPE_HEADERS);
  arguments[6].u.headers = headers.get();
  const KafkaErrorHandle error(rd_kafka_produceva(client_.get(), arguments.data(), headers ? 7 : 6));
  const auto code = rd_kafka_error_code(error.get());
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
    [[maybe_unused]] auto* const given = headers.release();  // the client's now; refused ones stay ours
    ++in_flight_;
    return true;
  }
  if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
    too_large(entry, index);
    return true;
  }
  if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) fail(code, message.topic);
  return false;
}

void KafkaSenderImpl::on_error(rd_kafka_t* /*client*/, int error, const char* reason, void* link) {
  if (KafkaSenderImpl* self = sender_of(link)) self->error(static_cast<rd_kafka_resp_err_t>(error), reason);
}

void KafkaSenderImpl::error(rd_kafka_resp_err_t error, std::string_view reason) {
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return;
  if (error == RD_KAFKA_RESP_ERR__FATAL) {
    std::array<char, 512> said{};
    rd_kafka_fatal_error(client_.get(), said.data(), said.size());
    return fail(said.data());
  }
  trouble_.broker_error(service::explain(config_.kafka, rd_kafka_version(), error, reason));
}

void KafkaSenderImpl::on_report(rd_kafka_t* /*client*/, const rd_kafka_message_t* message, void* link) {
  KafkaSenderImpl* self = sender_of(link);
  if (self == nullptr) return;
  const auto opaque = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(message->_private));
  self->report(opaque >> kIndexBits, opaque & ((std::uint64_t{1} << kIndexBits) - 1), message->err);
}

void KafkaSenderImpl::report(std::uint64_t number, std::size_t index, rd_kafka_resp_err_t error) {
  --in_flight_;
  // An entry stays until all its messages are done.
  Entry& entry = entries_[number - first_number_];
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++figures_.delivered;
    done(entry, index);
    // What another partition still takes does not undo a failure.
    if (broken_) return;
    trouble_.works();
    unknown_partitions_ = 0;
    hold_ = {};
    return;
  }
  ++figures_.failed;
  if (error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE && alone_) return too_large(entry, index);
  if (broken_) return;
  if (error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
    one_by_one_ = true;
    broken_ = true;
    rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    return;
  }
  fail(error, entry.outbox.messages[index].topic);
}

void KafkaSenderImpl::done(Entry& entry, std::size_t index) {
  entry.done[index] = true;
  --entry.left;
  --waiting_;
}

// No trying again makes it smaller, and what is behind it must go on.
void KafkaSenderImpl::too_large(Entry& entry, std::size_t index) {
  const OutgoingMessage& message = entry.outbox.messages[index];
  ++figures_.too_large;
  log_(service::LogLevel::error,
       fmt::format("kafka: topic '{}' does not take a message of {} bytes (max.message.bytes), key "
                   "'{}': given up",
                   message.topic, message.value.size(), message.key));
  done(entry, index);
}

void KafkaSenderImpl::fail(rd_kafka_resp_err_t error, const std::string& topic) {
  if (error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION) ++unknown_partitions_;
  fail(service::explain(config_.kafka,
                        {.name = topic,
                         .when_missing = "create it (zonelag topics create)",
                         .needs = "Describe and Write, before Kafka 2.8 IdempotentWrite, too"},
                        error));
}

// What is behind a failed message must not overtake it.
void KafkaSenderImpl::fail(std::string why) {
  if (broken_) return;
  broken_ = true;
  hold_ = std::clamp<Clock::duration>(hold_ * 2, kFirstHold, kLongestHold);
  held_until_ = Clock::now() + hold_;
  trouble_.failed(std::move(why));
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
}

void KafkaSenderImpl::collect() {
  while (!entries_.empty() && entries_.front().left == 0) {
    // With the client are none of its messages any more, but the cursor may be in it.
    if (next_entry_ > 0) {
      --next_entry_;
    } else {
      next_message_ = 0;
    }
    waiting_bytes_ -= entries_.front().bytes;
    ids_.push_back(entries_.front().outbox.id);
    entries_.pop_front();
    ++first_number_;
  }
}

}  // namespace zonelag::aggregator
