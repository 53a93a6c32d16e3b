#include "traffic/tcp_sender.h"

#include <algorithm>

namespace zonelag::traffic {
namespace {
// Sent bytes are forgotten in lots of this size, so that each byte moves about once.
constexpr std::size_t kForgetLot = std::size_t{1} << 20;
}  // namespace

TcpSender::TcpSender(TcpFlow& flow, Wire& wire, TcpCounts& counts, const SenderOptions& options, Rng rng)
    : flow_{flow}, wire_{wire}, counts_{counts}, options_{options}, rng_{rng} {}

std::uint32_t TcpSender::seq_at(std::size_t index) const {
  return flow_.next_seq(Side::kServer) - static_cast<std::uint32_t>(next_ - index);
}

void TcpSender::write(ByteView bytes) {
  stream_.insert(stream_.end(), bytes.begin(), bytes.end());
  truth_.stream_bytes += bytes.size();
  while (unsent() >= options_.segment) send_one(false);
  forget_old();
}

void TcpSender::flush() {
  while (unsent() > 0) send_one(unsent() <= options_.segment);
  if (held_) {
    held_->wait = 1;
    release_held();
    acknowledge();
  } else if (since_ack_ > 0) {
    acknowledge();
  }
}

void TcpSender::send_one(bool last) {
  if (rng_.chance(options_.disturbance.overlap)) send_overlap();
  const std::size_t size = std::min(options_.segment, unsent());
  if (size == 0) return;
  const ByteView payload{stream_.data() + next_, size};
  const std::uint32_t seq = seq_at(next_);
  ++truth_.segments;
  next_ += size;
  flow_.advance(Side::kServer, static_cast<std::uint32_t>(size));
  if (rng_.chance(options_.disturbance.drop)) {
    ++truth_.dropped;
    truth_.dropped_bytes += size;
    floor_ = next_;
  } else if (!held_ && rng_.chance(options_.disturbance.reorder)) {
    ++truth_.reordered;
    held_ = Held{seq, {payload.begin(), payload.end()}, 1 + rng_.below(3)};
    floor_ = next_;
  } else {
    send_plain(seq, payload, last);
  }
  if (++since_ack_ >= options_.segments_per_ack) acknowledge();
}

void TcpSender::send_plain(std::uint32_t seq, ByteView payload, bool last) {
  const std::uint8_t flags = last ? kTcpAck | kTcpPsh : kTcpAck;
  truth_.last_new_byte = flow_.send_at(wire_, counts_, Side::kServer, seq, flags, payload);
  if (rng_.chance(options_.disturbance.duplicate)) {
    ++truth_.duplicated;
    flow_.send_at(wire_, counts_, Side::kServer, seq, flags, payload);
  }
  release_held();
}

void TcpSender::send_overlap() {
  const auto back = static_cast<std::size_t>(rng_.below(static_cast<std::uint32_t>(2 * options_.segment))) + 1;
  const std::size_t begin = std::max(floor_, next_ - std::min(back, next_));
  const auto wanted = static_cast<std::size_t>(rng_.below(static_cast<std::uint32_t>(options_.segment))) + 1;
  if (begin == next_) return;
  const ByteView payload{stream_.data() + begin, std::min(wanted, stream_.size() - begin)};
  ++truth_.overlapped;
  const Time sent = flow_.send_at(wire_, counts_, Side::kServer, seq_at(begin), kTcpAck, payload);
  const std::size_t end = begin + payload.size();
  if (end <= next_) return;
  truth_.last_new_byte = sent;
  flow_.advance(Side::kServer, static_cast<std::uint32_t>(end - next_));
  next_ = end;
}

void TcpSender::release_held() {
  if (!held_ || --held_->wait > 0) return;
  truth_.last_new_byte = flow_.send_at(wire_, counts_, Side::kServer, held_->seq, kTcpAck, held_->payload);
  held_.reset();
}

void TcpSender::acknowledge() {
  // As a receiver would: not beyond what is missing still, but beyond a hole, because only the capture lost that.
  flow_.acknowledge(wire_, counts_, Side::kClient, held_ ? held_->seq : flow_.next_seq(Side::kServer));
  since_ack_ = 0;
}

void TcpSender::forget_old() {
  const std::size_t keep = std::min(next_, 2 * options_.segment);
  const std::size_t old = next_ - keep;
  if (old < kForgetLot) return;
  stream_.erase(stream_.begin(), stream_.begin() + static_cast<std::ptrdiff_t>(old));
  next_ -= old;
  floor_ -= std::min(floor_, old);
}

}  // namespace zonelag::traffic
