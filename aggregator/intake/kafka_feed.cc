#include "aggregator/intake/kafka_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "feed_settings.h"
#include "kafka_feed_impl.h"
#include "service/kafka/kafka_problem.h"
#include "stray_header.h"

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;

constexpr auto kGoodbye = 600ms;      // for the group to hear of it
constexpr auto kEnd = 200ms;          // for the client to end
constexpr auto kCommitEach = 1000ms;  // for lag tools
constexpr auto kTellPoisonEach = 60s;
constexpr auto kWatermarkWait = 5000;  // milliseconds

std::string_view text_of(const void* data, std::size_t size) {
  return {static_cast<const char*>(data), data == nullptr ? 0 : size};
}

}  // namespace

std::expected<std::unique_ptr<KafkaFeed>, std::string> KafkaFeed::open(const FeedConfig& config, FeedListener& listener,
                                                                       service::LogLine log, WallClock clock) {
  if (!clock) clock = [] { return std::chrono::system_clock::now(); };
  auto feed = std::make_unique<KafkaFeedImpl>(config, listener, std::move(log), std::move(clock));
  if (auto started = feed->start(); !started) return std::unexpected(started.error());
  return feed;
}

std::expected<void, std::string> KafkaFeed::check(const FeedConfig& config) {
  const auto conf = feed_settings(config);
  if (!conf) return std::unexpected(conf.error());
  return {};
}

KafkaFeedImpl::KafkaFeedImpl(FeedConfig config, FeedListener& listener, service::LogLine log, WallClock clock)
    : config_(std::move(config)),
      listener_(listener),
      link_(std::make_shared<FeedLink>(this, log)),
      clock_(std::move(clock)),
      trouble_(std::move(log), fmt::format("kafka: reading topic '{}' again", config_.topic)) {}

KafkaFeedImpl::~KafkaFeedImpl() { leave(); }

std::expected<void, std::string> KafkaFeedImpl::start() {
  auto conf = feed_settings(config_);
  if (!conf) return std::unexpected(conf.error());
  rd_kafka_conf_set_opaque(conf->get(), static_cast<ClientLink*>(link_.get()));
  link_->join.watch(conf->get());
  rd_kafka_conf_set_rebalance_cb(conf->get(), &KafkaFeedImpl::on_rebalance);
  rd_kafka_conf_set_error_cb(conf->get(), &KafkaFeedImpl::on_error);
  rd_kafka_conf_set_log_cb(conf->get(), &ClientLink::on_log);
  std::array<char, 512> said{};
  rd_kafka_conf_t* given = conf->release();  // the client's, when there is one
  client_.reset(rd_kafka_new(RD_KAFKA_CONSUMER, given, said.data(), said.size()));
  if (!client_) {
    rd_kafka_conf_destroy(given);
    return std::unexpected(service::why_not_opened(config_.kafka, said.data()));
  }
  rd_kafka_poll_set_consumer(client_.get());
  watch_ = std::make_unique<TopicWatch>(client_.get(), config_.topic, config_.topic_refresh);
  return {};
}

// Not before events are wanted: who can't read any, since its store does not let it in, takes no partition from others.
std::expected<void, std::string> KafkaFeedImpl::join() {
  joined_ = true;
  const KafkaListHandle topics(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(topics.get(), config_.topic.c_str(), RD_KAFKA_PARTITION_UA);
  if (const auto error = rd_kafka_subscribe(client_.get(), topics.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return std::unexpected(fmt::format("kafka.topic: '{}': {}", config_.topic, rd_kafka_err2str(error)));
  }
  return {};
}

std::expected<EventBatch, std::string> KafkaFeedImpl::poll(std::size_t max_events, std::chrono::milliseconds wait,
                                                           std::chrono::milliseconds gather_for) {
  EventBatch batch;
  if (leaving_) return std::unexpected("kafka: the group was left");
  if (!joined_ && !paused_) {
    if (auto asked = join(); !asked) return std::unexpected(asked.error());
  }
  if (layout_changed()) return batch;
  gather(max_events, wait, gather_for);
  sort_out(batch);
  tell_poison(batch);
  restart_lost();
  commit(false);
  if (auto missing = missing_topic()) {
    trouble_.failed(*missing);
    if (!config_.wait_for_topic && !ever_assigned_) fatal_ = *missing;
  }
  const TopicWatch::State watched = watch_->state();
  const bool found = std::exchange(looks_, watched.looks) != watched.looks && watched.last.partitions > 0;
  if (!batch.ranges.empty() || (found && !held_.all().empty())) trouble_.works();
  trouble_.tell(watched.looks > 0 && !watched.last.reached);
  if (!fatal_.empty()) return std::unexpected(fatal_);
  batch.at_end = settled_ && lost_.empty() && held_.all_read_to_their_ends();
  return batch;
}

void KafkaFeedImpl::gather(std::size_t max_events, std::chrono::milliseconds wait, std::chrono::milliseconds more) {
  rebalanced_ = false;
  fetched_.clear();
  auto deadline = Clock::now() + wait;
  auto left = wait;
  while (fetched_.size() < max_events && fatal_.empty() && !rebalanced_) {
    KafkaMessageHandle message(rd_kafka_consumer_poll(client_.get(), static_cast<int>(left.count())));
    if (!message) {
      if (left <= 0ms && Clock::now() >= deadline) break;
    } else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      take_error(*message);
    } else {
      take(std::move(message));
      if (fetched_.size() == 1) deadline = Clock::now() + more;
      left = 0ms;  // what is there already, without a look at the clock
      continue;
    }
    left = std::max(0ms, std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()));
  }
}

