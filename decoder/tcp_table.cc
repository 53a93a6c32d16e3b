#include "tcp_table.h"

#include <cstring>

namespace zonelag::decoder {

TcpTable::TcpTable() : buckets_(kFirstBuckets) {
  // Where the loader and the allocator have put us is random enough; it has no influence on any result.
  std::uint64_t seed = reinterpret_cast<std::uintptr_t>(buckets_.data()) ^ mix(reinterpret_cast<std::uintptr_t>(this));
  for (std::uint64_t& secret : secret_) secret = (seed = mix(seed + 0x9e3779b97f4a7c15ULL)) | 1;
}

std::uint32_t TcpTable::find(const Endpoint& left, const Endpoint& right) const {
  const std::uint32_t wanted = hash(left, right);
  const std::size_t mask = buckets_.size() - 1;
  for (std::size_t at = wanted & mask; buckets_[at].slot != kNoSlot; at = (at + 1) & mask) {
    if (buckets_[at].hash != wanted) continue;
    const TcpConnection& found = (*this)[buckets_[at].slot].connection;
    if (is_same(found.client, left) && is_same(found.server, right)) return buckets_[at].slot;
    if (is_same(found.client, right) && is_same(found.server, left)) return buckets_[at].slot;
  }
  return kNoSlot;
}

std::uint32_t TcpTable::insert(const Endpoint& client, const Endpoint& server) {
  if ((size_ + 1) * std::uint64_t{3} > buckets_.size() * std::uint64_t{2}) grow();
  const std::uint32_t slot = take_slot();
  TcpSlot& taken = (*this)[slot];
  taken.connection = {.client = client, .server = server, .slot = slot, .first_packet = {}};
  taken.in_use = true;
  place({.hash = hash(client, server), .slot = slot});
  ++size_;
  return slot;
}

void TcpTable::erase(std::uint32_t slot) {
  TcpSlot& left = (*this)[slot];
  const std::size_t mask = buckets_.size() - 1;
  std::size_t hole = hash(left.connection.client, left.connection.server) & mask;
  while (buckets_[hole].slot != slot) hole = (hole + 1) & mask;
  // Moves up what would not be found behind an empty bucket.
  for (std::size_t at = (hole + 1) & mask; buckets_[at].slot != kNoSlot; at = (at + 1) & mask) {
    const std::size_t home = buckets_[at].hash & mask;
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    buckets_[hole] = buckets_[at];
    hole = at;
  }
  buckets_[hole] = Bucket{};
  left = TcpSlot{};
  free_.push_back(slot);
  --size_;
}

std::uint32_t TcpTable::hash(const Endpoint& left, const Endpoint& right) const {
  const std::uint64_t both = hash(left) + hash(right);  // the same in both directions
  return static_cast<std::uint32_t>(both ^ (both >> 32));
}

std::uint64_t TcpTable::hash(const Endpoint& endpoint) const {
  std::array<std::uint64_t, 2> words{};
  std::memcpy(words.data(), endpoint.address.bytes().data(), sizeof words);
  return mix(words[0] * secret_[0] + words[1] * secret_[1] + endpoint.port * secret_[2]);
}

std::uint32_t TcpTable::take_slot() {
  if (!free_.empty()) {
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    return slot;
  }
  if (slots_ % kChunk == 0) chunks_.push_back(std::make_unique<TcpSlot[]>(kChunk));
  return slots_++;
}

void TcpTable::place(Bucket bucket) {
  const std::size_t mask = buckets_.size() - 1;
  std::size_t at = bucket.hash & mask;
  while (buckets_[at].slot != kNoSlot) at = (at + 1) & mask;
  buckets_[at] = bucket;
}

void TcpTable::grow() {
  std::vector<Bucket> old(buckets_.size() * 2);
  old.swap(buckets_);
  for (const Bucket& bucket : old) {
    if (bucket.slot != kNoSlot) place(bucket);
  }
}

}  // namespace zonelag::decoder
