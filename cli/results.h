// What `zonelag replay` prints on standard output, in each of its forms.
#pragma once

#include "aggregator/policy.h"
#include "hub.h"
#include "output.h"

namespace zonelag::cli {

struct ResultOptions {
  const aggregator::Policy* policy = nullptr;  // overrides the inventory's; null: none does
  bool with_unknown = false;                   // sources that the inventory does not know
};

// A zone's versions with their nodes, then its transfers, then its NOTIFYs; the unknown sources last.
void print_json(Output& output, const Hub& hub, const ResultOptions& options);
void print_csv(Output& output, const Hub& hub, const ResultOptions& options);
void print_table(Output& output, const Hub& hub, const ResultOptions& options, bool colour);

}  // namespace zonelag::cli