void KafkaFeedImpl::take(KafkaMessageHandle message) {
  HeldPartition* held = held_.find(message->partition);
  if (held == nullptr || paused_) return;  // resume() fetches it again
  held->ended = false;
  if (held->goal < 0) held->goal = watermarks(message->partition).high;
  fetched_.push_back({std::move(message), held->epoch});
}

void KafkaFeedImpl::take_error(const rd_kafka_message_t& message) {
  HeldPartition* held = held_.find(message.partition);
  switch (message.err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
      if (held != nullptr && !paused_) held->ended = held->reached_end = true;
      return;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
      if (held != nullptr && std::ranges::find(lost_, message.partition) == lost_.end()) {
        lost_.push_back(message.partition);
      }
      return;
    case RD_KAFKA_RESP_ERR__FATAL: {
      std::array<char, 512> said{};
      const auto code = rd_kafka_fatal_error(client_.get(), said.data(), said.size());
      fatal_ = code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID
                   ? fmt::format("kafka: another process has joined group '{}' as '{}': instance ids must differ",
                                 config_.group, config_.instance_id)
                   : fmt::format("kafka: {}", said.data());
      return;
    }
    case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
      log(service::LogLevel::warning, "kafka: not polled for too long: the group has given the partitions away");
      return;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART: watch_->look_again(); return;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: trouble_.failed(explain_topic(message.err)); return;
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
      trouble_.failed(fmt::format("group '{}': no permission: Read is needed", config_.group));
      return;
    default:
      trouble_.broker_error({.broker = "", .text = rd_kafka_message_errstr(&message)});
      log(service::LogLevel::debug, fmt::format("kafka: {}", rd_kafka_message_errstr(&message)));
  }
}

void KafkaFeedImpl::sort_out(EventBatch& batch) {
  const JudgeRules rules{static_cast<std::uint32_t>(std::max(layout_, 1)), clock_() + config_.max_future};
  batch.events.reserve(fetched_.size());
  for (const Fetched& fetched : fetched_) {
    HeldPartition* held = held_.find(fetched.message->partition);
    // Taken away meanwhile, or taken and given back: its next holder reads it.
    if (held == nullptr || held->epoch != fetched.epoch) continue;
    sort_out(*fetched.message, *held, rules, batch);
  }
  fetched_.clear();
  for (FetchedRange& range : batch.ranges) {
    HeldPartition* held = held_.find(range.partition);
    range.next = held->position;
    held->stored = held->position;
  }
}

namespace {

FetchedRange& range_of(std::int32_t partition, std::int64_t stored, EventBatch& batch) {
  // Records come in runs of one partition.
  for (auto range = batch.ranges.rbegin(); range != batch.ranges.rend(); ++range) {
    if (range->partition == partition) return *range;
  }
  return batch.ranges.emplace_back(FetchedRange{.partition = partition, .from = stored, .next = stored});
}

}  // namespace

