// One member of a consumer group through KafkaFeed, for tests against a real broker. Its store is a file that all
// members of a test share, and that is checked as PostgreSQL's would be: a batch is written only if it begins where the
// file says that its partitions end.
//
//   feed_member --brokers B --topic T --group G --journal FILE [--instance I] [--session-ms N] [--refresh-ms N]
//               [--wait-for-topic] [--hold] [--paused] [--security ...] [-X property=value]...
//     --hold        keeps what it read to itself until "go" comes: nothing is committed
//     --paused      wants no events until "resume" comes
// Journal lines, each a batch's share of one partition: PARTITION FROM NEXT SENSOR/SEQUENCE...
// stdout: one JSON line for each thing that happens. stdin: pause, resume, rewind, go, figures; its end: leave.
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "aggregator/intake/kafka_feed.h"
#include "aggregator/intake/kafka_sender.h"
#include "aggregator/intake/result_codec.h"
#include "aggregator/partition.h"

namespace {

using namespace zonelag;
using namespace std::chrono_literals;
using Json = nlohmann::json;

void say(const Json& line) {
  std::puts(line.dump().c_str());
  std::fflush(stdout);
}

class Journal {
 public:
  explicit Journal(const std::string& path)
      : path_(path), file_(open(path.c_str(), O_RDWR | O_APPEND | O_CREAT, 0600)) {}

  std::vector<std::int64_t> offsets(std::span<const std::int32_t> partitions) {
    flock(file_, LOCK_EX);
    read();
    flock(file_, LOCK_UN);
    std::vector<std::int64_t> found;
    for (const std::int32_t partition : partitions) {
      found.push_back(next_.contains(partition) ? next_[partition] : -1);
    }
    return found;
  }
  // False: somebody else has written of one of these partitions.
  bool write(const aggregator::EventBatch& batch, const std::map<std::int32_t, std::string>& events) {
    flock(file_, LOCK_EX);
    read();
    std::string lines;
    bool mine = true;
    for (const auto& range : batch.ranges) {
      const std::int64_t next = next_.contains(range.partition) ? next_[range.partition] : -1;
      if (next != range.from) mine = false;
      const auto found = events.find(range.partition);
      lines += fmt::format("{} {} {}{}\n", range.partition, range.from, range.next,
                           found == events.end() ? "" : found->second);
    }
    if (mine && ::write(file_, lines.data(), lines.size()) != static_cast<ssize_t>(lines.size())) std::abort();
    flock(file_, LOCK_UN);
    return mine;
  }

 private:
  void read() {
    std::ifstream in(path_);
    in.seekg(read_);
    for (std::string line; std::getline(in, line); read_ += static_cast<std::streamoff>(line.size() + 1)) {
      std::istringstream words(line);
      std::int32_t partition = 0;
      std::int64_t from = 0;
      words >> partition >> from >> next_[partition];
    }
  }

  const std::string path_;
  const int file_;
  std::streamoff read_ = 0;
  std::map<std::int32_t, std::int64_t> next_;
};

struct Options {
  aggregator::FeedConfig feed;
  std::string journal;
  bool hold = false;
  bool paused = false;
};

class Member final : public aggregator::FeedListener {
 public:
  Member(const Options& options) : options_(options), journal_(options.journal) {}

  int run() {
    const auto log = [](service::LogLevel level, const std::string& line) {
      if (level != service::LogLevel::debug) say({{"log", line}, {"error", level == service::LogLevel::error}});
    };
    auto feed = aggregator::KafkaFeed::open(options_.feed, *this, log);
    auto sender = aggregator::KafkaSender::open({.kafka = options_.feed.kafka}, log);
    if (!feed || !sender) {
      say({{"fatal", feed ? sender.error() : feed.error()}});
      return 2;
    }
    feed_ = std::move(*feed);
    sender_ = std::move(*sender);
    if (options_.paused) feed_->pause();
    while (!leaving_) {
      if (!step()) return 1;
      commands();
    }
    const bool flushed = sender_->flush(10s);
    const auto begin = std::chrono::steady_clock::now();
    feed_->leave();
    const std::chrono::duration<double> lasted = std::chrono::steady_clock::now() - begin;
    say({{"left", lasted.count()}, {"flushed", flushed}});
    return 0;
  }

  std::vector<std::int64_t> assigned(std::span<const std::int32_t> partitions) override {
    const std::vector<std::int64_t> offsets = journal_.offsets(partitions);
    say({{"assigned", partitions}, {"offsets", offsets}, {"layout", feed_->layout()}});
    return offsets;
  }
  void revoked(std::span<const std::int32_t> partitions, bool lost) override {
    say({{"revoked", partitions}, {"lost", lost}});
  }

 private:
  bool step() {
    const auto batch = feed_->poll(500, 50ms, 5ms);
    if (!batch) {
      say({{"fatal", batch.error()}});
      return false;
    }
    if (feed_->layout() != layout_) say({{"layout", feed_->layout()}});
    layout_ = feed_->layout();
    if (batch->at_end != at_end_) say({{"at_end", batch->at_end}, {"backlog", feed_->backlog()}});
    at_end_ = batch->at_end;
    if (!batch->ranges.empty()) take(*batch);
    sender_->delivered();
    return true;
  }

