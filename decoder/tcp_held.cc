#include "tcp_held.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace zonelag::decoder {

std::uint32_t TcpHeld::insert(TcpPiece piece) {
  std::uint32_t known = 0;
  const auto skip = [&](std::uint32_t held_end) {
    const auto covered = static_cast<std::uint32_t>(std::max(0, distance(piece.sequence, held_end)));
    const std::uint32_t count = std::min(piece.length, covered);
    known += count;
    piece.drop_front(count);
  };
  auto next = pieces_.upper_bound(piece.sequence);
  if (next != pieces_.begin()) {
    const auto& [sequence, kept] = *std::prev(next);
    skip(sequence + kept.length);
  }
  while (piece.length > 0 && next != pieces_.end() && is_before(next->first, piece.end())) {
    TcpPiece gap = piece;
    gap.length = next->first - piece.sequence;
    keep(next, gap);
    piece.drop_front(gap.length);
    skip(next->first + next->second.length);
    ++next;
  }
  keep(next, piece);
  return known;
}

TcpHeld::Kept TcpHeld::take_first() {
  Kept kept = std::move(pieces_.begin()->second);
  pieces_.erase(pieces_.begin());
  cost_ -= kPieceOverhead + (kept.bytes ? kept.length : 0);
  return kept;
}

void TcpHeld::keep(Pieces::iterator before, TcpPiece piece) {
  if (piece.length == 0) return;
  Kept kept{.length = piece.length, .bytes = nullptr};
  if (piece.bytes != nullptr) {
    kept.bytes = std::make_unique_for_overwrite<std::byte[]>(piece.length);
    std::memcpy(kept.bytes.get(), piece.bytes, piece.length);
  }
  cost_ += kPieceOverhead + (kept.bytes ? kept.length : 0);
  pieces_.emplace_hint(before, piece.sequence, std::move(kept));
}

}  // namespace zonelag::decoder
