#include <algorithm>
#include <type_traits>
#include <utility>

#include "metrics_table.h"

namespace zonelag::sensor {
namespace {

template <auto part, std::uint64_t std::remove_reference_t<decltype(std::declval<SensorFigures>().*part)>::* member>
constexpr SensorCount kOf = [](const SensorFigures& figures) { return (figures.*part).*member; };

template <std::uint64_t EventCounts::* member>
constexpr SensorCount kEvents = kOf<&SensorFigures::events, member>;
template <std::uint64_t SpoolFigures::* member>
constexpr SensorCount kSpool = kOf<&SensorFigures::spool, member>;
template <std::uint64_t ProducerFigures::* member>
constexpr SensorCount kProducer = kOf<&SensorFigures::producer, member>;
template <std::uint64_t PublisherFigures::* member>
constexpr SensorCount kPublisher = kOf<&SensorFigures::publisher, member>;

using Families = std::vector<SensorFamily>;
constexpr auto kCounter = MetricKind::counter;
constexpr auto kGauge = MetricKind::gauge;

double seconds(decoder::Duration duration) { return std::chrono::duration<double>(duration).count(); }

std::optional<double> last_packet(const SensorFigures& figures) {
  decoder::Timestamp last;
  for (const auto& worker : figures.workers) last = std::max(last, worker.last_packet);
  if (last == decoder::Timestamp{}) return std::nullopt;
  return seconds(last.time_since_epoch());
}

std::optional<double> clock_synchronised(const SensorFigures& figures) {
  if (figures.clock.sync == decoder::ClockSync::unknown) return std::nullopt;
  return figures.clock.sync == decoder::ClockSync::synchronised ? 1 : 0;
}

std::optional<double> clock_error(const SensorFigures& figures) {
  if (!figures.clock.max_error) return std::nullopt;
  return seconds(*figures.clock.max_error);
}

Families event_families() {
  return {
      {"zonelag_sensor_events_total",
       kCounter,
       "Events made, by kind; status: the sensor's own heartbeat.",
       "kind",
       {{"notify", "events_notify", kEvents<&EventCounts::notify>},
        {"transfer", "events_transfer", kEvents<&EventCounts::transfer>},
        {"served", "events_served", kEvents<&EventCounts::served>},
        {"stamp", "events_stamp", kEvents<&EventCounts::stamp>},
        {"status", "events_status", kEvents<&EventCounts::status>}}},
      {"zonelag_sensor_event_queue_pushed_total",
       kCounter,
       "Events given a sequence number, those dropped included.",
       "",
       {{"", "queue_pushed", kOf<&SensorFigures::queue, &EventQueueFigures::pushed>}}},
      {"zonelag_sensor_event_queue_dropped_total",
       kCounter,
       "Events dropped because the queue between workers and spool was full.",
       "",
       {{"", "queue_dropped", kOf<&SensorFigures::queue, &EventQueueFigures::dropped>}}},
      {"zonelag_sensor_event_queue_events",
       kGauge,
       "Events in that queue now.",
       "",
       {{"", "", [](const SensorFigures& figures) { return figures.queue_events; }}}},
  };
}

Families spool_families() {
  return {
      {"zonelag_sensor_spool_appended_total",
       kCounter,
       "Events appended to the spool.",
       "",
       {{"", "spool_appended", kSpool<&SpoolFigures::appended>}}},
      {"zonelag_sensor_spool_recovered_total",
       kCounter,
       "Events of earlier runs that were found undelivered at the start.",
       "",
       {{"", "spool_recovered", kSpool<&SpoolFigures::recovered>}}},
      {"zonelag_sensor_spool_dropped_total",
       kCounter,
       "Events the spool gave up undelivered, by which limit was reached: size, age, memory (while the disk takes "
       "nothing); unreadable: lost to damage of its files.",
       "reason",
       {{"size", "spool_dropped_size", kSpool<&SpoolFigures::dropped_size>},
        {"age", "spool_dropped_age", kSpool<&SpoolFigures::dropped_age>},
        {"memory", "spool_dropped_memory", kSpool<&SpoolFigures::dropped_memory>},
        {"unreadable", "spool_unreadable", kSpool<&SpoolFigures::unreadable>}}},
      {"zonelag_sensor_spool_write_failures_total",
       kCounter,
       "System calls on the spool's files that failed.",
       "",
       {{"", "spool_write_failures", kSpool<&SpoolFigures::write_failures>}}},
      {"zonelag_sensor_spool_write_error",
       kGauge,
       "1 while the spool's disk takes nothing.",
       "",
       {{"", "", [](const SensorFigures& figures) { return std::uint64_t{figures.spool.write_error != 0}; }}}},
      {"zonelag_sensor_spool_waiting_events",
       kGauge,
       "Events that wait to be delivered.",
       "",
       {{"", "spool_waiting", kSpool<&SpoolFigures::waiting_records>}}},
      {"zonelag_sensor_spool_bytes",
       kGauge,
       "Size of the spool: of events that wait, of its files on disk, and of events kept in memory because the disk "
       "takes none.",
       "place",
       {{"waiting", "spool_waiting_bytes", kSpool<&SpoolFigures::waiting_bytes>},
        {"disk", "spool_disk_bytes", kSpool<&SpoolFigures::disk_bytes>},
        {"memory", "spool_memory_bytes", kSpool<&SpoolFigures::memory_bytes>}}},
  };
}

Families kafka_families() {
  return {
      {"zonelag_sensor_publisher_events_total",
       kCounter,
       "Events on their way from spool to broker: encoded, and passed over because the broker will never take them.",
       "result",
       {{"encoded", "publisher_encoded", kPublisher<&PublisherFigures::encoded>},
        {"refused", "publisher_refused", kPublisher<&PublisherFigures::refused>}}},
      {"zonelag_sensor_publisher_rewinds_total",
       kCounter,
       "Times that sending began again at the first undelivered event.",
       "",
       {{"", "publisher_rewinds", kPublisher<&PublisherFigures::rewinds>}}},
      {"zonelag_sensor_kafka_records_total",
       kCounter,
       "Records handed to the Kafka library (repeats included), and how they ended.",
       "result",
       {{"produced", "kafka_produced", kProducer<&ProducerFigures::produced>},
        {"delivered", "kafka_delivered", kProducer<&ProducerFigures::delivered>},
        {"refused", "kafka_refused", kProducer<&ProducerFigures::refused>},
        {"failed", "kafka_failed", kProducer<&ProducerFigures::failed>}}},
      {"zonelag_sensor_kafka_restarts_total",
       kCounter,
       "Times that the Kafka client was made anew after a fatal error.",
       "",
       {{"", "kafka_restarts", kProducer<&ProducerFigures::restarts>}}},
      {"zonelag_sensor_kafka_queue_records",
       kGauge,
       "Records in the Kafka library's queue now.",
       "",
       {{"", "kafka_queue_records", kProducer<&ProducerFigures::queue_records>}}},
      {"zonelag_sensor_kafka_queue_bytes",
       kGauge,
       "Size of that queue now.",
       "",
       {{"", "kafka_queue_bytes", kProducer<&ProducerFigures::queue_bytes>}}},
      {"zonelag_sensor_kafka_connected",
       kGauge,
       "1 while at least one broker is connected.",
       "",
       {{"", "", [](const SensorFigures& figures) { return std::uint64_t{figures.producer.connected}; }}}},
      {"zonelag_sensor_kafka_topic_ready",
       kGauge,
       "1 while the topic is there.",
       "",
       {{"", "", [](const SensorFigures& figures) { return std::uint64_t{figures.producer.topic_ready}; }}}},
  };
}

Families process_families() {
  return {
      {"zonelag_sensor_start_time_seconds",
       kGauge,
       "When the sensor started, seconds since 1970.",
       "",
       {{"", "",
         [](const SensorFigures& figures) { return std::optional(seconds(figures.started.time_since_epoch())); }}}},
      {"zonelag_sensor_last_packet_time_seconds",
       kGauge,
       "Capture time of the last packet, seconds since 1970; missing until there was one.",
       "",
       {{"", "", last_packet}}},
      {"zonelag_sensor_clock_synchronised",
       kGauge,
       "1 when the kernel says that the clock is synchronised, 0 when not; missing when it does not say.",
       "",
       {{"", "", clock_synchronised}}},
      {"zonelag_sensor_clock_max_error_seconds",
       kGauge,
       "Largest error of the clock, as the kernel has it; missing when it does not say.",
       "",
       {{"", "", clock_error}}},
      {"zonelag_sensor_clock_leap",
       kGauge,
       "1 while a leap second is announced, being inserted, or just over: times may be off by one second.",
       "",
       {{"", "",
         [](const SensorFigures& figures) { return std::uint64_t{figures.clock.leap != decoder::ClockLeap::none}; }}}},
      {"zonelag_sensor_log_lines_suppressed_total",
       kCounter,
       "Log lines counted and not written because too many of their kind came.",
       "",
       {{"", "log_lines_suppressed", [](const SensorFigures& figures) { return figures.log_lines_suppressed; }}}},
  };
}

}  // namespace

const std::vector<SensorFamily>& sensor_families() {
  static const Families families = [] {
    Families all = event_families();
    for (auto* part : {spool_families, kafka_families, process_families}) {
      const Families more = part();
      all.insert(all.end(), more.begin(), more.end());
    }
    return all;
  }();
  return families;
}

}  // namespace zonelag::sensor