  void take(const aggregator::EventBatch& batch) {
    if (options_.hold) return say({{"held", batch.events.size()}});
    std::map<std::int32_t, std::string> events;
    for (const auto& event : batch.events) {
      const auto home = static_cast<std::int32_t>(aggregator::partition_of(
          aggregator::key_hash(event.zone.to_text()), static_cast<std::uint32_t>(feed_->layout())));
      events[home] += fmt::format(" {}/{}", event.sensor_id, event.sequence);
    }
    if (!journal_.write(batch, events)) {
      say({{"fenced", true}});
      rewind(batch);
      return;
    }
    feed_->committed(batch.ranges);
    send(batch);
  }

  void rewind(const aggregator::EventBatch& batch) {
    std::vector<aggregator::FetchedRange> to = batch.ranges;
    for (auto& range : to) range.from = journal_.offsets(std::array{range.partition}).front();
    feed_->rewind(to);
  }

  void send(const aggregator::EventBatch& batch) {
    aggregator::OutboxEntry entry{.id = ++entries_};
    for (const auto& poison : batch.poison) {
      say({{"poison", poison.reason}, {"partition", poison.partition}, {"offset", poison.offset}});
      entry.messages.push_back(aggregator::dead_letter(poison, options_.feed.topic, options_.feed.topic + ".dead"));
    }
    for (const auto& stray : batch.strays) {
      say({{"stray", stray.key}, {"hops", stray.hops}});
      entry.messages.push_back(aggregator::stray_message(stray, options_.feed.topic));
    }
    if (!entry.messages.empty()) sender_->send(entry);
  }

  void commands() {
    pollfd input{.fd = 0, .events = POLLIN};
    if (::poll(&input, 1, 0) <= 0) return;
    char block[256];
    const ssize_t size = read(0, block, sizeof block);
    leaving_ = size <= 0;
    std::istringstream words(std::string(block, static_cast<std::size_t>(std::max<ssize_t>(size, 0))));
    for (std::string word; words >> word;) obey(word);
  }

  void obey(const std::string& word) {
    if (word == "pause") feed_->pause();
    if (word == "resume") feed_->resume();
    if (word == "go") {
      options_.hold = false;
      std::vector<aggregator::FetchedRange> all;
      for (std::int32_t partition = 0; partition < feed_->layout(); ++partition) {
        all.push_back({.partition = partition, .from = journal_.offsets(std::array{partition}).front()});
      }
      feed_->rewind(all);
    }
    const auto figures = feed_->figures();
    say({{"obeyed", word},
         {"records", figures.records},
         {"lost", figures.lost},
         {"resets", figures.resets},
         {"held_partitions", figures.held},
         {"backlog", feed_->backlog()},
         {"problem", feed_->problem()}});
  }

  Options options_;
  Journal journal_;
  std::unique_ptr<aggregator::KafkaFeed> feed_;
  std::unique_ptr<aggregator::KafkaSender> sender_;
  std::int64_t entries_ = 0;
  std::int32_t layout_ = 0;
  bool at_end_ = false;
  bool leaving_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  aggregator::FeedConfig& feed = options.feed;
  std::int64_t session = feed.session_timeout.count();
  std::int64_t refresh = 500;
  static const std::map<std::string, service::KafkaSecurity> kSecurity{{"plaintext", service::KafkaSecurity::plaintext},
                                                                       {"ssl", service::KafkaSecurity::ssl},
                                                                       {"sasl_ssl", service::KafkaSecurity::sasl_ssl}};
  CLI::App app("One member of a consumer group.");
  app.add_option("--brokers", feed.kafka.brokers)->allow_extra_args(false)->required();
  app.add_option("--topic", feed.topic)->required();
  app.add_option("--group", feed.group)->required();
  app.add_option("--instance", feed.instance_id);
  app.add_option("--journal", options.journal)->required();
  app.add_option("--session-ms", session);
  app.add_option("--refresh-ms", refresh);
  app.add_flag("--wait-for-topic", feed.wait_for_topic);
  app.add_flag("--hold", options.hold);
  app.add_flag("--paused", options.paused);
  app.add_option("--security", feed.kafka.security)->transform(CLI::CheckedTransformer(kSecurity));
  app.add_option("--tls-ca", feed.kafka.tls_ca);
  app.add_option("--tls-certificate", feed.kafka.tls_certificate);
  app.add_option("--tls-key", feed.kafka.tls_key);
  app.add_option("--sasl-mechanism", feed.kafka.sasl_mechanism);
  app.add_option("--sasl-username", feed.kafka.sasl_username);
  app.add_option("--sasl-password-file", feed.kafka.sasl_password_file);
  CLI11_PARSE(app, argc, argv);
  feed.session_timeout = std::chrono::milliseconds(session);
  feed.topic_refresh = std::chrono::milliseconds(refresh);
  return Member(options).run();
}
