#include "file_source.h"

#include <fmt/format.h>

#include <utility>

namespace zonelag::sensor {

void FileSource::end_with(CaptureFault fault, const std::string& what) {
  end();
  add({fault, fmt::format("{}: {}; {}", bytes_->name(), what, fate_of_rest())});
}

void FileSource::end_cut(const std::string& what) {
  end();
  if (auto problem = bytes_->problem()) {
    add({problem->fault, fmt::format("{}; {}", problem->text, fate_of_rest())});
  } else {
    add({CaptureFault::cut_short, fmt::format("{}: {}; {}", bytes_->name(), what, fate_of_rest())});
  }
}

void FileSource::warn(CaptureFault fault, const std::string& what) {
  add({fault, fmt::format("{}: {}", bytes_->name(), what)});
}

std::string FileSource::fate_of_rest() const {
  if (number_ == 0) return "no packet came before";
  return fmt::format("the {} before {} used", number_ == 1 ? "packet" : fmt::format("{} packets", number_),
                     number_ == 1 ? "was" : "were");
}

// What ends a capture always finds room; of warnings, the first count.
void FileSource::add(CaptureProblem problem) {
  if (problems_.size() < kMaxProblems - 1 || ended_) {
    if (problems_.size() < kMaxProblems) problems_.push_back(std::move(problem));
  }
}

}  // namespace zonelag::sensor
