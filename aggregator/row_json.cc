#include "aggregator/row_json.h"

#include <fmt/format.h>

#include <concepts>
#include <iterator>
#include <string_view>

#include "aggregator/time_text.h"
#include "utf8.h"

namespace zonelag::aggregator {
namespace {

using decoder::IpAddress;

void append_string(std::string& out, std::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
    const Character c = first_character(text);
    if (c.code == '"' || c.code == '\\') {
      out.push_back('\\');
      out.push_back(text.front());
    } else if (c.code < 0x20 || c.code == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c.code));
    } else if (!c.valid) {
      out += "\\ufffd";
    } else {
      out += text.substr(0, c.length);
    }
    text.remove_prefix(c.length);
  }
  out.push_back('"');
}

// One object on one line, fields in the order of the calls.
class Object {
 public:
  explicit Object(std::string_view record) { field("record", record); }

  // Text: empty is null.
  void field(std::string_view name, std::string_view text) {
    begin(name);
    text.empty() ? void(out_ += "null") : append_string(out_, text);
  }
  void field(std::string_view name, std::unsigned_integral auto number) {
    begin(name);
    out_ += fmt::format("{}", number);
  }
  void field(std::string_view name, Serial serial) { field(name, serial.value()); }
  void field(std::string_view name, Timestamp time) { field(name, std::string_view(rfc3339(time))); }
  void field(std::string_view name, Duration duration) {
    begin(name);
    out_ += decimal_seconds(duration);
  }
  void field(std::string_view name, const IpAddress& address) { field(name, std::string_view(address.to_string())); }
  template <typename T>
  void field(std::string_view name, const std::optional<T>& value) {
    value ? field(name, *value) : null(name);
  }
  // An enumerator by its to_string; `none` is null.
  template <typename Enum>
  void word(std::string_view name, Enum value, Enum none) {
    value == none ? null(name) : field(name, std::string_view(to_string(value)));
  }
  void null(std::string_view name) {
    begin(name);
    out_ += "null";
  }
  void roles(std::string_view name, const std::vector<Role>& roles) {
    begin(name);
    out_.push_back('[');
    for (std::size_t i = 0; i < roles.size(); ++i) {
      if (i > 0) out_.push_back(',');
      append_string(out_, to_string(roles[i]));
    }
    out_.push_back(']');
  }

  std::string finish() && {
    out_.push_back('}');
    return std::move(out_);
  }

 private:
  void begin(std::string_view name) {
    out_.push_back(out_.empty() ? '{' : ',');
    append_string(out_, name);
    out_.push_back(':');
  }

  std::string out_;
};

const char* outcome_text(decoder::TransferPhase phase) {
  return phase == decoder::TransferPhase::started ? "open" : decoder::to_string(phase);
}

}  // namespace

std::string to_json(const NodeRow& row) {
  Object json("node");
  json.field("zone", row.zone.to_text());
  json.field("serial", row.serial);
  json.field("hostname", row.hostname);
  json.field("loc", row.loc);
  json.field("dsc_name", row.dsc_name);
  json.word("ns_type", row.role, Role::unknown);
  json.field("srcip", row.srcip);
  json.field("received_at", row.live_at);
  json.field("not_before", row.not_before);
  json.word("basis", row.basis, Basis::none);
  json.field("superseded_by", row.superseded_by);
  json.field("transferred_at", row.received_at);
  json.field("announced_at", row.announced_at);
  json.field("offered_at", row.offered_at);
  json.field("served_at", row.served_at);
  json.field("customer_lag", row.customer_lag);
  json.field("incoming_lag", row.incoming_lag);
  json.field("distribution_lag", row.distribution_lag);
  json.field("clock_error", row.clock_error);
  json.field("status", to_string(row.status));
  json.roles("unknown_references", row.unknown_references);
  return std::move(json).finish();
}

std::string to_json(const VersionRow& row) {
  Object json("version");
  json.field("zone", row.zone.to_text());
  json.field("serial", row.serial);
  json.field("first_seen", row.first_seen);
  json.field("delta1", row.delta1);
  json.field("delta2", row.delta2);
  json.field("delta3_min", row.delta3.min);
  json.field("delta3_median", row.delta3.median);
  json.field("delta3_p90", row.delta3.p90);
  json.field("delta3_max", row.delta3.max);
  json.field("min_lag", row.incoming_lag.min);
  json.field("max_lag", row.incoming_lag.max);
  json.field("avg_lag", row.incoming_lag.avg);
  json.field("median_lag", row.incoming_lag.median);
  json.field("percentile_90_lag", row.incoming_lag.p90);
  json.field("ns_count", row.ns_count);
  json.field("ns_expected", row.ns_expected);
  json.field("ns_open", row.ns_open);
  json.word("verdict", row.verdict, Verdict::none);
  json.field("delta3_avg", row.delta3.avg);
  json.field("policy", row.policy);
  return std::move(json).finish();
}

std::string to_json(const TransferRow& row) {
  Object json("transfer");
  json.field("zone", row.zone.to_text());
  json.field("server", row.server);
  json.field("client", row.client);
  json.word("asked", row.asked, decoder::TransferQuery::unknown);
  json.word("got", row.got, decoder::TransferForm::none);
  json.field("from_serial", row.from_serial);
  json.field("serial", row.serial);
  json.field("started_at", row.started_at);
  json.field("ended_at", row.ended_at);
  json.field("messages", row.messages);
  json.field("records", row.records);
  json.field("bytes", row.bytes);
  json.field("outcome", outcome_text(row.outcome));
  json.word("reason", row.reason, decoder::TransferFailure::none);
  json.field("rcode", row.rcode == 0 ? std::string() : decoder::rcode_to_string(row.rcode));
  return std::move(json).finish();
}

std::string to_json(const NotifyRow& row) {
  Object json("notify");
  json.field("zone", row.zone.to_text());
  json.field("from", row.from);
  json.field("to", row.to);
  json.field("serial", row.serial);
  json.field("sent_at", row.sent_at);
  json.field("attempts", row.attempts);
  json.field("answered_at", row.answered_at);
  json.field("rcode", row.rcode ? decoder::rcode_to_string(*row.rcode) : std::string());
  json.field("transport", decoder::to_string(row.transport));
  return std::move(json).finish();
}

}  // namespace zonelag::aggregator
