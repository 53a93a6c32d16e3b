#include "runner_figures.h"

namespace zonelag::aggregator {

const char* to_string(RunnerState state) {
  switch (state) {
    case RunnerState::starting: return "starting";
    case RunnerState::running: return "running";
    case RunnerState::waiting: return "waiting";
    case RunnerState::fenced: return "fenced";
    case RunnerState::blocked: return "blocked";
    case RunnerState::contradiction: return "contradiction";
    case RunnerState::ended: return "ended";
  }
  return "?";
}

}  // namespace zonelag::aggregator
