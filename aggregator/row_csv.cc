#include "aggregator/row_csv.h"

#include <fmt/format.h>

#include <string_view>

#include "aggregator/time_text.h"

namespace zonelag::aggregator {
namespace {

// Fields of one line in the order of the calls.
class Line {
 public:
  void field(std::string_view text) {
    if (!first_) out_.push_back(',');
    first_ = false;
    if (text.find_first_of("\",\r\n") == std::string_view::npos) {
      out_ += text;
      return;
    }
    out_.push_back('"');
    for (const char c : text) {
      if (c == '"') out_.push_back('"');
      out_.push_back(c);
    }
    out_.push_back('"');
  }
  void field(const std::optional<Timestamp>& time) { field(time ? rfc3339(*time) : std::string()); }
  void field(const std::optional<Duration>& lag) { field(lag ? decimal_seconds(*lag) : std::string()); }
  void field(const std::optional<Serial>& serial) { field(serial ? fmt::format_int(serial->value()).str() : ""); }
  template <typename Enum>
  void word(Enum value, Enum none) {
    field(std::string_view(value == none ? "" : to_string(value)));
  }
  std::string finish() && { return std::move(out_); }

 private:
  std::string out_;
  bool first_ = true;
};

std::string joined(const std::vector<Role>& roles) {
  std::string text;
  for (const Role role : roles) text += fmt::format("{}{}", text.empty() ? "" : " ", to_string(role));
  return text;
}

}  // namespace

std::string csv_header() {
  return "zone,serial,hostname,loc,dsc_name,ns_type,srcip,received_at,not_before,basis,superseded_by,transferred_at,"
         "announced_at,offered_at,served_at,customer_lag,incoming_lag,distribution_lag,clock_error,status,"
         "unknown_references,verdict";
}

std::string to_csv(const NodeRow& row, Verdict verdict) {
  Line line;
  line.field(row.zone.to_text());
  line.field(std::optional(row.serial));
  line.field(row.hostname);
  line.field(row.loc);
  line.field(row.dsc_name);
  line.word(row.role, Role::unknown);
  line.field(row.srcip);
  line.field(row.live_at);
  line.field(row.not_before);
  line.word(row.basis, Basis::none);
  line.field(row.superseded_by);
  line.field(row.received_at);
  line.field(row.announced_at);
  line.field(row.offered_at);
  line.field(row.served_at);
  line.field(row.customer_lag);
  line.field(row.incoming_lag);
  line.field(row.distribution_lag);
  line.field(row.clock_error);
  line.field(std::string_view(to_string(row.status)));
  line.field(joined(row.unknown_references));
  line.word(verdict, Verdict::none);
  return std::move(line).finish();
}

}  // namespace zonelag::aggregator
