#include "commands.h"
#include "exit_code.h"

namespace zonelag::cli {

int db(const DbOptions&) { return kExitFailed; }

}  // namespace zonelag::cli
