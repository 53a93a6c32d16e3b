#include "transfer_changes.h"

namespace zonelag::aggregator {

void TransferChanges::consume(const decoder::Event& event) {
  const auto* transfer = std::get_if<decoder::Transfer>(&event.body);
  if (transfer == nullptr) return;
  const TransferKey key{transfer->first_packet, event.source,    event.destination,
                        transfer->message_id,   event.transport, event.zone};
  const TransferView view(*transfer);
  const auto [at, fresh] = views_.try_emplace({key, event.sensor_id}, view);
  if (!fresh) at->second.merge(view);
}

void TransferChanges::take(Changes& into) {
  for (const auto& [key, view] : views_) {
    const auto& [transfer, sensor] = key;
    TransferChange& change = into.transfers.emplace_back();
    change.sensor = sensor;
    change.message_id = transfer.message_id;
    change.server_port = transfer.server.port;
    change.client_port = transfer.client.port;
    change.transport = transfer.transport;
    change.row = row_of(transfer, view);
  }
  views_.clear();
}

}  // namespace zonelag::aggregator
