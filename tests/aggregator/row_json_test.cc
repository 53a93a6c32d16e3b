#include "aggregator/row_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kNoon{1'795'176'000s};  // 2026-11-20 12:00:00 UTC

NodeRow vienna() {
  NodeRow row;
  row.zone = *ZoneName::parse("example.at");
  row.serial = Serial(2026112001);
  row.hostname = "vie1";
  row.loc = "vie";
  row.dsc_name = "Vienna";
  row.role = Role::secondary;
  row.srcip = "10.53.0.41";
  row.live_at = kNoon + 2113ms;
  row.not_before = kNoon + 2s;
  row.basis = Basis::served;
  row.received_at = kNoon + 2s;
  row.announced_at = kNoon + 2500ms;
  row.served_at = kNoon + 2113ms;
  row.customer_lag = 2113ms;
  row.incoming_lag = 1702ms;
  row.distribution_lag = 388ms;
  row.clock_error = 4ms;
  return row;
}

TEST(NodeJson, HasThePublishedFieldsInOrder) {
  EXPECT_EQ(to_json(vienna()),
            R"({"record":"node","zone":"example.at","serial":2026112001,"hostname":"vie1","loc":"vie",)"
            R"("dsc_name":"Vienna","ns_type":"secondary","srcip":"10.53.0.41",)"
            R"("received_at":"2026-11-20T12:00:02.113000000Z","not_before":"2026-11-20T12:00:02.000000000Z",)"
            R"("basis":"served","superseded_by":null,"transferred_at":"2026-11-20T12:00:02.000000000Z",)"
            R"("announced_at":"2026-11-20T12:00:02.500000000Z","offered_at":null,)"
            R"("served_at":"2026-11-20T12:00:02.113000000Z","customer_lag":2.113,"incoming_lag":1.702,)"
            R"("distribution_lag":0.388,"clock_error":0.004,"status":"production","unknown_references":[]})");
}

TEST(NodeJson, IsNullWhereNothingIsKnown) {
  NodeRow row;
  row.srcip = "192.0.2.1";
  row.status = NodeStatus::maintenance;
  row.unknown_references = {Role::customer, Role::distribution};
  EXPECT_EQ(to_json(row),
            R"({"record":"node","zone":".","serial":0,"hostname":null,"loc":null,"dsc_name":null,"ns_type":null,)"
            R"("srcip":"192.0.2.1","received_at":null,"not_before":null,"basis":null,"superseded_by":null,)"
            R"("transferred_at":null,"announced_at":null,"offered_at":null,"served_at":null,"customer_lag":null,)"
            R"("incoming_lag":null,"distribution_lag":null,"clock_error":null,"status":"maintenance",)"
            R"("unknown_references":["customer","distribution"]})");
}

TEST(NodeJson, KeepsSignsNanosecondsAndLargeSerials) {
  NodeRow row = vienna();
  row.serial = Serial(4294967295);
  row.superseded_by = Serial(0);
  row.customer_lag = -1ns;
  row.incoming_lag = 0ns;
  row.distribution_lag = 100'000s;
  const std::string json = to_json(row);
  EXPECT_NE(json.find(R"("serial":4294967295,)"), std::string::npos);
  EXPECT_NE(json.find(R"("superseded_by":0,)"), std::string::npos);
  EXPECT_NE(json.find(R"("customer_lag":-0.000000001,"incoming_lag":0,"distribution_lag":100000,)"), std::string::npos);
}

// nlohmann's parser is the second opinion on what a JSON text is.
TEST(NodeJson, AnyTextIsReadBack) {
  const std::vector<std::string> texts{"\"quoted\" \\ /", "tab\tline\nend\x01\x1f\x7f", "Süd → 東京 \U0001f600",
                                       std::string("nul\0byte", 8), "</script>"};
  for (const std::string& text : texts) {
    NodeRow row = vienna();
    row.dsc_name = text;
    const std::string json = to_json(row);
    EXPECT_EQ(json.find('\n'), std::string::npos);
    EXPECT_EQ(nlohmann::json::parse(json).at("dsc_name").get<std::string>(), text);
  }
}

TEST(NodeJson, BytesThatAreNoUtf8AreReplaced) {
  const std::pair<const char*, const char*> cases[] = {
      {"a\xff"
       "b",
       "a\ufffdb"},                                      // no lead byte
      {"\xc3", "\ufffd"},                                // cut short
      {"\xc0\xaf", "\ufffd\ufffd"},                      // overlong
      {"\xe0\x80\xaf", "\ufffd\ufffd\ufffd"},            // overlong
      {"\xed\xa0\x80", "\ufffd\ufffd\ufffd"},            // surrogate
      {"\xf4\x90\x80\x80", "\ufffd\ufffd\ufffd\ufffd"},  // beyond U+10FFFF
      {"\xf4\x8f\xbf\xbf", "\U0010ffff"},                // the last character there is
      {"\xe2\x86\x92\xe2\x86", "→\ufffd\ufffd"}};
  for (const auto& [text, expected] : cases) {
    NodeRow row = vienna();
    row.loc = text;
    EXPECT_EQ(nlohmann::json::parse(to_json(row)).at("loc").get<std::string>(), expected);
  }
}

