// A load of events, to a topic (event_load.h says of what):
//
//   event_load --brokers HOST:PORT [--topic TOPIC] [--partitions N] [OPTION...]
//     --kind notify|fleet, --zones, --nodes, --versions, --missing, --seed, --first-zone, --first-serial
//     --rate      events a second of event time
//     --paced     event time is the wall clock, and each event is sent when it happens; else as fast as possible,
//     --start     ... with times from here on (seconds since 1970; default: one hour ago)
//     --seconds   ends a paced load after so long
//     --advance   at the end, a heartbeat so many seconds of event time later: versions settle, deadlines pass
//   event_load --inventory [OPTION...]     prints the fleet's inventory, and ends
// Prints {"events":N,"versions":N,"seconds":S,"behind":S}: how late the worst event of a paced load was sent.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "event_load.h"
#include "proto/codec.h"
#include "topic_writer.h"

namespace {

using namespace zonelag;
using std::chrono::system_clock;

struct Job {
  std::string brokers;
  std::string topic = "zonelag.events";
  std::vector<std::string> properties;
  int partitions = 0;
  tests::LoadSettings load;
  bool paced = false;
  std::int64_t start = 0;
  double seconds = 0;
  double advance = 0;
  bool inventory = false;
};

void add_options(CLI::App& app, Job& job) {
  static const std::map<std::string, tests::LoadKind> kKinds{{"notify", tests::LoadKind::notify},
                                                             {"fleet", tests::LoadKind::fleet}};
  app.add_option("--brokers", job.brokers);
  app.add_option("--topic", job.topic);
  app.add_option("-X", job.properties)->allow_extra_args(false);
  app.add_option("--partitions", job.partitions);
  app.add_option("--kind", job.load.kind)->transform(CLI::CheckedTransformer(kKinds));
  app.add_option("--zones", job.load.zones)->check(CLI::PositiveNumber);
  app.add_option("--nodes", job.load.nodes)->check(CLI::Range(1, 10'000));
  app.add_option("--versions", job.load.versions);
  app.add_option("--missing", job.load.missing);
  app.add_option("--seed", job.load.seed);
  app.add_option("--first-zone", job.load.first_zone);
  app.add_option("--first-serial", job.load.first_serial);
  app.add_option("--rate", job.load.rate)->check(CLI::PositiveNumber);
  app.add_flag("--paced", job.paced);
  app.add_option("--start", job.start);
  app.add_option("--seconds", job.seconds);
  app.add_option("--advance", job.advance);
  app.add_flag("--inventory", job.inventory);
}

decoder::Duration from_seconds(double seconds) {
  return std::chrono::duration_cast<decoder::Duration>(std::chrono::duration<double>(seconds));
}

decoder::Event heartbeat(decoder::Timestamp at) {
  decoder::Event event;
  event.sensor_id = "load";
  event.boot_id = 1;
  event.sequence = 1;
  event.captured_at = at;
  event.body.emplace<decoder::Status>().version = "load";
  return event;
}

class Sending {
 public:
  explicit Sending(Job& job) : job_(job), writer_(job.brokers, job.topic, job.properties) {
    if (job.partitions > 0) writer_.make_topic(job.partitions);
    const auto now = std::chrono::floor<std::chrono::seconds>(system_clock::now());
    job.load.start = job.start > 0 ? decoder::Timestamp(std::chrono::seconds(job.start)) : now - std::chrono::hours(1);
    if (job.paced) job.load.start = system_clock::now();
  }

  void run() {
    tests::EventLoad load(job_.load);
    const auto began = std::chrono::steady_clock::now();
    decoder::Timestamp latest = job_.load.start;
    while (const decoder::Event* event = load.next()) {
      if (job_.paced && job_.seconds > 0 && event->captured_at > job_.load.start + from_seconds(job_.seconds)) break;
      if (job_.paced) wait_until(event->captured_at);
      latest = std::max(latest, event->captured_at);
      send(*event);
    }
    const auto events = writer_.written();
    if (job_.advance > 0) send(heartbeat(latest + from_seconds(job_.advance)));
    writer_.flush(std::chrono::minutes(5));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    fmt::print("{{\"events\":{},\"versions\":{},\"seconds\":{:.3f},\"behind\":{:.6f}}}\n", events,
               std::uint64_t{job_.load.zones} * job_.load.versions, took.count(),
               std::chrono::duration<double>(behind_).count());
  }

 private:
  void wait_until(decoder::Timestamp time) {
    const decoder::Duration early = time - system_clock::now();
    if (early > decoder::Duration::zero()) std::this_thread::sleep_for(early);
    if (early < decoder::Duration::zero()) behind_ = std::max(behind_, -early);
  }

  void send(const decoder::Event& event) {
    value_.clear();
    proto::encode(event, value_);
    writer_.write(event.zone.to_text(), value_);
  }

  const Job& job_;
  tests::TopicWriter writer_;
  std::string value_;
  decoder::Duration behind_{};
};

}  // namespace

int main(int argc, char** argv) {
  Job job;
  CLI::App app("Sends a load of events to a Kafka topic.");
  add_options(app, job);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    if (job.inventory) {
      fmt::print("{}", tests::inventory_of(job.load));
    } else {
      Sending(job).run();
    }
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "event_load: {}\n", error.what());
    return 1;
  }
}
