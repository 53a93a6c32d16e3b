// What every main() does with a command line, and the two ways to tell a person something before there is a log.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "service/config_problem.h"

namespace CLI {
class App;
}

namespace zonelag::service {

// "PROGRAM: LINE" to standard error.
void complain(std::string_view program, std::string_view line);
// Everything that is wrong, a line each; the warnings, too. Whether there is no error.
bool is_sound(std::string_view program, const ConfigCheck& check, const Origins& origins);
// To standard output, to the end; or complains and is false.
bool print(std::string_view program, std::string_view text);

// `run` parses (parse_line()) and does the work. Gives its exit code, that of --help and --version, which it prints, or
// after a word to standard error that of wrong usage or of an exception.
int run_program(const CLI::App& app, const std::string& version, const std::function<int()>& run);

}  // namespace zonelag::service