TEST(VersionJson, HasThePublishedFieldsInOrder) {
  VersionRow row;
  row.zone = *ZoneName::parse("example.at");
  row.serial = Serial(2026112001);
  row.first_seen = kNoon;
  row.delta1 = 411ms;
  row.delta2 = 1314ms;
  row.delta3 = {.min = 201ms, .median = 377ms, .p90 = 900ms, .max = 1400ms, .avg = 512ms};
  row.incoming_lag = {.min = 1500ms, .median = 1700ms, .p90 = 2200ms, .max = 2700ms, .avg = 1800ms};
  row.ns_count = 6;
  row.ns_expected = 6;
  row.verdict = Verdict::met;
  row.policy = "contract";
  EXPECT_EQ(to_json(row),
            R"({"record":"version","zone":"example.at","serial":2026112001,)"
            R"("first_seen":"2026-11-20T12:00:00.000000000Z","delta1":0.411,"delta2":1.314,"delta3_min":0.201,)"
            R"("delta3_median":0.377,"delta3_p90":0.9,"delta3_max":1.4,"min_lag":1.5,"max_lag":2.7,"avg_lag":1.8,)"
            R"("median_lag":1.7,"percentile_90_lag":2.2,"ns_count":6,"ns_expected":6,"ns_open":0,"verdict":"met",)"
            R"("delta3_avg":0.512,"policy":"contract"})");
}

TEST(VersionJson, IsNullWhereNothingIsKnown) {
  VersionRow row;
  row.zone = *ZoneName::parse("example.at");
  row.first_seen = kNoon;
  EXPECT_EQ(to_json(row),
            R"({"record":"version","zone":"example.at","serial":0,"first_seen":"2026-11-20T12:00:00.000000000Z",)"
            R"("delta1":null,"delta2":null,"delta3_min":null,"delta3_median":null,"delta3_p90":null,)"
            R"("delta3_max":null,"min_lag":null,"max_lag":null,"avg_lag":null,"median_lag":null,)"
            R"("percentile_90_lag":null,"ns_count":0,"ns_expected":0,"ns_open":0,"verdict":null,"delta3_avg":null,)"
            R"("policy":null})");
}

TransferRow transfer() {
  TransferRow row;
  row.zone = *ZoneName::parse("example.at");
  row.server = *decoder::IpAddress::parse("10.53.0.30");
  row.client = *decoder::IpAddress::parse("2001:db8::41");
  row.asked = decoder::TransferQuery::ixfr;
  row.got = decoder::TransferForm::axfr_style;
  row.from_serial = Serial(2026112000);
  row.serial = Serial(2026112001);
  row.started_at = kNoon;
  row.ended_at = kNoon + 12ms;
  row.messages = 1;
  row.records = 4;
  row.bytes = 5'000'000'000;
  row.outcome = decoder::TransferPhase::completed;
  return row;
}

TEST(TransferJson, HasThePublishedFieldsInOrder) {
  EXPECT_EQ(to_json(transfer()),
            R"({"record":"transfer","zone":"example.at","server":"10.53.0.30","client":"2001:db8::41","asked":"IXFR",)"
            R"("got":"AXFR-style","from_serial":2026112000,"serial":2026112001,)"
            R"("started_at":"2026-11-20T12:00:00.000000000Z","ended_at":"2026-11-20T12:00:00.012000000Z",)"
            R"("messages":1,"records":4,"bytes":5000000000,"outcome":"completed","reason":null,"rcode":null})");
}

TEST(TransferJson, SaysWhyItFailedOrThatItIsOpen) {
  TransferRow row = transfer();
  row.asked = decoder::TransferQuery::unknown;
  row.got = decoder::TransferForm::none;
  row.from_serial.reset();
  row.serial.reset();
  row.outcome = decoder::TransferPhase::failed;
  row.reason = decoder::TransferFailure::other_rcode;
  row.rcode = 2;
  EXPECT_EQ(to_json(row),
            R"({"record":"transfer","zone":"example.at","server":"10.53.0.30","client":"2001:db8::41","asked":null,)"
            R"("got":null,"from_serial":null,"serial":null,"started_at":"2026-11-20T12:00:00.000000000Z",)"
            R"("ended_at":"2026-11-20T12:00:00.012000000Z","messages":1,"records":4,"bytes":5000000000,)"
            R"("outcome":"failed","reason":"other RCODE","rcode":"SERVFAIL"})");
  row = transfer();
  row.outcome = decoder::TransferPhase::started;
  row.ended_at.reset();
  const auto json = nlohmann::json::parse(to_json(row));
  EXPECT_EQ(json.at("outcome"), "open");
  EXPECT_TRUE(json.at("ended_at").is_null());
}

TEST(NotifyJson, HasThePublishedFieldsInOrder) {
  NotifyRow row;
  row.zone = *ZoneName::parse("example.at");
  row.from = *decoder::IpAddress::parse("10.53.0.30");
  row.to = *decoder::IpAddress::parse("10.53.0.41");
  row.serial = Serial(2026112001);
  row.sent_at = kNoon;
  row.attempts = 2;
  row.answered_at = kNoon + 1ms;
  row.rcode = std::uint8_t{0};
  row.transport = decoder::Transport::tcp;
  EXPECT_EQ(to_json(row),
            R"({"record":"notify","zone":"example.at","from":"10.53.0.30","to":"10.53.0.41","serial":2026112001,)"
            R"("sent_at":"2026-11-20T12:00:00.000000000Z","attempts":2,)"
            R"("answered_at":"2026-11-20T12:00:00.001000000Z","rcode":"NOERROR","transport":"tcp"})");
  row.serial.reset();
  row.answered_at.reset();
  row.rcode.reset();
  row.transport = decoder::Transport::udp;
  EXPECT_EQ(to_json(row),
            R"({"record":"notify","zone":"example.at","from":"10.53.0.30","to":"10.53.0.41","serial":null,)"
            R"("sent_at":"2026-11-20T12:00:00.000000000Z","attempts":2,"answered_at":null,"rcode":null,)"
            R"("transport":"udp"})");
}

}  // namespace
}  // namespace zonelag::aggregator
