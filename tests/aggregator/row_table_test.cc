#include "aggregator/row_table.h"

#include <gtest/gtest.h>

#include <vector>

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kFirstSeen{1'795'176'000'123ms};  // 2026-11-20 12:00:00.123 UTC

NodeRow node(Role role, const char* loc, const char* hostname, std::optional<Duration> live, Basis basis) {
  NodeRow row;
  row.role = role;
  row.loc = loc;
  row.hostname = hostname;
  row.srcip = "203.0.113.10";
  row.basis = basis;
  if (live) row.live_at = kFirstSeen + *live;
  return row;
}

// A version that one secondary has not got yet.
VersionRow waiting() {
  VersionRow version;
  version.zone = *ZoneName::parse("example.at");
  version.serial = Serial(2026112001);
  version.first_seen = kFirstSeen;
  version.delta1 = 411ms;
  version.delta2 = 1314ms;
  version.delta3 = {.min = 201ms, .median = 377ms, .p90 = {}, .max = {}, .avg = {}};
  version.incoming_lag = {.min = 1515ms, .median = 1691ms, .p90 = {}, .max = {}, .avg = {}};
  version.ns_count = 2;
  version.ns_expected = 3;
  version.ns_open = 1;
  version.verdict = Verdict::open;
  version.policy = "contract";
  version.nodes = {node(Role::customer, "", "", 0ms, Basis::announced),
                   node(Role::incoming, "wien", "in1", 411ms, Basis::offered),
                   node(Role::distribution, "wien", "dist1", 1725ms, Basis::offered),
                   node(Role::secondary, "köln", "cgn1", 1926ms, Basis::served),
                   node(Role::secondary, "syd", "syd1", std::nullopt, Basis::none),
                   node(Role::secondary, "東京", "tyo1", 125s, Basis::received),
                   node(Role::secondary, "wien", "vie1", 2102ms, Basis::served)};
  version.nodes[1].customer_lag = 411ms;
  version.nodes[2].customer_lag = 1725ms;
  version.nodes[2].incoming_lag = 1314ms;
  for (const std::size_t i : {3U, 5U, 6U}) {
    NodeRow& row = version.nodes[i];
    row.customer_lag = *row.live_at - kFirstSeen;
    row.incoming_lag = *row.customer_lag - 411ms;
    row.distribution_lag = *row.customer_lag - 1725ms;
    row.not_before = *row.live_at - 12ms;
    row.clock_error = 4ms;
  }
  version.nodes[5].status = NodeStatus::maintenance;
  version.nodes[6].superseded_by = Serial(2026112002);
  return version;
}

TEST(VersionTable, ShowsStagesAndNodes) {
  EXPECT_EQ(version_table(waiting()),
            R"(example.at 2026112001   first seen 2026-11-20 12:00:00.123 UTC   open (contract)

                                    lag     min  median   p90   max   avg
  Δ1   customer → incoming       411 ms
  Δ2   incoming → distribution    1.3 s
  Δ3   distribution → secondary          201 ms  377 ms  open  open  open
  SLA  incoming lag                       1.5 s   1.7 s  open  open  open  2 of 3 locations, 1 open

  role          loc   node          live at (UTC)  within  customer lag  incoming lag  distribution lag    clock  basis      remarks
  customer            203.0.113.10  12:00:00.123                                                                  announced
  incoming      wien  in1           12:00:00.534                 411 ms                                           offered
  distribution  wien  dist1         12:00:01.848                  1.7 s         1.3 s                             offered
  secondary     köln  cgn1          12:00:02.049    12 ms         1.9 s         1.5 s            201 ms  ±4.0 ms  served
  secondary     syd   syd1          open                              -             -                 -
  secondary     東京  tyo1          12:02:05.123    12 ms      2 m 05 s      2 m 05 s          2 m 03 s  ±4.0 ms  received   maintenance, only received
  secondary     wien  vie1          12:00:02.225    12 ms         2.1 s         1.7 s            377 ms  ±4.0 ms  served     superseded by 2026112002
)");
}

