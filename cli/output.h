// Standard output and standard error of a command.
#pragma once

#include <string>
#include <string_view>

#include "options.h"

namespace zonelag::cli {

// Results on standard output. The first write error is kept and told by finish().
class Output {
 public:
  void write(std::string_view text);
  void line(std::string_view text);
  void flush();  // for who watches; an error is told by finish()
  // Flushes. False: something could not be written, and standard error says why (not, when nobody reads any more).
  bool finish();
  // Something could not be written: whatever is left to say need not be found out.
  bool failed() const { return error_ != 0; }

 private:
  int error_ = 0;  // errno
};

// "zonelag: text" on standard error.
void complain(std::string_view text);
// The text alone, as a line of its own on standard error.
void advise(std::string_view text);

bool is_terminal(int descriptor);
// Whether tables on standard output are coloured: the option, else a terminal without NO_COLOR.
bool wants_colour(Colour colour);

}  // namespace zonelag::cli
