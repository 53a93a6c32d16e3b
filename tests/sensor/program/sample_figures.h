// Figures of a sensor that is well, each number a different one.
#pragma once

#include "figures.h"

namespace zonelag::sensor {

inline constexpr SteadyTime kNow{std::chrono::hours(100)};

inline SensorFigures sample_figures(std::size_t workers = 2) {
  SensorFigures figures;
  figures.version = "0.1.0";
  figures.sensor_id = "ns1";
  figures.started = decoder::Timestamp(std::chrono::seconds(1'700'000'000));
  for (std::size_t index = 0; index < workers; ++index) {
    WorkerFigures worker;
    worker.capture.packets = 1000 + index;
    worker.capture.dropped = 3 + index;
    worker.frame.not_ip = 7;
    worker.tcp.holes = 11;
    worker.dns.malformed = 13;
    worker.dns.served_evicted = 17;
    worker.sizes.tcp_connections = 19;
    worker.progress = kNow;
    worker.last_packet = decoder::Timestamp(std::chrono::milliseconds(1'700'000'100'500));
    figures.workers.push_back(worker);
  }
  figures.interfaces = {{.name = "eth0", .up = true, .packets = 2001}, {.name = "e\"t\\h\n1", .up = false}};
  figures.events = {.notify = 23, .transfer = 29, .served = 31, .stamp = 37, .status = 41};
  figures.queue = {.pushed = 161, .dropped = 2};
  figures.spool.dropped_size = 5;
  figures.spool.waiting_records = 43;
  figures.producer.delivered = 47;
  figures.publisher.latency.counts[0] = 3;
  figures.publisher.latency.counts[11] = 1;
  figures.publisher.latency.sum = 70.5;
  figures.clock.sync = decoder::ClockSync::synchronised;
  figures.clock.max_error = std::chrono::milliseconds(250);
  figures.recent.settled = kNow;
  return figures;
}

}  // namespace zonelag::sensor
