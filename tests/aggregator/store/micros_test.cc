// How nanoseconds become microseconds, and that PostgreSQL reads what we send it as just that.
#include "aggregator/store/micros.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

#include "binary.h"
#include "database.h"

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;

TEST(Micros, TimesGoDown) {
  const auto at = [](std::int64_t ns) { return to_micros(Timestamp(Duration(ns))).time_since_epoch().count(); };
  EXPECT_EQ(at(0), 0);
  EXPECT_EQ(at(999), 0);
  EXPECT_EQ(at(1000), 1);
  EXPECT_EQ(at(1999), 1);
  EXPECT_EQ(at(-1), -1);
  EXPECT_EQ(at(-1000), -1);
  EXPECT_EQ(at(-1001), -2);
}

TEST(Micros, LagsGoToTheNearestHalfAwayFromZero) {
  const auto of = [](std::int64_t ns) { return to_micros(Duration(ns)).count(); };
  EXPECT_EQ(of(499), 0);
  EXPECT_EQ(of(500), 1);
  EXPECT_EQ(of(1499), 1);
  EXPECT_EQ(of(1500), 2);
  EXPECT_EQ(of(-499), 0);
  EXPECT_EQ(of(-500), -1);
  EXPECT_EQ(of(-1500), -2);
  EXPECT_EQ(of(-1499), -1);
}

// Decimal seconds of whole nanoseconds, exact.
std::string seconds(std::int64_t ns) {
  return fmt::format("{}{}.{:09}", ns < 0 ? "-" : "", std::abs(ns) / 1'000'000'000, std::abs(ns) % 1'000'000'000);
}

// One field in binary, as the server understands it.
std::string echo(Connection& connection, const char* type, unsigned oid, CopyBuffer& field) {
  Parameter parameter(field.bytes().substr(4));
  parameter.binary = true;
  parameter.type = oid;
  const auto rows = connection.execute(fmt::format("SELECT extract(epoch FROM $1::{})", type), {parameter});
  return rows ? std::string(rows->at(0, 0)) : rows.error().text;
}

TEST(Micros, PostgresUnderstandsTheSame) {
  constexpr unsigned kTimestamptz = 1184;
  constexpr unsigned kInterval = 1186;
  const Database database(Database::Schema::none);
  Connection connection = database.connect();
  std::mt19937_64 random(20261128);
  std::uniform_int_distribution<std::int64_t> times(-2'000'000'000'000'000'000, 4'000'000'000'000'000'000);
  std::uniform_int_distribution<std::int64_t> lags(-200'000'000'000'000, 200'000'000'000'000);
  for (int i = 0; i < 200; ++i) {
    const std::int64_t time = times(random);
    CopyBuffer out;
    out.timestamp(Timestamp(Duration(time)));
    // A second opinion on the rounding: PostgreSQL's own numeric.
    const auto floor = connection.execute(fmt::format("SELECT round(floor({}::numeric / 1000) / 1000000, 6)", time));
    ASSERT_EQ(echo(connection, "timestamptz", kTimestamptz, out), floor->at(0, 0)) << time;

    const std::int64_t lag = i % 2 == 0 ? lags(random) : lags(random) / 1000 * 1000 + 500;
    CopyBuffer interval;
    interval.interval(Duration(lag));
    const auto nearest = connection.execute(fmt::format("SELECT round({}::numeric, 6)", seconds(lag)));
    ASSERT_EQ(echo(connection, "interval", kInterval, interval), nearest->at(0, 0)) << lag;
  }
}

TEST(Micros, WhatPostgresSendsIsReadBack) {
  const Database database(Database::Schema::none);
  Connection connection = database.connect();
  const auto rows = connection.execute(Statement{
      "SELECT timestamptz '1969-12-31 23:59:59.999999Z', interval '-1 day 2 seconds', date '1999-12-31', true, false, "
      "-7::smallint, 70000, -1::bigint, ARRAY['', 'a b', '\xc3\xb6'], ARRAY[-1, 9000000000], '{}'::text[], interval '1 "
      "month'",
      {},
      Format::binary});
  ASSERT_TRUE(rows) << rows.error().text;
  EXPECT_EQ(read_timestamp(rows->at(0, 0)), Timestamp(-1us));
  EXPECT_EQ(read_interval(rows->at(0, 1)), std::optional<Duration>(-24h + 2s));
  EXPECT_EQ(read_date(rows->at(0, 2)), Day(std::chrono::year(1999) / 12 / 31));
  EXPECT_TRUE(read_bool(rows->at(0, 3)));
  EXPECT_FALSE(read_bool(rows->at(0, 4)));
  EXPECT_EQ(read_int(rows->at(0, 5)), -7);
  EXPECT_EQ(read_int(rows->at(0, 6)), 70000);
  EXPECT_EQ(read_int(rows->at(0, 7)), -1);
  EXPECT_EQ(read_text_array(rows->at(0, 8)), (std::vector<std::string>{"", "a b", "\xc3\xb6"}));
  EXPECT_EQ(read_int8_array(rows->at(0, 9)), (std::vector<std::int64_t>{-1, 9'000'000'000}));
  EXPECT_TRUE(read_text_array(rows->at(0, 10)).empty());
  EXPECT_EQ(read_interval(rows->at(0, 11)), std::nullopt);
}

}  // namespace
}  // namespace zonelag::aggregator
