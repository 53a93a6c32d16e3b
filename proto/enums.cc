#include "enums.h"

namespace zonelag::proto {

std::optional<v1::Transport> to_wire(decoder::Transport transport) {
  switch (transport) {
    case decoder::Transport::udp: return v1::TRANSPORT_UDP;
    case decoder::Transport::tcp: return v1::TRANSPORT_TCP;
  }
  return std::nullopt;
}

std::optional<v1::Direction> to_wire(decoder::Direction direction) {
  switch (direction) {
    case decoder::Direction::transit: return v1::DIRECTION_TRANSIT;
    case decoder::Direction::out: return v1::DIRECTION_OUT;
    case decoder::Direction::in: return v1::DIRECTION_IN;
  }
  return std::nullopt;
}

std::optional<v1::ClockSync> to_wire(decoder::ClockSync sync) {
  switch (sync) {
    case decoder::ClockSync::unknown: return v1::CLOCK_SYNC_UNSPECIFIED;
    case decoder::ClockSync::synchronised: return v1::CLOCK_SYNC_SYNCHRONISED;
    case decoder::ClockSync::unsynchronised: return v1::CLOCK_SYNC_UNSYNCHRONISED;
  }
  return std::nullopt;
}

std::optional<v1::ClockLeap> to_wire(decoder::ClockLeap leap) {
  switch (leap) {
    case decoder::ClockLeap::none: return v1::CLOCK_LEAP_UNSPECIFIED;
    case decoder::ClockLeap::insertion_due: return v1::CLOCK_LEAP_INSERTION_DUE;
    case decoder::ClockLeap::deletion_due: return v1::CLOCK_LEAP_DELETION_DUE;
    case decoder::ClockLeap::in_progress: return v1::CLOCK_LEAP_IN_PROGRESS;
    case decoder::ClockLeap::over: return v1::CLOCK_LEAP_OVER;
  }
  return std::nullopt;
}

std::optional<v1::TransferPhase> to_wire(decoder::TransferPhase phase) {
  switch (phase) {
    case decoder::TransferPhase::started: return v1::TRANSFER_PHASE_STARTED;
    case decoder::TransferPhase::completed: return v1::TRANSFER_PHASE_COMPLETED;
    case decoder::TransferPhase::failed: return v1::TRANSFER_PHASE_FAILED;
  }
  return std::nullopt;
}

std::optional<v1::TransferQuery> to_wire(decoder::TransferQuery query) {
  switch (query) {
    case decoder::TransferQuery::unknown: return v1::TRANSFER_QUERY_UNSPECIFIED;
    case decoder::TransferQuery::axfr: return v1::TRANSFER_QUERY_AXFR;
    case decoder::TransferQuery::ixfr: return v1::TRANSFER_QUERY_IXFR;
  }
  return std::nullopt;
}

std::optional<v1::TransferForm> to_wire(decoder::TransferForm form) {
  switch (form) {
    case decoder::TransferForm::none: return v1::TRANSFER_FORM_UNSPECIFIED;
    case decoder::TransferForm::axfr: return v1::TRANSFER_FORM_AXFR;
    case decoder::TransferForm::incremental: return v1::TRANSFER_FORM_INCREMENTAL;
    case decoder::TransferForm::axfr_style: return v1::TRANSFER_FORM_AXFR_STYLE;
    case decoder::TransferForm::lone_soa: return v1::TRANSFER_FORM_LONE_SOA;
  }
  return std::nullopt;
}

std::optional<v1::TransferFailure> to_wire(decoder::TransferFailure failure) {
  switch (failure) {
    case decoder::TransferFailure::none: return v1::TRANSFER_FAILURE_UNSPECIFIED;
    case decoder::TransferFailure::refused: return v1::TRANSFER_FAILURE_REFUSED;
    case decoder::TransferFailure::notauth: return v1::TRANSFER_FAILURE_NOTAUTH;
    case decoder::TransferFailure::other_rcode: return v1::TRANSFER_FAILURE_OTHER_RCODE;
    case decoder::TransferFailure::tsig_error: return v1::TRANSFER_FAILURE_TSIG_ERROR;
    case decoder::TransferFailure::connection_refused: return v1::TRANSFER_FAILURE_CONNECTION_REFUSED;
    case decoder::TransferFailure::connect_timeout: return v1::TRANSFER_FAILURE_CONNECT_TIMEOUT;
    case decoder::TransferFailure::reset: return v1::TRANSFER_FAILURE_RESET;
    case decoder::TransferFailure::closed_early: return v1::TRANSFER_FAILURE_CLOSED_EARLY;
    case decoder::TransferFailure::idle_timeout: return v1::TRANSFER_FAILURE_IDLE_TIMEOUT;
    case decoder::TransferFailure::capture_gap: return v1::TRANSFER_FAILURE_CAPTURE_GAP;
    case decoder::TransferFailure::malformed: return v1::TRANSFER_FAILURE_MALFORMED;
    case decoder::TransferFailure::truncated: return v1::TRANSFER_FAILURE_TRUNCATED;
  }
  return std::nullopt;
}

std::optional<v1::ServedVia> to_wire(decoder::ServedVia via) {
  switch (via) {
    case decoder::ServedVia::soa_answer: return v1::SERVED_VIA_SOA_ANSWER;
    case decoder::ServedVia::negative_answer: return v1::SERVED_VIA_NEGATIVE_ANSWER;
    case decoder::ServedVia::zone_version: return v1::SERVED_VIA_ZONE_VERSION;
  }
  return std::nullopt;
}

}  // namespace zonelag::proto