void KafkaFeedImpl::sort_out(const rd_kafka_message_t& message, HeldPartition& held, const JudgeRules& rules,
                             EventBatch& batch) {
  if (message.offset < held.position) return;  // a repeat
  FetchedRange& range = range_of(message.partition, held.stored, batch);
  held.position = message.offset + 1;
  ++figures_.records;
  figures_.bytes += message.len;
  const std::string_view value = text_of(message.payload, message.len);
  Judgement judgement = judge(value, static_cast<std::uint32_t>(message.partition), rules);
  if (auto* event = std::get_if<decoder::Event>(&judgement)) {
    range.latest = std::max(range.latest, event->captured_at);
    batch.events.push_back(std::move(*event));
    return;
  }
  std::string reason;
  if (const auto* stray = std::get_if<Stray>(&judgement)) {
    const std::uint32_t hops = hops_of(message);
    if (hops < kMostHops) {
      ++figures_.strays;
      batch.strays.push_back({stray->zone.to_text(), std::string(value), hops + 1, layout_});
      return;
    }
    reason = fmt::format("event: zone: not at home here, and sent home {} times already", hops);
  } else {
    reason = std::move(std::get<Poison>(judgement).reason);
  }
  ++figures_.poison;
  batch.poison.push_back({.partition = message.partition,
                          .offset = message.offset,
                          .key = std::string(text_of(message.key, message.key_len)),
                          .value = std::string(value),
                          .reason = std::move(reason)});
}

// The dead letters say why, of each; the log, from time to time, that there are any.
void KafkaFeedImpl::tell_poison(const EventBatch& batch) {
  if (!batch.poison.empty()) {
    const PoisonRecord& last = batch.poison.back();
    untold_poison_ += batch.poison.size();
    last_poison_ = fmt::format("partition {} offset {}: {}", last.partition, last.offset, last.reason);
  }
  if (untold_poison_ == 0 || Clock::now() < tell_poison_at_) return;
  log(service::LogLevel::warning,
      fmt::format("kafka: topic '{}': {} can't be taken, for the dead letters; the last: {}", config_.topic,
                  untold_poison_ == 1 ? "a record" : fmt::format("{} records", untold_poison_), last_poison_));
  untold_poison_ = 0;
  tell_poison_at_ = Clock::now() + kTellPoisonEach;
}

// Retention, or a topic that was made anew: what is there is read, and the operator hears of what is not.
void KafkaFeedImpl::restart_lost() {
  for (const std::int32_t partition : std::exchange(lost_, {})) {
    HeldPartition* held = held_.find(partition);
    if (held == nullptr) continue;
    std::int64_t low = -1;
    std::int64_t high = -1;
    const auto error =
        rd_kafka_query_watermark_offsets(client_.get(), config_.topic.c_str(), partition, &low, &high, kWatermarkWait);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      lost_.push_back(partition);  // not read before it is known what is gone
      continue;
    }
    const std::string where = fmt::format("kafka: topic '{}' partition {}", config_.topic, partition);
    if (low > held->position) {
      figures_.lost += static_cast<std::uint64_t>(low - held->position);
      log(service::LogLevel::error,
          fmt::format("{}: DATA LOST: {} records from offset {} on are gone before they were read (the "
                      "topic's retention): going on at offset {}",
                      where, low - held->position, held->position, low));
    } else {
      log(service::LogLevel::error,
          fmt::format("{}: offset {} does not exist, its end is {}: was the topic made anew? Reading "
                      "it from its beginning, offset {}",
                      where, held->position, high, low));
    }
    ++figures_.resets;
    held_.move(partition, low);
    fetch_again(std::array{partition});
  }
}

KafkaListHandle KafkaFeedImpl::list_of(std::span<const std::int32_t> partitions) const {
  KafkaListHandle list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const std::int32_t partition : partitions) {
    const auto at = held_.all().find(partition);
    const std::int64_t position = at == held_.all().end() ? -1 : at->second.position;
    rd_kafka_topic_partition_list_add(list.get(), config_.topic.c_str(), partition)->offset =
        position < 0 ? static_cast<std::int64_t>(RD_KAFKA_OFFSET_BEGINNING) : position;
  }
  return list;
}

void KafkaFeedImpl::fetch_again(std::span<const std::int32_t> partitions) {
  if (partitions.empty()) return;
  const KafkaListHandle list = list_of(partitions);
  const KafkaErrorHandle stopped(rd_kafka_incremental_unassign(client_.get(), list.get()));
  const KafkaErrorHandle begun(rd_kafka_incremental_assign(client_.get(), list.get()));
  for (const KafkaErrorHandle* error : {&stopped, &begun}) {
    if (*error)
      log(service::LogLevel::warning, fmt::format("kafka: partitions: {}", rd_kafka_error_string(error->get())));
  }
  paused_ ? rd_kafka_pause_partitions(client_.get(), list.get())
          : rd_kafka_resume_partitions(client_.get(), list.get());
}

