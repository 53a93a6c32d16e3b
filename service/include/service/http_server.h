// GET /metrics, /health and /ready (and /healthz, /readyz) over plain HTTP, for a scraper on the same host: two worker
// threads, a few seconds for a connection from first to last byte, one request each, no request body.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "service/health.h"

namespace zonelag::service {

struct HttpPages {
  std::function<std::string()> metrics;  // Prometheus' text format
  std::function<Health()> health;        // 200 while well, else 503; text, or JSON for whoever asks for it
  std::function<Health()> ready;         // the same at /ready; empty: there is no such page
};

class HttpServer {
 public:
  // Binds; serves nothing yet. `listen`: ADDRESS:PORT, [ADDRESS]:PORT (port 0: any that is free).
  // Error: one line that names the address.
  static std::expected<std::unique_ptr<HttpServer>, std::string> open(const std::string& listen);
  ~HttpServer();  // stops
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Starts the threads (after privileges are dropped). The pages are called from them, one call at a time.
  void start(HttpPages pages);
  // Within the time that one connection may take; then a second start() is not possible.
  void stop();
  std::uint16_t port() const;

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace zonelag::service
