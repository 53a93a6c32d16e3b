#include "tcp_ended.h"

#include <functional>

namespace zonelag::decoder {

void TcpEnded::remember(const TcpSlot& slot, Timestamp now) {
  const TcpConnection& connection = slot.connection;
  places_[index(connection.client, connection.server)] = {.client = connection.client,
                                                          .server = connection.server,
                                                          .client_start = slot.sides[0].start(),
                                                          .server_start = slot.sides[1].start(),
                                                          .used = true,
                                                          .ended = now};
}

bool TcpEnded::is_late(const Segment& segment, Timestamp now) const {
  const Place& place = places_[index(segment.source, segment.destination)];
  if (!place.used || now - place.ended > kLinger) return false;
  const bool from_client = place.client == segment.source && place.server == segment.destination;
  const bool from_server = place.server == segment.source && place.client == segment.destination;
  if (!from_client && !from_server) return false;
  if ((segment.flags & kSyn) == 0) return true;
  return segment.sequence + 1 == (from_client ? place.client_start : place.server_start);
}

std::size_t TcpEnded::index(const Endpoint& client, const Endpoint& server) {
  const std::hash<Endpoint> hash;
  return mix(hash(client) + hash(server)) % kPlaces;  // the same in both directions
}

}  // namespace zonelag::decoder
