#include "commands.h"
#include "exit_code.h"

namespace zonelag::cli {

int report(const ReportOptions&) { return kExitFailed; }

}  // namespace zonelag::cli
