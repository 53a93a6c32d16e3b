#include "service/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <thread>

namespace zonelag::service {
namespace {

using Clock = std::chrono::steady_clock;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// A client that sends what it likes.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;

  bool connected() const { return connected_; }
  bool send(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t count = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  // All up to the end of the connection; at most 20 s.
  std::string answer() const {
    std::string text;
    pollfd waited{socket_, POLLIN, 0};
    char buffer[4096];
    while (::poll(&waited, 1, 20'000) > 0) {
      const ssize_t count = ::recv(socket_, buffer, sizeof(buffer), 0);
      if (count <= 0) break;
      text.append(buffer, static_cast<std::size_t>(count));
    }
    return text;
  }

 private:
  int socket_;
  bool connected_ = false;
};

class Http : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = HttpServer::open("127.0.0.1:0");
    ASSERT_TRUE(opened) << opened.error();
    server_ = std::move(*opened);
    server_->start({.metrics =
                        [this] {
                          ++calls_;
                          return std::string("# TYPE a_total counter\na_total 1000\n");
                        },
                    .health =
                        [this] {
                          ++calls_;
                          Health health{.notes = {"e\"t\\h\n1 is down"}};
                          if (ill_) health.reasons = {"the disk takes nothing", "the broker is away"};
                          return health;
                        },
                    .ready = [] { return Health{.reasons = {"reads back"}}; }});
  }
  std::string ask(const std::string& request) const {
    const Client client(server_->port());
    client.send(request);
    return client.answer();
  }
  std::string get(const std::string& path, const std::string& headers = "") const {
    return ask("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
  }

  std::unique_ptr<HttpServer> server_;
  std::atomic<bool> ill_ = false;
  std::atomic<int> calls_ = 0;
};

std::string body_of(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

TEST_F(Http, Metrics) {
  const std::string answer = get("/metrics");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(body_of(answer), HasSubstr("\na_total 1000\n"));
}

TEST_F(Http, Health) {
  std::string answer = get("/health");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(body_of(answer), "ok\n");
  ill_ = true;
  answer = get("/health");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(body_of(answer), "the disk takes nothing; the broker is away\n");
  EXPECT_EQ(body_of(get("/healthz")), body_of(answer));
  EXPECT_THAT(get("/healthzz"), StartsWith("HTTP/1.1 404 "));
}

TEST_F(Http, HealthAsJson) {
  ill_ = true;
  const std::string expected =
      "{\"status\":\"failing\",\"reasons\":[\"the disk takes nothing\",\"the broker is away\"],"
      "\"notes\":[\"e\\\"t\\\\h\\n1 is down\"]}\n";
  EXPECT_EQ(body_of(get("/health?format=json")), expected);
  EXPECT_EQ(body_of(get("/health", "Accept: application/json\r\n")), expected);
  EXPECT_THAT(get("/health", "Accept: application/json\r\n"), HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_EQ(body_of(get("/health?format=text", "Accept: application/json\r\n")),
            "the disk takes nothing; the broker is away\n");
}

TEST_F(Http, Ready) {
  EXPECT_THAT(get("/ready"), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(body_of(get("/ready")), "reads back\n");
  EXPECT_EQ(body_of(get("/")), "not found: /metrics, /health and /ready are here\n");
  const auto plain = HttpServer::open("127.0.0.1:0").value();
  plain->start({.metrics = [] { return std::string(); }, .health = [] { return Health{}; }});
  const Client client(plain->port());
  client.send("GET /ready HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string answer = client.answer();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 404 "));
  EXPECT_EQ(body_of(answer), "not found: /metrics and /health are here\n");
}

TEST_F(Http, OtherPathsAndMethods) {
  EXPECT_THAT(get("/"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(get("/metrics/x"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(get("/../etc/passwd"), StartsWith("HTTP/1.1 404 "));
  const std::string post = ask("POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde");
  EXPECT_THAT(post, StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(post, HasSubstr("Allow: GET, HEAD\r\n"));
  EXPECT_THAT(ask("DELETE /health HTTP/1.1\r\nHost: a\r\n\r\n"), StartsWith("HTTP/1.1 405 "));
  EXPECT_EQ(calls_, 0) << "nothing is gathered for these";
  const std::string head = ask("HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(head, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(head, EndsWith("\r\n\r\n"));
}

TEST_F(Http, OneRequestForEachConnection) {
  const std::string twice = ask("GET /health HTTP/1.1\r\nHost: a\r\n\r\nGET /health HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(twice.find("HTTP/1.1", 1), std::string::npos);
}

TEST_F(Http, WhatIsNoRequestGetsNoPage) {
  EXPECT_THAT(ask("\r\n\r\n"), Not(HasSubstr(" 200 ")));
  EXPECT_THAT(ask(std::string(3000, '\0') + "\r\n\r\n"), Not(HasSubstr(" 200 ")));
  EXPECT_THAT(ask("GET /metrics SMTP/9\r\n\r\n"), Not(HasSubstr(" 200 ")));
  EXPECT_THAT(get("/health"), StartsWith("HTTP/1.1 200 ")) << "still there";
}

TEST_F(Http, HugeRequestsAreCutOff) {
  EXPECT_THAT(get("/metrics?" + std::string(100'000, 'a')), Not(HasSubstr(" 200 ")));
  EXPECT_THAT(get("/metrics", "A: " + std::string(100'000, 'a') + "\r\n"), Not(HasSubstr(" 200 ")));
  std::string headers;
  while (headers.size() < 1'000'000) headers += "A: b\r\n";
  EXPECT_THAT(get("/metrics", headers), Not(HasSubstr(" 200 ")));
  const Client client(server_->port());
  client.send("POST /metrics HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\n");
  const std::string block(1 << 20, 'x');
  int blocks = 0;
  while (blocks < 64 && client.send(block)) ++blocks;
  EXPECT_LT(blocks, 64) << "it took a body of 64 MiB";
  EXPECT_THAT(get("/health"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(Http, SlowClientsHoldItUpForSecondsOnly) {
  // As many as there are threads, a byte at a time for ever: each byte would renew a plain time-out.
  std::vector<std::jthread> slow;
  std::atomic<int> begun = 0;
  for (int index = 0; index < 2; ++index) {
    slow.emplace_back([&](const std::stop_token& stop) {
      const Client client(server_->port());
      client.send("GET /health HTTP/1.1\r\nA: ");
      ++begun;
      while (!stop.stop_requested() && client.send("a")) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    });
  }
  while (begun < 2) std::this_thread::yield();
  const auto start = Clock::now();
  EXPECT_THAT(get("/health"), StartsWith("HTTP/1.1 200 "));
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(10));
}

std::size_t entries(const char* folder) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
}

TEST_F(Http, ManyConnectionsCostNoThreadsAndNoDescriptors) {
  EXPECT_EQ(entries("/proc/self/task"), 3U) << "two and ours";
  const std::size_t descriptors = entries("/proc/self/fd");
  for (int index = 0; index < 200; ++index) {
    const Client client(server_->port());
    client.send("GET /health HTTP/1.0\r\n\r\n");
    ASSERT_THAT(client.answer(), HasSubstr(" 200 "));
  }
  EXPECT_EQ(entries("/proc/self/task"), 3U);
  server_.reset();
  EXPECT_LE(entries("/proc/self/fd"), descriptors);
}

TEST_F(Http, ClientsThatGoAwayDoNotMatter) {
  for (int index = 0; index < 100; ++index) {
    const Client client(server_->port());
    client.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  EXPECT_THAT(get("/health"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(Http, StopsAtOnceAlsoWithAConnectionOpen) {
  const Client client(server_->port());
  client.send("GET /health HTTP/1.1\r\n");
  const auto start = Clock::now();
  server_->stop();
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(2));
}

TEST(HttpServer, APortThatIsTakenIsNamed) {
  const auto first = HttpServer::open("127.0.0.1:0");
  ASSERT_TRUE(first);
  const std::string address = "127.0.0.1:" + std::to_string((*first)->port());
  const auto second = HttpServer::open(address);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), "metrics address '" + address + "': Address already in use; set another, or none");
}

TEST(HttpServer, Addresses) {
  const auto error = [](const std::string& listen) {
    const auto opened = HttpServer::open(listen);
    return opened ? "opened" : opened.error();
  };
  EXPECT_EQ(error("[::1]:0"), "opened");
  EXPECT_EQ(error("localhost:0"), "opened");
  for (const char* wrong : {"", "9153", "127.0.0.1", ":9153", "127.0.0.1:", "::1:9153"}) {
    EXPECT_EQ(error(wrong),
              std::string("metrics address '") + wrong + "': ADDRESS:PORT is expected, e.g. 127.0.0.1:9153");
  }
  EXPECT_THAT(error("127.0.0.1:http"), StartsWith("metrics address '127.0.0.1:http': "));
  EXPECT_THAT(error("192.0.2.1:9153"), StartsWith("metrics address '192.0.2.1:9153': "));
}

}  // namespace
}  // namespace zonelag::service
