// The records of a made-up registry zone: delegations with name servers, DS, signatures, some glue and text.
#pragma once

#include <array>
#include <cstdint>

#include "traffic/message_builder.h"
#include "traffic/rng.h"

namespace zonelag::traffic {

/// A sequence without end. A record can be written again, when it did not fit into a message.
class ZoneContent {
 public:
  ZoneContent(const Name& zone, Rng rng);

  void advance();
  void write(MessageBuilder& message) const;

 private:
  struct Step {
    RrType type;
    std::uint8_t host = 0;  ///< which name server: an NS record's target, or the owner of glue
  };
  void begin_delegation();
  void add_step(RrType type, std::uint8_t host = 0) { steps_[steps_count_++] = {type, host}; }

  Name zone_;
  Rng rng_;
  std::uint64_t delegations_ = 0;
  Name owner_;
  std::array<Name, 2> hosts_;
  std::array<Step, 10> steps_{};
  std::size_t steps_count_ = 0;
  std::size_t step_ = 0;
  std::uint64_t salt_ = 0;  ///< what the current record's random content comes from
};

}  // namespace zonelag::traffic
