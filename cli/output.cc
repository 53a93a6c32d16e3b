#include "output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace zonelag::cli {

void Output::write(std::string_view text) {
  if (error_ != 0) return;  // a reader that is gone gets nothing more
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) error_ = errno;
}

void Output::line(std::string_view text) {
  write(text);
  write("\n");
}

void Output::flush() {
  if (std::fflush(stdout) != 0 && error_ == 0) error_ = errno;
}

bool Output::finish() {
  flush();
  if (error_ == 0) return true;
  if (error_ != EPIPE) complain(fmt::format("standard output: {}", std::strerror(error_)));
  return false;
}

void complain(std::string_view text) { fmt::print(stderr, "zonelag: {}\n", text); }

void advise(std::string_view text) { fmt::print(stderr, "{}\n", text); }

bool is_terminal(int descriptor) { return isatty(descriptor) == 1; }

bool wants_colour(Colour colour) {
  if (colour != Colour::automatic) return colour == Colour::always;
  const char* no_colour = std::getenv("NO_COLOR");
  return is_terminal(STDOUT_FILENO) && (no_colour == nullptr || *no_colour == '\0');
}

}  // namespace zonelag::cli
