#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "doctor.h"

namespace zonelag::sensor {
namespace {

std::string word(Finding finding, bool colour) {
  const char* text = finding == Finding::ok ? "ok  " : finding == Finding::warning ? "warn" : "FAIL";
  if (!colour) return text;
  return fmt::format("\x1b[{}m{}\x1b[0m", finding == Finding::ok ? 32 : finding == Finding::warning ? 33 : 31, text);
}

}  // namespace

const char* to_string(Finding finding) {
  switch (finding) {
    case Finding::ok: return "ok";
    case Finding::warning: return "warning";
    case Finding::failed: return "failed";
  }
  return "?";
}

std::string diagnosis_text(const std::vector<Diagnosis>& diagnoses, bool colour) {
  std::size_t width = 0;
  for (const Diagnosis& each : diagnoses) width = std::max(width, each.what.size());
  std::string text;
  for (const Diagnosis& each : diagnoses) {
    text += fmt::format("{}  {:<{}}  {}\n", word(each.finding, colour), each.what, width, each.found);
    if (!each.advice.empty()) text += fmt::format("      {:<{}}  -> {}\n", "", width, each.advice);
  }
  const auto count = [&](Finding finding) { return std::ranges::count(diagnoses, finding, &Diagnosis::finding); };
  const auto warnings = count(Finding::warning);
  text += fmt::format("{} failed, {} warning{}, {} ok\n", count(Finding::failed), warnings, warnings == 1 ? "" : "s",
                      count(Finding::ok));
  return text;
}

std::string diagnosis_json(const std::vector<Diagnosis>& diagnoses) {
  std::string text;
  for (const Diagnosis& each : diagnoses) {
    const nlohmann::ordered_json line{
        {"check", each.what},
        {"finding", to_string(each.finding)},
        {"found", each.found},
        {"advice", each.advice.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(each.advice)}};
    text += line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  }
  return text;
}

}  // namespace zonelag::sensor
