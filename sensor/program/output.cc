#include "output.h"

#include <utility>

namespace zonelag::sensor {

std::expected<std::unique_ptr<Output>, std::string> KafkaOutput::open(const SpoolConfig& spool,
                                                                      const KafkaConfig& kafka, const Clock& clock,
                                                                      service::LogLine log) {
  auto opened = Spool::open(spool, clock);
  if (!opened) return std::unexpected(std::move(opened.error()));
  auto producer = open_kafka(kafka, std::move(log));
  if (!producer) return std::unexpected(std::move(producer.error()));
  return std::unique_ptr<Output>(new KafkaOutput(*std::move(opened), *std::move(producer), clock));
}

std::expected<std::unique_ptr<Output>, std::string> FileOutput::open(const std::string& path) {
  auto file = EventFile::create(path);
  if (!file) return std::unexpected(std::move(file.error()));
  return std::unique_ptr<Output>(new FileOutput(*std::move(file)));
}

void FileOutput::step(const std::vector<decoder::Event>& events, std::chrono::milliseconds /*wait*/) {
  for (const decoder::Event& event : events) file_.write(event);
  figures_.encoded += events.size();
  if (!events.empty()) file_.flush();
}

}  // namespace zonelag::sensor
