// A running sensor: all parts wired, from the first capture handle to the last record.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "config.h"
#include "figures.h"
#include "orders.h"
#include "output.h"
#include "publisher_thread.h"
#include "sensor/clock.h"
#include "sensor/live/host_addresses.h"
#include "service/http_server.h"
#include "service/log.h"
#include "service/service_manager.h"
#include "service/signal_waiter.h"
#include "worker.h"

namespace zonelag::sensor {

class FileCapture;

class Sensor {
 public:
  // The configuration anew, as SIGHUP asks; or what is wrong with it.
  using Reread = std::function<std::expected<SensorConfig, std::string>()>;

  // Opens everything, then gives up what only that needed (design, section 7). `files`: --read; empty: live. `log` and
  // `clock` must outlive the sensor. Error: one line that names the culprit.
  static std::expected<std::unique_ptr<Sensor>, std::string> open(SensorConfig config, std::vector<std::string> files,
                                                                  service::Log& log, const Clock& clock);
  ~Sensor();

  // Until SIGTERM or SIGINT, the files' end, or a capture's that can't be opened again. The exit code.
  int run(const service::SignalWaiter& signals, const Reread& reread);

 private:
  Sensor(SensorConfig config, std::vector<std::string> files, service::Log& log, const Clock& clock);

  // Opening, in this order:
  std::expected<void, std::string> open_captures();
  std::expected<void, std::string> open_around();
  std::expected<void, std::string> restrict();
  std::expected<void, std::string> open_output();

  void start();
  void tick();
  void follow_host();
  void tell_notices();
  void beat();
  SensorFigures collect();
  void reload(const Reread& reread);
  bool all_ended() const;
  int finish(const service::SignalWaiter& signals, bool told);
  bool deliver_rest(const service::SignalWaiter& signals, bool told);
  bool tell_file_problems();

  SensorConfig config_;
  std::vector<std::string> files_;
  service::Log& log_;
  const Clock& clock_;
  SensorIdentity identity_;
  decoder::Timestamp started_;
  EventQueue queue_;
  SharedOrders orders_;
  std::unique_ptr<HostAddresses> host_;
  std::vector<std::unique_ptr<Capture>> captures_;  // until the workers have them
  FileCapture* file_capture_ = nullptr;
  std::unique_ptr<Output> output_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::map<std::string, bool> interface_up_;
  FigureHistory history_;
  SharedValue<SensorFigures> figures_;
  std::uint64_t status_events_ = 0;
  std::chrono::steady_clock::time_point next_beat_;
  std::chrono::steady_clock::time_point next_alive_;
  service::ServiceManager service_;
  // Threads, the first to end last:
  std::unique_ptr<PublisherThread> publisher_;
  std::vector<std::jthread> threads_;
  std::unique_ptr<service::HttpServer> http_;
};

}  // namespace zonelag::sensor
