#include "commands.h"
#include "exit_code.h"

namespace zonelag::cli {

int explain(const ExplainOptions&, const Interrupt&) { return kExitFailed; }

}  // namespace zonelag::cli
