#include "http_connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace zonelag::service {

HttpConnection::~HttpConnection() {
  // What the client still sends must be read before close(): else the kernel resets the connection, and the client may
  // never see the answer.
  ::shutdown(descriptor_, SHUT_WR);
  const auto patience = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
  deadline_ = std::min(deadline_, patience);
  while (received_ < kMaxRequestBytes && wait(POLLIN)) {
    const ssize_t count = ::recv(descriptor_, buffer_.data(), buffer_.size(), 0);
    if (count <= 0) break;
    received_ += static_cast<std::size_t>(count);
  }
  ::close(descriptor_);
}

bool HttpConnection::wait(short events) const {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    std::array<pollfd, 2> waited{{{descriptor_, events, 0}, {stop_, POLLIN, 0}}};
    const int ready = ::poll(waited.data(), waited.size(), static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) continue;
    return ready > 0 && waited[1].revents == 0;
  }
}

bool HttpConnection::is_readable() const { return begin_ < end_ || wait(POLLIN); }
bool HttpConnection::is_writable() const { return wait(POLLOUT); }

ssize_t HttpConnection::read(char* data, std::size_t size) {
  if (begin_ == end_) {
    if (received_ >= kMaxRequestBytes || !wait(POLLIN)) return -1;
    const ssize_t count = ::recv(descriptor_, buffer_.data(), buffer_.size(), 0);
    if (count <= 0) return count;
    begin_ = 0;
    end_ = static_cast<std::size_t>(count);
    received_ += end_;
  }
  const std::size_t count = std::min(size, end_ - begin_);
  std::memcpy(data, buffer_.data() + begin_, count);
  begin_ += count;
  return static_cast<ssize_t>(count);
}

ssize_t HttpConnection::write(const char* data, std::size_t size) {
  if (!wait(POLLOUT)) return -1;
  return ::send(descriptor_, data, size, MSG_NOSIGNAL);
}

void HttpConnection::get_remote_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}
void HttpConnection::get_local_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

}  // namespace zonelag::service
