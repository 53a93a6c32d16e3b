#include "service/program.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "service/command_line/usage.h"
#include "service/exit_code.h"

namespace zonelag::service {

void complain(std::string_view program, std::string_view line) {
  std::fputs(fmt::format("{}: {}\n", program, line).c_str(), stderr);
}

bool is_sound(std::string_view program, const ConfigCheck& check, const Origins& origins) {
  for (const ConfigProblem& error : check.errors) complain(program, describe(error, origins));
  for (const ConfigProblem& warning : check.warnings) complain(program, "warning: " + describe(warning, origins));
  return check.errors.empty();
}

bool print(std::string_view program, std::string_view text) {
  const bool printed = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!printed) complain(program, "standard output: could not be written");
  return printed;
}

int run_program(const CLI::App& app, const std::string& version, const std::function<int()>& run) {
  const std::string& program = app.get_name();
  try {
    return run();
  } catch (const CLI::CallForVersion&) {
    return print(program, version + "\n") ? kExitOk : kExitFailed;
  } catch (const CLI::Success&) {  // --help
    return print(program, app.help()) ? kExitOk : kExitFailed;
  } catch (const UsageError& error) {
    complain(program, error.what());
    std::fputs((where_to_look(app) + "\n").c_str(), stderr);
    return kExitUsage;
  } catch (const std::exception& error) {  // out of memory, mostly
    complain(program, error.what());
    return kExitFailed;
  }
}

}  // namespace zonelag::service
