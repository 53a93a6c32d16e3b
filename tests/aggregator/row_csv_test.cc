#include "aggregator/row_csv.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "aggregator/row_json.h"

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;

NodeRow amsterdam() {
  NodeRow row;
  row.zone = *ZoneName::parse("example.at");
  row.serial = Serial(7);
  row.hostname = "ams1";
  row.loc = "ams";
  row.role = Role::secondary;
  row.srcip = "192.0.2.42";
  row.live_at = Timestamp{1'795'176'000s};
  row.basis = Basis::offered;
  row.offered_at = row.live_at;
  row.incoming_lag = -250ms;
  row.unknown_references = {Role::customer, Role::distribution};
  return row;
}

TEST(Csv, HeaderNamesTheJsonFieldsAndTheVerdict) {
  std::string expected;
  const auto json = nlohmann::ordered_json::parse(to_json(amsterdam()));
  for (const auto& [name, value] : json.items()) {
    if (name != "record") expected += name + ",";
  }
  EXPECT_EQ(csv_header(), expected + "verdict");
}

TEST(Csv, NullsAreEmptyFields) {
  EXPECT_EQ(to_csv(amsterdam(), Verdict::met),
            "example.at,7,ams1,ams,,secondary,192.0.2.42,2026-11-20T12:00:00.000000000Z,,offered,,,,"
            "2026-11-20T12:00:00.000000000Z,,,-0.25,,,production,customer distribution,met");
  EXPECT_EQ(to_csv(NodeRow{}, Verdict::none), ".,0,,,,,,,,,,,,,,,,,,production,,");
}

TEST(Csv, EveryLineHasAsManyFieldsAsTheHeader) {
  const std::string header = csv_header();
  const std::string line = to_csv(NodeRow{}, Verdict::none);
  EXPECT_EQ(std::ranges::count(line, ','), std::ranges::count(header, ','));
}

// RFC 4180 section 2, rules 5 to 7.
TEST(Csv, QuotesCommasQuotesAndLineBreaks) {
  NodeRow row = amsterdam();
  row.loc = "a,b";
  row.dsc_name = "say \"hi\"\r\nthere";
  EXPECT_TRUE(to_csv(row, Verdict::open)
                  .starts_with("example.at,7,ams1,\"a,b\",\"say \"\"hi\"\"\r\nthere\",secondary,192.0.2.42,"));
}

}  // namespace
}  // namespace zonelag::aggregator
