// One zone transfer's answer, record by record: RFC 5936 (AXFR) and RFC 1995 (IXFR) in all their forms.
#pragma once

#include <optional>

#include "decoder/dns_message.h"
#include "decoder/dns_sink.h"

namespace zonelag::decoder {

class TransferProgress {
 public:
  enum class State : std::uint8_t { open, completed, malformed };

  TransferProgress() = default;
  TransferProgress(TransferQuery asked, std::optional<Serial> client_serial)
      : asked_(asked), client_serial_(client_serial) {}

  void soa(Serial serial);
  void plain_records(std::uint64_t count);

  State state() const { return state_; }
  TransferForm form() const { return form_; }
  std::optional<Serial> first_serial() const { return first_; }
  std::uint64_t records() const { return records_; }
  // One SOA and nothing else so far: final when the client is known to be as new as that, else it may be the first
  // message of more (PowerDNS sends the first SOA alone).
  bool is_lone_soa() const { return records_ == 1 && first_.has_value(); }
  // A lone SOA that answers the client's question by itself.
  bool is_up_to_date() const;
  // Ends the transfer as a lone SOA.
  void conclude_lone_soa();

 private:
  void second_record_is_soa(Serial serial);
  void further_soa(Serial serial);

  TransferQuery asked_ = TransferQuery::unknown;
  TransferForm form_ = TransferForm::none;
  State state_ = State::open;
  bool adding_ = false;  // incremental: in the additions of a difference sequence
  std::optional<Serial> client_serial_;
  std::optional<Serial> first_;
  Serial sequence_end_;  // incremental: the serial that the additions lead to
  std::uint64_t records_ = 0;
};

}  // namespace zonelag::decoder
