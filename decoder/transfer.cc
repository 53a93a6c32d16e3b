#include "transfer.h"

namespace zonelag::decoder {

void TransferProgress::plain_records(std::uint64_t count) {
  if (state_ != State::open || count == 0) return;
  if (!first_) {
    state_ = State::malformed;  // RFC 5936 section 2.2: the first record is the zone's SOA
    return;
  }
  if (form_ == TransferForm::none) {
    form_ = asked_ == TransferQuery::ixfr ? TransferForm::axfr_style : TransferForm::axfr;
  }
  records_ += count;
}

void TransferProgress::soa(Serial serial) {
  if (state_ != State::open) return;
  ++records_;
  if (!first_) {
    first_ = serial;
  } else if (form_ == TransferForm::none) {
    second_record_is_soa(serial);
  } else {
    further_soa(serial);
  }
}

// RFC 1995 section 4: a second SOA right behind the first begins a difference sequence; the same SOA twice is a zone
// without any other record.
void TransferProgress::second_record_is_soa(Serial serial) {
  if (serial == *first_) {
    form_ = asked_ == TransferQuery::ixfr ? TransferForm::axfr_style : TransferForm::axfr;
    state_ = State::completed;
  } else if (asked_ == TransferQuery::axfr) {
    state_ = State::malformed;
  } else {
    form_ = TransferForm::incremental;
  }
}

void TransferProgress::further_soa(Serial serial) {
  if (form_ != TransferForm::incremental) {
    state_ = serial == *first_ ? State::completed : State::malformed;
    return;
  }
  if (!adding_) {  // ends the deletions
    adding_ = true;
    sequence_end_ = serial;
  } else if (sequence_end_ == *first_) {
    state_ = serial == *first_ ? State::completed : State::malformed;
  } else {  // begins the next sequence's deletions
    adding_ = false;
  }
}

bool TransferProgress::is_up_to_date() const {
  if (!is_lone_soa() || !client_serial_) return false;
  const SerialOrder order = compare(*client_serial_, *first_);
  return order == SerialOrder::equal || order == SerialOrder::greater;
}

void TransferProgress::conclude_lone_soa() {
  form_ = TransferForm::lone_soa;
  state_ = State::completed;
}

}  // namespace zonelag::decoder
