#include "aggregator/intake/topics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>

#include "kafka_client.h"
#include "service/kafka/kafka_problem.h"
#include "service/kafka/kafka_settings.h"
#include "trouble.h"

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

std::string milliseconds(std::chrono::milliseconds duration) { return std::to_string(duration.count()); }

// One connection to the cluster for as long as it takes.
class Admin {
 public:
  static std::expected<std::unique_ptr<Admin>, std::string> open(const service::KafkaConnection& kafka,
                                                                 std::chrono::milliseconds within) {
    auto conf = service::kafka_settings(kafka);
    if (!conf) return std::unexpected(conf.error());
    std::unique_ptr<Admin> admin(new Admin(kafka, within));
    rd_kafka_conf_set_opaque(conf->get(), admin->link_.get());
    rd_kafka_conf_set_error_cb(conf->get(), &Admin::on_error);
    rd_kafka_conf_set_log_cb(conf->get(), &ClientLink::on_log);
    std::array<char, 512> said{};
    rd_kafka_conf_t* given = conf->release();  // the client's, when there is one
    admin->client_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, given, said.data(), said.size()));
    if (admin->client_) return admin;
    rd_kafka_conf_destroy(given);
    return std::unexpected(service::why_not_opened(kafka, said.data()));
  }
  ~Admin() {
    if (client_) retire(std::move(client_), link_, 1000ms);
  }

  // Partitions of each topic that is there.
  std::expected<std::map<std::string, std::int32_t>, std::string> partitions() {
    const rd_kafka_metadata_t* metadata = nullptr;
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR__TIMED_OUT;
    // In short pieces: error callbacks come between them.
    while (error != RD_KAFKA_RESP_ERR_NO_ERROR && Clock::now() < deadline_) {
      error = rd_kafka_metadata(client_.get(), 1, nullptr, &metadata, 500);
      rd_kafka_poll(client_.get(), 0);
    }
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(why_not(rd_kafka_err2str(error)));
    std::map<std::string, std::int32_t> found;
    for (int i = 0; i < metadata->topic_cnt; ++i) {
      const rd_kafka_metadata_topic_t& topic = metadata->topics[i];
      if (topic.partition_cnt > 0) found[topic.topic] = topic.partition_cnt;
    }
    rd_kafka_metadata_destroy(metadata);
    return found;
  }

  std::expected<void, std::string> create(const std::vector<rd_kafka_NewTopic_t*>& topics,
                                          std::map<std::string, std::string>& refused) {
    const service::KafkaQueueHandle answers(rd_kafka_queue_new(client_.get()));
    const service::KafkaAdminOptionsHandle options(
        rd_kafka_AdminOptions_new(client_.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS));
    std::array<char, 512> said{};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now());
    const int wait = static_cast<int>(std::max(left, std::chrono::milliseconds(1000)).count());
    rd_kafka_AdminOptions_set_request_timeout(options.get(), wait, said.data(), said.size());
    std::vector<rd_kafka_NewTopic_t*> all = topics;
    rd_kafka_CreateTopics(client_.get(), all.data(), all.size(), options.get(), answers.get());
    const service::KafkaEventHandle event(rd_kafka_queue_poll(answers.get(), wait + 1000));
    rd_kafka_poll(client_.get(), 0);
    if (!event) return std::unexpected(why_not("no answer"));
    if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return std::unexpected(why_not(rd_kafka_event_error_string(event.get())));
    }
    std::size_t count = 0;
    const rd_kafka_topic_result_t** results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
    for (std::size_t i = 0; i < count; ++i) {
      const auto error = rd_kafka_topic_result_error(results[i]);
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      const char* text = rd_kafka_topic_result_error_string(results[i]);
      refused[rd_kafka_topic_result_name(results[i])] = text != nullptr ? text : rd_kafka_err2str(error);
    }
    return {};
  }

 private:
  Admin(service::KafkaConnection kafka, std::chrono::milliseconds within)
      : kafka_(std::move(kafka)),
        link_(std::make_shared<ClientLink>(this, service::LogLine())),
        deadline_(Clock::now() + within),
        trouble_(service::LogLine(), {}) {}

  static void on_error(rd_kafka_t* /*client*/, int error, const char* reason, void* link) {
    auto* self = static_cast<Admin*>(static_cast<ClientLink*>(link)->owner());
    if (self == nullptr || error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return;
    self->trouble_.broker_error(
        service::explain(self->kafka_, rd_kafka_version(), static_cast<rd_kafka_resp_err_t>(error), reason));
  }
  std::string why_not(std::string_view said) const {
    const std::string errors = trouble_.broker_errors();
    return errors.empty() ? fmt::format("kafka: {}", said) : fmt::format("kafka: {}", errors);
  }

  const service::KafkaConnection kafka_;
  const std::shared_ptr<ClientLink> link_;
  const Clock::time_point deadline_;
  Trouble trouble_;
  service::KafkaHandle client_;
};