TEST(VersionTable, WithoutReferencesSaysWhoseTimeIsMissing) {
  VersionRow version = waiting();
  version = {.zone = version.zone, .serial = version.serial, .first_seen = version.first_seen, .nodes = version.nodes};
  version.nodes.erase(version.nodes.begin(), version.nodes.begin() + 5);
  for (NodeRow& row : version.nodes) {
    row.customer_lag = row.incoming_lag = row.distribution_lag = std::nullopt;
    row.clock_error.reset();
    row.not_before.reset();
    row.unknown_references = {Role::customer, Role::incoming};
  }
  version.nodes[0].live_at = kFirstSeen + 12h;
  EXPECT_EQ(version_table(version),
            R"(example.at 2026112001   first seen 2026-11-20 12:00:00.123 UTC

  role       loc   node  live at (UTC)            after first  customer lag  incoming lag  basis     remarks
  secondary  東京  tyo1  2026-11-21 00:00:00.123    12 h 00 m             ?             ?  received  maintenance, only received
  secondary  wien  vie1  12:00:02.225                   2.1 s             ?             ?  served    superseded by 2026112002

  ? reference unknown: customer, incoming
)");
}

TEST(VersionTable, WithoutInventoryShowsTimesAfterTheFirstSighting) {
  VersionRow version;
  version.serial = Serial(5);
  version.first_seen = kFirstSeen;
  version.nodes = {node(Role::unknown, "", "", 0ms, Basis::announced),
                   node(Role::unknown, "", "", 411ms, Basis::served)};
  EXPECT_EQ(version_table(version), R"(. 5   first seen 2026-11-20 12:00:00.123 UTC

  role     node          live at (UTC)  after first  basis
  unknown  203.0.113.10  12:00:00.123          0 ms  announced
  unknown  203.0.113.10  12:00:00.534        411 ms  served
)");
}

TEST(VersionTable, NoTextSteersTheTerminal) {
  VersionRow version;
  version.first_seen = kFirstSeen;
  version.nodes = {node(Role::unknown, "\x1b[31m", "a\nb\xff", 0ms, Basis::announced)};
  const std::string table = version_table(version);
  EXPECT_NE(table.find("  ?[31m  a?b?  "), std::string::npos) << table;
  EXPECT_EQ(table.find('\x1b'), std::string::npos);
}

TEST(VersionTable, ColoursVerdictsOnlyWhenAsked) {
  const std::pair<Verdict, const char*> cases[] = {{Verdict::met, "\x1b[32mmet\x1b[0m (contract)\n"},
                                                   {Verdict::breached, "\x1b[31mbreached\x1b[0m (contract)\n"},
                                                   {Verdict::open, "\x1b[31mopen\x1b[0m (contract)\n"},
                                                   {Verdict::undecidable, "\x1b[33mundecidable\x1b[0m (contract)\n"}};
  for (const auto& [verdict, text] : cases) {
    VersionRow version = waiting();
    version.verdict = verdict;
    EXPECT_NE(version_table(version, {.colour = true}).find(text), std::string::npos);
    EXPECT_EQ(version_table(version).find('\x1b'), std::string::npos);
  }
}

TEST(OverviewTable, HasALineForEachVersion) {
  std::vector<VersionRow> versions{waiting(), waiting(), {}};
  versions[1].serial = Serial(1);
  versions[1].incoming_lag = {.min = 1500ms, .median = 1700ms, .p90 = 2200ms, .max = 2700ms, .avg = 1800ms};
  versions[1].ns_count = 3;
  versions[1].ns_open = 0;
  versions[1].verdict = Verdict::undecidable;
  versions[2].zone = *ZoneName::parse("a.example");
  versions[2].first_seen = kFirstSeen;
  EXPECT_EQ(
      overview_table(versions),
      R"(zone            serial  first seen (UTC)             Δ1     Δ2  Δ3 median  incoming lag p90    max  locations  verdict
example.at  2026112001  2026-11-20 12:00:00.123  411 ms  1.3 s     377 ms              open   open     2 of 3  open
example.at           1  2026-11-20 12:00:00.123  411 ms  1.3 s     377 ms             2.2 s  2.7 s     3 of 3  undecidable
a.example            0  2026-11-20 12:00:00.123
)");
}

TEST(ToTable, BeginsWithAnOverviewWhenThereAreMany) {
  const std::vector<VersionRow> many(6, waiting());
  const std::vector<VersionRow> few(5, waiting());
  const std::string block = version_table(waiting());
  EXPECT_EQ(to_table(few), block + "\n" + block + "\n" + block + "\n" + block + "\n" + block);
  EXPECT_EQ(to_table(many), overview_table(many) + "\n" + to_table(few) + "\n" + block);
  EXPECT_EQ(to_table({}), "");
}

}  // namespace
}  // namespace zonelag::aggregator
