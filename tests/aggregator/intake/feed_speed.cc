// What the way in costs: events are sent to a topic, and read by KafkaFeed; CPU for each, librdkafka's threads included
// ("process") and without ("poll": fetching the next record, decoding, judging). Wants a broker (scripts/kafka) and a
// topic that is new to it.
//
//   feed_speed BROKER TOPIC PARTITIONS EVENTS [ZONES]
#include <fmt/format.h>
#include <sys/resource.h>
#include <time.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "aggregator/intake/kafka_feed.h"
#include "aggregator/intake/kafka_sender.h"
#include "aggregator/intake/topics.h"
#include "proto/codec.h"

namespace {

using namespace zonelag;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

struct Job {
  service::KafkaConnection kafka;
  std::string topic;
  std::uint32_t partitions = 16;
  std::uint64_t events = 0;
  std::uint64_t zones = 10'000;
};

void log(service::LogLevel level, const std::string& line) {
  if (level != service::LogLevel::debug) fmt::print(stderr, "{}\n", line);
}

double cpu(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

decoder::Event notify(std::uint64_t number, const Job& job) {
  decoder::Event event;
  event.sensor_id = "s1.example";
  event.boot_id = 0x1234567890abcdef;
  event.sequence = number + 1;
  event.clock = {decoder::ClockSync::synchronised, 2ms, {}};
  event.captured_at = std::chrono::system_clock::now();
  event.source = {*decoder::IpAddress::parse("192.0.2.1"), 53};
  event.destination = {*decoder::IpAddress::parse("192.0.2.2"), 53};
  event.zone = *decoder::ZoneName::parse(fmt::format("customer-zone-{}.example", number % job.zones));
  event.body = decoder::Notify{.serial = decoder::Serial(2026112000U + static_cast<std::uint32_t>(number / job.zones))};
  return event;
}

bool fill(const Job& job) {
  const aggregator::TopicWish wish{.name = job.topic, .partitions = job.partitions, .replication = 1};
  const auto created = aggregator::create_topics(job.kafka, {wish}, 10s);
  auto sender = aggregator::KafkaSender::open({.kafka = job.kafka}, log);
  if (!created || !sender) return false;
  for (std::uint64_t number = 0; number < job.events;) {
    aggregator::OutboxEntry entry{.id = 1};
    for (; number < job.events && entry.messages.size() < 1000; ++number) {
      const decoder::Event event = notify(number, job);
      entry.messages.push_back({.topic = job.topic, .key = event.zone.to_text(), .value = proto::encode(event)});
    }
    while (!(*sender)->send(entry)) (*sender)->flush(10ms);
    (*sender)->delivered();
  }
  return (*sender)->flush(60s);
}

class FromTheBeginning final : public aggregator::FeedListener {
 public:
  std::vector<std::int64_t> assigned(std::span<const std::int32_t> partitions) override {
    return std::vector<std::int64_t>(partitions.size(), -1);
  }
  void revoked(std::span<const std::int32_t> /*partitions*/, bool /*lost*/) override {}
};

bool read(const Job& job) {
  FromTheBeginning listener;
  const auto feed =
      aggregator::KafkaFeed::open({.kafka = job.kafka, .topic = job.topic, .group = job.topic}, listener, log);
  if (!feed) return false;
  std::uint64_t read = 0;
  const auto begin = Clock::now();
  const double process = cpu(CLOCK_PROCESS_CPUTIME_ID);
  const double thread = cpu(CLOCK_THREAD_CPUTIME_ID);
  while (read < job.events && Clock::now() - begin < 120s) {
    const auto batch = (*feed)->poll(5000, 100ms, 5ms);
    if (!batch) return false;
    read += batch->events.size();
  }
  const double each = 1e6 / static_cast<double>(read);
  fmt::print("{} events of {} bytes in {:.2f} s: process {:.2f} us CPU an event, of that poll {:.2f} us\n", read,
             (*feed)->figures().bytes / (*feed)->figures().records,
             std::chrono::duration<double>(Clock::now() - begin).count(),
             (cpu(CLOCK_PROCESS_CPUTIME_ID) - process) * each, (cpu(CLOCK_THREAD_CPUTIME_ID) - thread) * each);
  return read == job.events;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  Job job{.topic = argv[2], .partitions = static_cast<std::uint32_t>(std::atoi(argv[3]))};
  job.kafka.brokers = {argv[1]};
  job.events = static_cast<std::uint64_t>(std::atoll(argv[4]));
  if (argc > 5) job.zones = static_cast<std::uint64_t>(std::atoll(argv[5]));
  return fill(job) && read(job) ? 0 : 1;
}
