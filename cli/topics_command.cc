#include "commands.h"
#include "exit_code.h"

namespace zonelag::cli {

int topics(const TopicsOptions&) { return kExitFailed; }

}  // namespace zonelag::cli
