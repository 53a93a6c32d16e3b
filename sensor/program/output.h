// Where events go: through the spool to Kafka, or to a file. One thread, the publisher's.
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "decoder/event.h"
#include "sensor/clock.h"
#include "sensor/event_file.h"
#include "sensor/publish/kafka_producer.h"
#include "sensor/publish/publisher.h"
#include "sensor/publish/spool.h"

namespace zonelag::sensor {

struct OutputFigures {
  SpoolFigures spool;
  ProducerFigures producer;
  PublisherFigures publisher;
};

class Output {
 public:
  virtual ~Output() = default;
  // Takes these events; serves what is under way for at most `wait`.
  virtual void step(const std::vector<decoder::Event>& events, std::chrono::milliseconds wait) = 0;
  // All that was taken has arrived.
  virtual bool drained() const = 0;
  // What was taken can't be delivered now: no hurry with it.
  virtual bool blocked() const = 0;
  // Nothing arrives any more, now and later: close() will say why.
  virtual bool failed() const { return false; }
  virtual void reconfigure(const SpoolConfig& spool) = 0;
  virtual OutputFigures figures() const = 0;
  // At the end: what could not be written, in one line; empty: nothing.
  virtual std::string close() = 0;
};

class KafkaOutput final : public Output {
 public:
  static std::expected<std::unique_ptr<Output>, std::string> open(const SpoolConfig& spool, const KafkaConfig& kafka,
                                                                  const Clock& clock, service::LogLine log);
  void step(const std::vector<decoder::Event>& events, std::chrono::milliseconds wait) override {
    publisher_.step(events, wait);
  }
  bool drained() const override { return publisher_.drained(); }
  bool blocked() const override { return !producer_->figures().topic_ready; }
  void reconfigure(const SpoolConfig& spool) override { spool_->reconfigure(spool); }
  OutputFigures figures() const override { return {spool_->figures(), producer_->figures(), publisher_.figures()}; }
  std::string close() override { return {}; }

 private:
  KafkaOutput(std::unique_ptr<Spool> spool, std::unique_ptr<Producer> producer, const Clock& clock)
      : spool_(std::move(spool)), producer_(std::move(producer)), publisher_(*spool_, *producer_, clock) {}
  std::unique_ptr<Spool> spool_;
  std::unique_ptr<Producer> producer_;
  Publisher publisher_;
};

class FileOutput final : public Output {
 public:
  static std::expected<std::unique_ptr<Output>, std::string> open(const std::string& path);
  void step(const std::vector<decoder::Event>& events, std::chrono::milliseconds wait) override;
  bool drained() const override { return true; }
  bool blocked() const override { return false; }
  bool failed() const override { return file_.error() != 0; }
  void reconfigure(const SpoolConfig&) override {}
  OutputFigures figures() const override { return {.publisher = figures_}; }
  std::string close() override { return file_.close().value_or(""); }

 private:
  explicit FileOutput(EventFile file) : file_(std::move(file)) {}
  EventFile file_;
  PublisherFigures figures_;
};

}  // namespace zonelag::sensor
