// Reads a topic from its beginning to its present end, and prints one JSON line a record:
//   {"partition":3,"offset":17,"key":"example.at","event":{...}}      event.proto's JSON; or, when it is no event:
//   {"partition":3,"offset":17,"key":"example.at","value":"BASE64","error":"not protobuf"}
// In order within a partition. A check of what arrived, for tests and for people; no group, nothing is committed.
//
//   kafka_dump --brokers HOST:PORT --topic TOPIC [-X property=value]... [--count N] [--timeout S]
//     -X         any librdkafka property, such as security.protocol=ssl
//     --count    waits for N records in place of the present end, and prints all that came by then
//     --timeout  30: gives up after so many seconds
// Exit: 0, 1 when it gave up (what came is printed), 2 for a wrong option.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "proto/codec.h"
#include "topic_reader.h"

namespace {

using zonelag::tests::ReadRecord;

std::string base64(std::string_view bytes) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      text += at + i <= bytes.size() ? kDigits[group >> (18 - 6 * i) & 63U] : '=';
    }
  }
  return text;
}

void print(const ReadRecord& record) {
  nlohmann::ordered_json line{{"partition", record.partition}, {"offset", record.offset}, {"key", record.key}};
  if (const auto event = zonelag::proto::decode(record.value)) {
    line["event"] = nlohmann::ordered_json::parse(zonelag::proto::to_json(*event));
  } else {
    line["value"] = base64(record.value);
    line["error"] = to_string(event.error());
  }
  std::puts(line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace).c_str());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Prints the records of a Kafka topic as JSON.");
  std::string brokers;
  std::string topic = "zonelag.events";
  std::vector<std::string> properties;
  std::size_t count = 0;
  double timeout = 30;
  app.add_option("--brokers", brokers)->required();
  app.add_option("--topic", topic);
  app.add_option("-X", properties)->allow_extra_args(false);
  app.add_option("--count", count);
  app.add_option("--timeout", timeout);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    zonelag::proto::silence_library_log();
    zonelag::tests::TopicReader reader(brokers, topic, properties);
    const bool complete = reader.read(count, std::chrono::duration<double>(timeout), print);
    return complete ? 0 : 1;
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "kafka_dump: %s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "kafka_dump: %s\n", error.what());
    return 1;
  }
}
