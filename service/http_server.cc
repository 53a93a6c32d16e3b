#include "service/http_server.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>
#include <vector>

#include "http_connection.h"

namespace zonelag::service {
namespace {

constexpr int kThreads = 2;
constexpr int kBacklog = 16;
constexpr std::chrono::seconds kConnection{3};

class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }

 private:
  int number_;
};

// Parses requests and writes answers; sockets and threads are ours.
class Http final : public httplib::Server {
 public:
  void serve(HttpConnection& connection) {
    bool closed = false;
    process_request(connection, true, closed, nullptr);
  }
};

struct AddressRelease {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

std::expected<std::unique_ptr<addrinfo, AddressRelease>, std::string> resolve(const std::string& listen) {
  const auto colon = listen.rfind(':');
  std::string host = listen.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string::npos) {
    host.clear();  // IPv6 without brackets: where the port begins is a guess
  }
  if (colon == std::string::npos || host.empty() || colon + 1 == listen.size()) {
    return std::unexpected(fmt::format("metrics address '{}': ADDRESS:PORT is expected, e.g. 127.0.0.1:9153", listen));
  }
  const addrinfo hints{.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), listen.c_str() + colon + 1, &hints, &found);
  if (error != 0) return std::unexpected(fmt::format("metrics address '{}': {}", listen, ::gai_strerror(error)));
  return std::unique_ptr<addrinfo, AddressRelease>(found);
}

std::expected<Descriptor, std::string> bind_to(const std::string& listen) {
  const auto address = resolve(listen);
  if (!address) return std::unexpected(address.error());
  const addrinfo& first = **address;
  Descriptor socket(::socket(first.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (socket.get() < 0 || ::bind(socket.get(), first.ai_addr, first.ai_addrlen) != 0 ||
      ::listen(socket.get(), kBacklog) != 0) {
    return std::unexpected(fmt::format("metrics address '{}': {}{}", listen, std::strerror(errno),
                                       errno == EADDRINUSE ? "; set another, or none" : ""));
  }
  return socket;
}

std::string health_text(const Health& health) {
  if (health.well()) return "ok\n";
  return fmt::format("{}\n", fmt::join(health.reasons, "; "));
}

std::string health_json(const Health& health) {
  const nlohmann::ordered_json object{
      {"status", health.well() ? "ok" : "failing"}, {"reasons", health.reasons}, {"notes", health.notes}};
  return object.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) + "\n";
}

bool wants_json(const httplib::Request& request) {
  if (request.has_param("format")) return request.get_param_value("format") == "json";
  return request.get_header_value("Accept").find("application/json") != std::string::npos;
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(Descriptor socket, Descriptor stop) : socket_(std::move(socket)), stop_(std::move(stop)) {
    http_.set_default_headers({{"Cache-Control", "no-store"}});
    http_.set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      answer(request, response);
      return httplib::Server::HandlerResponse::Handled;
    });
  }
  ~Impl() { stop(); }

  void start(HttpPages pages) {
    pages_ = std::move(pages);
    while (threads_.size() < kThreads) threads_.emplace_back([this] { serve(); });
  }

  void stop() {
    const std::uint64_t one = 1;
    if (!threads_.empty() && ::write(stop_.get(), &one, sizeof(one)) < 0) std::abort();  // an eventfd takes a 1
    threads_.clear();
  }

  std::uint16_t port() const {
    sockaddr_storage address{};
    socklen_t length = sizeof(address);
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                               : reinterpret_cast<const sockaddr_in&>(address).sin_port);
  }

 private:
  // Both threads wait for the same socket: the kernel's backlog is the only queue, and its length is fixed.
  void serve() {
    while (true) {
      std::array<pollfd, 2> waited{{{socket_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
      if (::poll(waited.data(), waited.size(), -1) < 0 && errno != EINTR) return;
      if (waited[1].revents != 0) return;
      const int accepted = ::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (accepted >= 0) {
        HttpConnection connection(accepted, stop_.get(), std::chrono::steady_clock::now() + kConnection);
        http_.serve(connection);
      } else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
        // Out of descriptors or memory: the connection stays in the backlog, and poll() would return at once.
        pollfd stopped{stop_.get(), POLLIN, 0};
        ::poll(&stopped, 1, 100);
      }
    }
  }

  void answer(const httplib::Request& request, httplib::Response& response) {
    const auto is = [&](std::string_view path) {  // Kubernetes' names end in z
      return request.path == path || request.path == std::string(path) + "z";
    };
    const auto* health = is("/health") ? &pages_.health : is("/ready") && pages_.ready ? &pages_.ready : nullptr;
    if (request.path != "/metrics" && health == nullptr) {
      response.status = 404;
      response.set_content(fmt::format("not found: {} are here\n",
                                       pages_.ready ? "/metrics, /health and /ready" : "/metrics and /health"),
                           "text/plain");
      return;
    }
    if (request.method != "GET" && request.method != "HEAD") {
      response.status = 405;
      response.set_header("Allow", "GET, HEAD");
      response.set_content("only GET\n", "text/plain");
      return;
    }
    const std::scoped_lock lock(mutex_);
    if (health != nullptr) {
      answer_health((*health)(), request, response);
      return;
    }
    response.status = 200;
    response.set_content(pages_.metrics(), "text/plain; version=0.0.4; charset=utf-8");
  }

  static void answer_health(const Health& health, const httplib::Request& request, httplib::Response& response) {
    response.status = health.well() ? 200 : 503;
    if (wants_json(request)) {
      response.set_content(health_json(health), "application/json");
    } else {
      response.set_content(health_text(health), "text/plain; charset=utf-8");
    }
  }

  Descriptor socket_;
  Descriptor stop_;
  Http http_;
  std::mutex mutex_;  // one call of a page at a time
  HttpPages pages_;
  std::vector<std::jthread> threads_;
};

std::expected<std::unique_ptr<HttpServer>, std::string> HttpServer::open(const std::string& listen) {
  auto socket = bind_to(listen);
  if (!socket) return std::unexpected(socket.error());
  Descriptor stop(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (stop.get() < 0) return std::unexpected(fmt::format("eventfd: {}", std::strerror(errno)));
  return std::unique_ptr<HttpServer>(new HttpServer(std::make_unique<Impl>(std::move(*socket), std::move(stop))));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;
void HttpServer::start(HttpPages pages) { impl_->start(std::move(pages)); }
void HttpServer::stop() { impl_->stop(); }
std::uint16_t HttpServer::port() const { return impl_->port(); }

}  // namespace zonelag::service
