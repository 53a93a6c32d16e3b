// One HTTP connection as cpp-httplib's stream: all of it, from first to last byte, within one deadline, and no more
// read than a plain request has. (The library's own time-outs begin anew with each byte, and it counts no headers.)
#pragma once

#include <httplib.h>

#include <array>
#include <chrono>
#include <string>

namespace zonelag::service {

// Closes the descriptor at its end. `stop`: a descriptor that becomes readable when the server stops.
class HttpConnection final : public httplib::Stream {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::size_t kMaxRequestBytes = 16384;

  HttpConnection(int descriptor, int stop, Time deadline) : descriptor_(descriptor), stop_(stop), deadline_(deadline) {}
  ~HttpConnection() override;
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  bool is_readable() const override;
  bool is_writable() const override;
  ssize_t read(char* data, std::size_t size) override;
  ssize_t write(const char* data, std::size_t size) override;
  // Who asks is of no interest.
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return descriptor_; }

 private:
  bool wait(short events) const;

  int descriptor_;
  int stop_;
  Time deadline_;
  std::array<char, 2048> buffer_{};
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t received_ = 0;
};

}  // namespace zonelag::service
