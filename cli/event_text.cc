#include "event_text.h"

#include <fmt/format.h>

#include <optional>
#include <variant>

#include "aggregator/time_text.h"

namespace zonelag::cli {
namespace {

using decoder::Serial;

std::string serial_text(const std::optional<Serial>& serial) {
  return serial ? std::to_string(serial->value()) : std::string("?");
}

std::string describe_body(const decoder::Notify& notify) {
  if (notify.response) {
    return fmt::format("answer to NOTIFY{}: {}",
                       notify.request_serial ? " of " + serial_text(notify.request_serial) : "",
                       decoder::rcode_to_string(notify.rcode));
  }
  std::string text = notify.serial ? "NOTIFY with serial " + serial_text(notify.serial) : "NOTIFY without serial";
  if (notify.query_type != decoder::kTypeSoa) text += fmt::format(" for TYPE{}", notify.query_type);
  if (notify.answered_with) text += ", asked about and answered with " + serial_text(notify.answered_with);
  if (notify.attempt > 1) text += fmt::format(", attempt {}", notify.attempt);
  if (!notify.tsig_key.empty()) text += ", TSIG key " + notify.tsig_key;
  return text;
}

std::string describe_body(const decoder::Transfer& transfer) {
  std::string text =
      transfer.asked == decoder::TransferQuery::unknown ? "transfer" : decoder::to_string(transfer.asked);
  if (transfer.client_serial) text += " from " + serial_text(transfer.client_serial);
  text += fmt::format(" {}", decoder::to_string(transfer.phase));
  if (transfer.failure != decoder::TransferFailure::none)
    text += fmt::format(": {}", decoder::to_string(transfer.failure));
  if (transfer.first_serial) text += ", serial " + serial_text(transfer.first_serial);
  if (transfer.phase == decoder::TransferPhase::started) return text;
  if (transfer.got != decoder::TransferForm::none)
    text += fmt::format(", came as {}", decoder::to_string(transfer.got));
  return text + fmt::format(", {} message{}, {} records, {} bytes", transfer.messages,
                            transfer.messages == 1 ? "" : "s", transfer.records, transfer.bytes);
}

std::string describe_body(const decoder::Served& served) {
  std::string text = fmt::format("serial {} in a {}", served.serial.value(), decoder::to_string(served.via));
  if (served.previous && served.previous_last_seen) {
    text +=
        fmt::format(", after {} up to {}", served.previous->value(), aggregator::rfc3339(*served.previous_last_seen));
  }
  return text;
}

std::string describe_body(const decoder::Stamp& stamp) { return fmt::format("TXT {} = {}", stamp.owner, stamp.value); }
std::string describe_body(const decoder::Status&) { return "status of the sensor"; }

std::string endpoint_text(const decoder::Endpoint& endpoint) {
  return fmt::format("{}#{}", endpoint.address.to_string(), endpoint.port);
}

}  // namespace

std::string describe(const decoder::Event& event) {
  return std::visit([](const auto& body) { return describe_body(body); }, event.body);
}

std::string way_of(const decoder::Event& event) {
  if (event.destination.address.is_none()) return fmt::format("from {}", endpoint_text(event.source));
  return fmt::format("{} > {}", endpoint_text(event.source), endpoint_text(event.destination));
}

}  // namespace zonelag::cli