std::expected<service::KafkaNewTopicHandle, std::string> new_topic(const TopicWish& wish) {
  std::array<char, 512> said{};
  service::KafkaNewTopicHandle topic(rd_kafka_NewTopic_new(wish.name.c_str(), static_cast<int>(wish.partitions),
                                                           wish.replication, said.data(), said.size()));
  if (!topic) return std::unexpected(std::string(said.data()));
  for (const auto& [name, value] : wish.settings) {
    rd_kafka_NewTopic_set_config(topic.get(), name.c_str(), value.c_str());
  }
  return topic;
}

TopicOutcome outcome_of(const TopicWish& wish, std::int32_t partitions) {
  TopicOutcome outcome{.name = wish.name, .fate = TopicFate::present, .partitions = partitions};
  if (partitions != static_cast<std::int32_t>(wish.partitions)) {
    outcome.fate = TopicFate::differs;
    outcome.text = fmt::format("has {} partitions, {} were asked for: left as it is", partitions, wish.partitions);
  }
  return outcome;
}

}  // namespace

const char* to_string(TopicFate fate) {
  constexpr std::array kNames{"created", "present", "differs", "failed"};
  return kNames[static_cast<std::size_t>(fate)];
}

std::vector<TopicWish> wished_topics(const TopicPlan& plan) {
  const auto kept = [](std::chrono::hours time) {
    return std::vector<std::pair<std::string, std::string>>{{"cleanup.policy", "delete"},
                                                            {"retention.ms", milliseconds(time)}};
  };
  std::vector<TopicWish> wishes{{plan.events, plan.partitions, plan.replication, kept(plan.retention)},
                                {plan.dead, 1, plan.replication, kept(plan.dead_retention)},
                                {plan.lags, plan.partitions, plan.replication, kept(plan.retention)},
                                {plan.slas, plan.partitions, plan.replication, kept(plan.retention)}};
  // A poison record is as large as the events' topic lets it be, and has headers besides.
  wishes[1].settings.emplace_back("max.message.bytes", "2000000");
  std::erase_if(wishes, [](const TopicWish& wish) { return wish.name.empty(); });
  return wishes;
}

std::expected<std::vector<TopicOutcome>, std::string> create_topics(const service::KafkaConnection& kafka,
                                                                    const std::vector<TopicWish>& wishes,
                                                                    std::chrono::milliseconds within) {
  auto admin = Admin::open(kafka, within);
  if (!admin) return std::unexpected(admin.error());
  const auto there = (*admin)->partitions();
  if (!there) return std::unexpected(there.error());
  std::map<std::string, std::string> refused;
  std::vector<service::KafkaNewTopicHandle> owned;
  std::vector<rd_kafka_NewTopic_t*> missing;
  for (const TopicWish& wish : wishes) {
    if (there->contains(wish.name)) continue;
    auto topic = new_topic(wish);
    if (!topic) {
      refused[wish.name] = topic.error();
      continue;
    }
    missing.push_back(topic->get());
    owned.push_back(std::move(*topic));
  }
  if (!missing.empty()) {
    if (auto created = (*admin)->create(missing, refused); !created) return std::unexpected(created.error());
  }
  std::vector<TopicOutcome> outcomes;
  for (const TopicWish& wish : wishes) {
    if (const auto at = there->find(wish.name); at != there->end()) {
      outcomes.push_back(outcome_of(wish, at->second));
    } else if (const auto why = refused.find(wish.name); why != refused.end()) {
      outcomes.push_back({.name = wish.name, .fate = TopicFate::failed, .text = why->second});
    } else {
      outcomes.push_back(
          {.name = wish.name, .fate = TopicFate::created, .partitions = static_cast<std::int32_t>(wish.partitions)});
    }
  }
  return outcomes;
}

}  // namespace zonelag::aggregator
