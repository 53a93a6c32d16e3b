#include "aggregator/claim.h"

#include <variant>

namespace zonelag::aggregator {
namespace {

using decoder::Event;

// An answer is about the request's sender: it says whether its announcement was believed.
std::optional<Claim> claim_of(const Event& event, const decoder::Notify& notify) {
  if (notify.query_type != decoder::kTypeSoa) return std::nullopt;
  if (notify.response) {
    if (!notify.request_serial) return std::nullopt;
    const Reception reception = notify.rcode == 0 ? Reception::accepted : Reception::rejected;
    return Claim{.node = event.destination, .serial = *notify.request_serial, .receptions = bit(reception)};
  }
  const std::optional<Serial> serial = notify.serial ? notify.serial : notify.answered_with;
  if (!serial) return std::nullopt;
  return Claim{.node = event.source, .serial = *serial, .kinds = bit(EvidenceKind::announced)};
}

std::optional<Claim> claim_of(const Event& event, const decoder::Transfer& transfer) {
  // Only the start has the time at which the first SOA was seen.
  if (transfer.phase == decoder::TransferPhase::started && transfer.first_serial) {
    return Claim{.node = event.source, .serial = *transfer.first_serial, .kinds = bit(EvidenceKind::offered)};
  }
  const bool whole = transfer.phase == decoder::TransferPhase::completed && transfer.last_serial &&
                     transfer.got != decoder::TransferForm::lone_soa;
  if (!whole) return std::nullopt;
  return Claim{.node = event.destination, .serial = *transfer.last_serial, .kinds = bit(EvidenceKind::received)};
}

std::optional<Claim> claim_of(const Event& event, const decoder::Served& served) {
  Claim claim{.node = event.source, .serial = served.serial, .kinds = bit(EvidenceKind::served)};
  if (served.via == decoder::ServedVia::soa_answer) claim.kinds |= bit(EvidenceKind::offered);
  if (served.previous && served.previous_last_seen)
    claim.lower = LowerBound{*served.previous_last_seen, *served.previous};
  return claim;
}

std::optional<Claim> claim_of(const Event&, const decoder::Stamp&) { return std::nullopt; }
std::optional<Claim> claim_of(const Event&, const decoder::Status&) { return std::nullopt; }

}  // namespace

std::optional<Claim> claim_of(const Event& event) {
  return std::visit([&](const auto& body) { return claim_of(event, body); }, event.body);
}

}  // namespace zonelag::aggregator
