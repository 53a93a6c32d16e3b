// Sends the events of files to a topic, in the order of their lines: what a sensor or zonelag replay wrote (one JSON
// object a line; length-delimited protobuf where FILE ends in .pb; - is standard input, JSON), or what a test made of
// it.
//
//   event_send --brokers HOST:PORT [--topic TOPIC] [--partitions N] [-X property=value]... [FILE...]
//     --partitions  makes the topic with so many, or grows it
//     --to          all to this partition, whatever the key's is
//     --rate        events a second; default: as fast as the broker takes them
// Prints {"events":N,"seconds":S}. Exit: 0; 1 with a line on stderr; 2 for a wrong option.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <istream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "proto/codec.h"
#include "topic_writer.h"

namespace {

using namespace zonelag;
using Clock = std::chrono::steady_clock;

struct Job {
  std::string brokers;
  std::string topic = "zonelag.events";
  std::vector<std::string> properties;
  std::vector<std::string> files;
  int partitions = 0;
  std::int32_t to = RD_KAFKA_PARTITION_UA;
  double rate = 0;
};

class Sending {
 public:
  explicit Sending(const Job& job) : job_(job), writer_(job.brokers, job.topic, job.properties) {
    if (job.partitions > 0) writer_.make_topic(job.partitions);
  }

  void file(const std::string& name) {
    if (name == "-") return lines(std::cin, name);
    std::ifstream in(name, std::ios::binary);
    if (!in) throw std::runtime_error(name + ": can't be read");
    name.ends_with(".pb") ? records(in, name) : lines(in, name);
  }

  void finish() {
    writer_.flush(std::chrono::minutes(2));
    fmt::print("{{\"events\":{},\"seconds\":{:.3f}}}\n", writer_.written(),
               std::chrono::duration<double>(Clock::now() - start_).count());
  }

 private:
  void lines(std::istream& in, const std::string& name) {
    std::string line;
    for (std::uint64_t number = 1; std::getline(in, line); ++number) {
      const auto event = proto::from_json(line);
      if (!event) throw std::runtime_error(fmt::format("{}:{}: {}", name, number, to_string(event.error())));
      send(*event);
    }
  }

  void records(std::istream& in, const std::string& name) {
    for (;;) {
      const auto event = proto::read_delimited(in);
      if (!event) throw std::runtime_error(fmt::format("{}: {}", name, to_string(event.error())));
      if (!*event) return;
      send(**event);
    }
  }

  void send(const decoder::Event& event) {
    if (job_.rate > 0) {
      std::this_thread::sleep_until(start_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(
                                                 static_cast<double>(writer_.written()) / job_.rate)));
    }
    value_.clear();
    proto::encode(event, value_);
    writer_.write(event.zone.to_text(), value_, job_.to);
  }

  const Job& job_;
  tests::TopicWriter writer_;
  const Clock::time_point start_ = Clock::now();
  std::string value_;
};

}  // namespace

int main(int argc, char** argv) {
  Job job;
  CLI::App app("Sends events to a Kafka topic.");
  app.add_option("--brokers", job.brokers)->required();
  app.add_option("--topic", job.topic);
  app.add_option("--partitions", job.partitions);
  app.add_option("--to", job.to);
  app.add_option("--rate", job.rate);
  app.add_option("-X", job.properties)->allow_extra_args(false);
  app.add_option("FILE", job.files);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    Sending sending(job);
    for (const std::string& file : job.files) sending.file(file);
    sending.finish();
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "event_send: {}\n", error.what());
    return 1;
  }
}