void KafkaFeedImpl::pause() {
  if (std::exchange(paused_, true)) return;
  std::vector<std::int32_t> partitions;
  for (const auto& [partition, held] : held_.all()) partitions.push_back(partition);
  rd_kafka_pause_partitions(client_.get(), list_of(partitions).get());
}

void KafkaFeedImpl::resume() {
  if (!std::exchange(paused_, false)) return;
  std::vector<std::int32_t> partitions;
  for (const auto& [partition, held] : held_.all()) partitions.push_back(partition);
  // librdkafka may count as polled what was dropped while nothing was wanted.
  for (const std::int32_t partition : partitions) held_.fetch_again(partition);
  fetch_again(partitions);
}

void KafkaFeedImpl::rewind(std::span<const FetchedRange> to) {
  std::vector<std::int32_t> partitions;
  for (const FetchedRange& range : to) {
    if (held_.find(range.partition) == nullptr) continue;
    held_.hold(range.partition, range.from);
    partitions.push_back(range.partition);
  }
  ++figures_.rewinds;
  fetch_again(partitions);
}

void KafkaFeedImpl::committed(std::span<const FetchedRange> ranges) {
  for (const FetchedRange& range : ranges) to_commit_[range.partition] = range.next;
}

void KafkaFeedImpl::commit(bool now) {
  if (to_commit_.empty() || (!now && Clock::now() - committed_at_ < kCommitEach)) return;
  if (link_->join.joining()) return;  // it would cost every partition; later will do
  const KafkaListHandle list(rd_kafka_topic_partition_list_new(static_cast<int>(to_commit_.size())));
  for (const auto& [partition, offset] : to_commit_) {
    if (held_.find(partition) == nullptr) continue;
    rd_kafka_topic_partition_list_add(list.get(), config_.topic.c_str(), partition)->offset = offset;
  }
  if (list->cnt > 0) rd_kafka_commit(client_.get(), list.get(), 1);
  to_commit_.clear();
  committed_at_ = Clock::now();
}

KafkaFeedImpl::Watermarks KafkaFeedImpl::watermarks(std::int32_t partition) const {
  Watermarks found;
  const auto error =
      rd_kafka_get_watermark_offsets(client_.get(), config_.topic.c_str(), partition, &found.low, &found.high);
  return error == RD_KAFKA_RESP_ERR_NO_ERROR ? found : Watermarks{};
}

std::uint64_t KafkaFeedImpl::backlog() const {
  std::uint64_t records = 0;
  for (const auto& [partition, held] : held_.all()) {
    const auto [low, high] = watermarks(partition);
    if (high < 0 || held.ended) continue;
    const std::int64_t from = std::max({held.position, low, std::int64_t{0}});
    if (high > from) records += static_cast<std::uint64_t>(high - from);
  }
  return records;
}

void KafkaFeedImpl::leave() {
  if (std::exchange(leaving_, true) || !client_) return;
  commit(true);
  watch_.reset();
  const auto deadline = Clock::now() + kGoodbye;
  const service::KafkaQueueHandle queue(rd_kafka_queue_new(client_.get()));
  const KafkaErrorHandle error(rd_kafka_consumer_close_queue(client_.get(), queue.get()));
  while (!error && rd_kafka_consumer_closed(client_.get()) == 0 && Clock::now() < deadline) {
    // Serves what the group has to say; records that come between are dropped.
    const KafkaMessageHandle dropped(rd_kafka_consume_queue(queue.get(), 20));
  }
  held_.clear();
  retire(std::move(client_), link_, kEnd);
}

FeedFigures KafkaFeedImpl::figures() const {
  FeedFigures figures = figures_;
  figures.held = static_cast<std::uint32_t>(held_.all().size());
  return figures;
}

std::string KafkaFeedImpl::problem() const {
  const TopicWatch::State watched = watch_ ? watch_->state() : TopicWatch::State{};
  return trouble_.problem(watched.looks > 0 && !watched.last.reached);
}

}  // namespace zonelag::aggregator
