// truth_check DIR...: the same check for runs of the lab outside of pcaps/ (each with inventory.toml and truth.jsonl by
// scripts/truth, and captures). Exit code 1 when something is missing, invented or outside of its interval.

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <string_view>

#include "truth_check.h"

namespace {

bool is_clean(const char* folder, bool mirror) {
  const zonelag::truth::Tally tally = zonelag::truth::check(folder, mirror);
  if (tally.captures == 0) return true;
  fmt::print("{} {}: {}\n", folder, mirror ? "mirror" : "hosts", to_string(tally));
  const auto list = [](std::string_view what, const std::vector<std::string>& items) {
    for (const std::string& item : items) fmt::print("  {}: {}\n", what, item);
  };
  list("problem", tally.problems);
  list("miss", tally.misses);
  list("phantom", tally.phantoms);
  list("outside", tally.outside);
  list("late", tally.late);
  list("figures", tally.mismatches);
  return tally.problems.empty() && tally.misses.empty() && tally.phantoms.empty() && tally.outside.empty() &&
         tally.late.empty() && tally.mismatches.empty();
}

}  // namespace

int main(int argc, char** argv) {
  bool clean = argc > 1;
  for (int i = 1; i < argc; ++i) {
    try {
      clean = is_clean(argv[i], false) && clean;
      clean = is_clean(argv[i], true) && clean;
    } catch (const std::exception& error) {
      fmt::print(stderr, "{}: {}\n", argv[i], error.what());
      clean = false;
    }
  }
  return clean ? 0 : 1;
}
