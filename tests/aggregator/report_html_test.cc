#include "aggregator/report_html.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "html_check.h"
#include "report_sample.h"

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;
using sample::check_html;
using sample::CheckedPage;
using sample::Fleet;
using sample::kNoon;
using sample::lone_version;
using sample::occurrences;
using sample::report_of;
using sample::version_of;

std::string page_of(const std::vector<VersionRow>& versions, ReportLimits limits = {}) {
  return report_of(versions, sample::facts(), limits);
}

// What check_report.py says: nothing where the page is as it should be.
std::string second_opinion(const std::string& page) {
  const std::string file =
      testing::TempDir() + "zonelag_report_" + testing::UnitTest::GetInstance()->current_test_info()->name() + ".html";
  std::ofstream(file, std::ios::binary) << page;
  const std::string command = "python3 " ZONELAG_SOURCE_DIR "/tests/aggregator/check_report.py '" + file +
                              "' 2>&1 || echo ' (exit code not 0)'";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string said;
  for (int c = fgetc(pipe.get()); c != EOF; c = fgetc(pipe.get())) said.push_back(static_cast<char>(c));
  std::filesystem::remove(file);
  return said;
}

void expect_sound(const std::string& page) {
  EXPECT_EQ(check_html(page).defects, std::vector<std::string>());
  EXPECT_EQ(second_opinion(page), "");
}

TEST(HtmlReport, IsWellFormed) {
  expect_sound(page_of({version_of({})}));
  expect_sound(page_of({lone_version()}));
  expect_sound(page_of({version_of({.secondaries = 60})}));
  expect_sound(page_of({version_of({.outliers = 3, .superseded = true}), version_of({.open = 3})}));
  expect_sound(page_of({version_of({.secondaries = 0})}));
  expect_sound(page_of({version_of({.secondaries = 3, .references = false})}));
  expect_sound(page_of({version_of({.open = 8})}));
}

TEST(HtmlReport, OfNothingIsAPageToo) {
  expect_sound(report_of({}, {}));
  EXPECT_NE(report_of({}, {}).find("No zone version was seen."), std::string::npos);
  VersionRow bare;
  expect_sound(report_of({bare}, {}));
}

TEST(HtmlReport, TheCheckItselfFindsDefects) {
  const std::string page = page_of({version_of({})});
  const auto without = [&page](std::string_view part) {
    std::string broken = page;
    return broken.erase(broken.find(part), part.size());
  };
  for (const char* part : {"</figure>", "</g>", "<tbody>", "</section>", "</table>"}) {
    EXPECT_NE(check_html(without(part)).defects, std::vector<std::string>()) << part;
    EXPECT_NE(second_opinion(without(part)), "") << part;
  }
  EXPECT_NE(second_opinion(without("'use strict';")), "");  // the policy would not let this script run
}

const std::vector<std::string>& hostile_texts() {
  static const std::vector<std::string> texts{
      "</script><script>alert(1)</script>",
      "</title></svg><img src=x onerror=alert(1)>",
      "\" onmouseover=\"alert(1)",
      "' onfocus='alert(1)' autofocus='",
      "&lt;b&gt; &amp; &#60;i&#62; & &;",
      "<!--",
      "-->",
      "]]>",
      "<![CDATA[",
      "{}{0}%s%n",
      std::string("nul\0 and \x01\x1f\x7f bytes", 18),
      "\xc3\x28 \xff\xfe \xed\xa0\x80 \xc2\x85 \xe2\x80",
  };
  return texts;
}

// Bytes as they are, as one label.
ZoneName hostile_zone(const std::string& text) {
  const std::string label = text.substr(0, 63);
  std::string wire(1, static_cast<char>(label.size()));
  for (const char c : label) wire.push_back(static_cast<char>(decoder::lower(static_cast<std::uint8_t>(c))));
  wire.push_back('\0');
  return ZoneName::from_canonical(wire);
}

TEST(HtmlReport, EscapesHostileTexts) {
  for (const std::string& text : hostile_texts()) {
    VersionRow version = version_of({.open = 1, .superseded = true});
    version.zone = hostile_zone(text);
    version.policy = text;
    for (NodeRow& node : version.nodes) {
      node.zone = version.zone;
      node.hostname = node.loc = node.dsc_name = node.srcip = text;
    }
    NodeRow nameless = version.nodes.front();
    nameless.hostname.clear();
    version.nodes.push_back(nameless);
    ReportFacts facts = sample::facts();
    facts.title = facts.program = text;
    facts.captures = facts.notes = {text, text};
    facts.counters = {{text, 1}};
    facts.policies[0].name = text;
    const std::string page = report_of({version, version}, facts);
    expect_sound(page);
    EXPECT_EQ(check_html(page).count("script"), 1U) << text;
    EXPECT_EQ(check_html(page).count("img"), 0U) << text;
  }
}

TEST(HtmlReport, ShowsHostileTextsAsTheyAre) {
  ReportFacts facts;
  facts.captures = {"a<b>&\"c\"'d'"};
  EXPECT_NE(report_of({}, facts).find("<li>a&lt;b&gt;&amp;&quot;c&quot;&#39;d&#39;</li>"), std::string::npos);
  facts.captures = {std::string("x\xff\x01y\0z", 6)};
  EXPECT_NE(report_of({}, facts).find("<li>x\ufffd\ufffdy\ufffdz</li>"), std::string::npos);
}

std::size_t marks(const CheckedPage& page, const char* symbol) {
  return static_cast<std::size_t>(std::ranges::count_if(page.elements, [&](const sample::Element& element) {
    using Attribute = std::pair<std::string, std::string>;
    return element.name == "use" && element.attributes.front() == Attribute("href", symbol) &&
           element.attributes.size() == 3;  // at an x and a y: not the legend's
  }));
}

void expect_a_mark_for_each_evidence(const std::vector<VersionRow>& versions) {
  struct Kind {
    std::optional<Timestamp> NodeRow::* time;
    const char* symbol;
  };
  const CheckedPage page = check_html(page_of(versions));
  for (const Kind& kind : {Kind{&NodeRow::received_at, "#r"}, Kind{&NodeRow::announced_at, "#a"},
                           Kind{&NodeRow::offered_at, "#o"}, Kind{&NodeRow::served_at, "#s"}}) {
    std::size_t expected = 0;
    for (const VersionRow& version : versions) {
      expected += static_cast<std::size_t>(
          std::ranges::count_if(version.nodes, [&](const NodeRow& node) { return (node.*kind.time).has_value(); }));
    }
    EXPECT_EQ(marks(page, kind.symbol), expected) << kind.symbol;
  }
  std::size_t live = 0;
  std::size_t open = 0;
  for (const VersionRow& version : versions) {
    for (const NodeRow& node : version.nodes) ++(node.live_at ? live : open);
  }
  EXPECT_EQ(page.count("path", "class", "lv"), live + versions.size());  // one in each legend
  EXPECT_EQ(page.count("path", "class", "op"), open + versions.size());
}

TEST(Waterfall, HasAMarkForEachEvidence) {
  expect_a_mark_for_each_evidence({version_of({})});
  expect_a_mark_for_each_evidence({lone_version()});
  expect_a_mark_for_each_evidence({version_of({.secondaries = 60, .open = 7, .outliers = 5, .superseded = true})});
  expect_a_mark_for_each_evidence({version_of({.open = 8}), version_of({.outliers = 8})});
}

// All evidence after the scale's end, all at the same time, before the first sighting: still there.
TEST(Waterfall, LosesNoMarkAtTheEdges) {
  VersionRow version = version_of({.secondaries = 20});
  NodeRow& late = version.nodes.back();
  late.received_at = late.announced_at = late.offered_at = late.served_at = late.live_at = kNoon + 24h;
  NodeRow& early = version.nodes[4];
  early.not_before = early.received_at = kNoon - 10s;
  expect_a_mark_for_each_evidence({version});
  expect_sound(page_of({version}));
}

std::vector<std::string> numbers_of(const std::string& page, const std::string& element, const std::string& attribute) {
  std::vector<std::string> values;
  for (const sample::Element& one : check_html(page).elements) {
    if (one.name != element) continue;
    for (const auto& [name, value] : one.attributes) {
      if (name == attribute) values.push_back(value);
    }
  }
  return values;
}

TEST(Waterfall, EveryMarkIsWithinThePicture) {
  const VersionRow version = version_of({.secondaries = 60, .open = 7, .outliers = 5});
  for (const std::string& x : numbers_of(page_of({version}), "use", "x")) {
    EXPECT_GE(std::stod(x), 250) << x;
    EXPECT_LE(std::stod(x), 822) << x;
  }
}

TEST(Waterfall, StagesAreLabelled) {
  const std::string page = page_of({version_of({})});
  EXPECT_EQ(occurrences(page, ">Δ1 411 ms</text>"), 1U);
  EXPECT_EQ(occurrences(page, ">Δ2 229 ms</text>"), 1U);
  EXPECT_EQ(occurrences(page, ">T<tspan dy=\"3\">c</tspan>"), 1U);
  EXPECT_EQ(occurrences(page, ">T<tspan dy=\"3\">i</tspan>"), 1U);
  EXPECT_EQ(occurrences(page, ">T<tspan dy=\"3\">d</tspan>"), 1U);
  const std::string without = page_of({version_of({.references = false})});
  EXPECT_EQ(occurrences(without, "tspan"), occurrences(page_of({}), "tspan"));
}

TEST(Waterfall, NamesTheSupersedingSerial) {
  const std::string page = page_of({version_of({.secondaries = 5, .superseded = true})});
  EXPECT_EQ(occurrences(page, ">by 2026112003</text>"), 1U);
}

TEST(Waterfall, OneOutlierDoesNotChangeTheScale) {
  const auto ticks = [](int outliers) {
    const std::string page = page_of({version_of({.secondaries = 20, .outliers = outliers})});
    return occurrences(page, ">0.5 s</text>") + occurrences(page, ">1 s</text>");
  };
  EXPECT_GE(ticks(0), 2U);
  EXPECT_EQ(ticks(1), ticks(0));
  EXPECT_EQ(occurrences(page_of({version_of({.secondaries = 20})}), ">later</text>"), 0U);
  EXPECT_EQ(occurrences(page_of({version_of({.secondaries = 20, .outliers = 1})}), ">later</text>"), 1U);
}

TEST(Waterfall, LeavesOutTheFastestAndSaysSo) {
  ReportLimits limits;
  limits.max_picture_nodes = 10;
  const VersionRow version = version_of({.secondaries = 20, .open = 2});
  const std::string page = page_of({version}, limits);
  EXPECT_NE(page.find("13 secondaries that had the version sooner are left out of the picture."), std::string::npos);
  EXPECT_EQ(occurrences(page, "<g><title>"), 10U);
  EXPECT_NE(page.find("<g><title>in1:"), std::string::npos);  // who is no secondary stays
  EXPECT_EQ(occurrences(page, "<td><span class=\"no\">open</span></td>"), 2U);
  limits.max_picture_nodes = 23;
  EXPECT_EQ(page_of({version}, limits).find("left out of the picture"), std::string::npos);
  limits.max_version_nodes = 5;
  EXPECT_NE(page_of({version}, limits).find("<summary>5 nodes as a table"), std::string::npos);
}

TEST(Distribution, ShowsTheLimitWhereItIsInRange) {
  const auto page_with = [](Duration limit) {
    ReportFacts facts = sample::facts();
    facts.policies[0].limit = limit;
    return report_of({version_of({})}, facts);
  };
  EXPECT_EQ(occurrences(page_with(1s), ">limit 1.0 s for 95 %</text>"), 1U);
  EXPECT_EQ(occurrences(page_with(1h), ">limit"), 0U);
  EXPECT_EQ(occurrences(page_with(1h), "the limit of 1 h 00 m lies beyond the scale"), 1U);
}

TEST(Distribution, NeedsTwoNodes) {
  EXPECT_EQ(check_html(page_of({version_of({.secondaries = 1})})).count("svg", "class", "ds"), 0U);
  EXPECT_EQ(check_html(page_of({version_of({.secondaries = 2})})).count("svg", "class", "ds"), 1U);
  EXPECT_EQ(check_html(page_of({version_of({.secondaries = 2, .open = 1})})).count("svg", "class", "ds"), 0U);
}

// Percentiles that rest on open nodes are unknown, not flattering.
TEST(Distribution, OpenNodesHidePercentiles) {
  EXPECT_EQ(occurrences(page_of({version_of({.secondaries = 10})}), ">p90 "), 1U);
  EXPECT_EQ(occurrences(page_of({version_of({.secondaries = 10, .open = 3})}), ">p90 "), 0U);
  EXPECT_EQ(occurrences(page_of({version_of({.secondaries = 10, .open = 3})}), ">p50 "), 1U);
  EXPECT_EQ(occurrences(page_of({version_of({.secondaries = 10, .open = 3})}), ">3 of 10 open</text>"), 1U);
}

TEST(Distribution, NegativeLagsAreShown) {
  VersionRow version = version_of({});
  version.nodes.back().incoming_lag = -500ms;
  const std::string page = page_of({version});
  EXPECT_GE(occurrences(page, ">-0.5 s</text>"), 1U);
  expect_sound(page);
}

TEST(Summary, CountsVerdictsZonesAndTheWorst) {
  const std::string page =
      page_of({version_of({.verdict = Verdict::met}), version_of({.serial = 2, .verdict = Verdict::breached}),
               version_of({.zone = "b.example", .open = 1, .verdict = Verdict::open}),
               version_of({.zone = "c.example", .outliers = 1, .verdict = Verdict::undecidable}),
               version_of({.zone = "c.example", .verdict = Verdict::none})});
  EXPECT_NE(page.find("<dt>versions</dt><dd>5</dd>"), std::string::npos);
  EXPECT_NE(page.find("<dt>zones</dt><dd>3</dd>"), std::string::npos);
  for (const char* verdict : {"met", "breached", "open", "undecidable"}) {
    EXPECT_NE(page.find(std::string("<dt>") + verdict + "</dt><dd>1</dd>"), std::string::npos) << verdict;
  }
  EXPECT_NE(page.find("1 of them have no verdict"), std::string::npos);
  // The outlier is nine minutes after the first sighting, T_d at 640 ms.
  EXPECT_NE(page.find("<dt>worst Δ3</dt><dd>8 m 59 s</dd>"), std::string::npos);
  EXPECT_NE(page.find("1 version is still missing on at least one node."), std::string::npos);
}

TEST(Summary, RanksTheSlowestNodes) {
  const std::string page = page_of({version_of({.outliers = 1}), version_of({.serial = 2, .outliers = 1})});
  const std::size_t table = page.find("<h2>Slowest nodes</h2>");
  ASSERT_NE(table, std::string::npos);
  const std::size_t first = page.find("<th scope=\"row\">", table);
  EXPECT_EQ(page.substr(first, 25), "<th scope=\"row\">vie1</th>");
  ReportLimits limits;
  limits.max_ranked_nodes = 3;
  EXPECT_NE(
      page_of({version_of({}), version_of({.serial = 2})}, limits).find("10 rows of further nodes were not ranked"),
      std::string::npos);
}

TEST(Limits, PicturesAreOfTheMostInterestingVersions) {
  std::vector<VersionRow> versions;
  for (std::uint32_t i = 0; i < 10; ++i)
    versions.push_back(version_of({.serial = i + 1, .first_seen = kNoon + i * 1s}));
  versions[2].verdict = Verdict::breached;
  versions[4].verdict = Verdict::undecidable;
  versions[6].verdict = Verdict::open;
  ReportLimits limits;
  const auto pictures = [&](std::uint32_t most) {
    limits.max_pictures = most;
    std::string serials;
    for (const std::string& id : numbers_of(page_of(versions, limits), "section", "id")) serials += id + " ";
    return serials;
  };
  EXPECT_EQ(pictures(0), "");
  EXPECT_EQ(pictures(1), "v3 ");
  EXPECT_EQ(pictures(2), "v3 v7 ");
  EXPECT_EQ(pictures(3), "v3 v5 v7 ");
  EXPECT_EQ(pictures(5), "v3 v5 v7 v9 v10 ");
  EXPECT_NE(page_of(versions, limits).find("Pictures of 5 of 10 versions"), std::string::npos);
  EXPECT_EQ(check_html(page_of(versions, limits)).count("a", "href", "#v10"), 1U);
  EXPECT_EQ(check_html(page_of(versions, limits)).count("a", "href", "#v1"), 0U);
  limits.max_pictures = 10;
  EXPECT_EQ(page_of(versions, limits).find("left out"), std::string::npos);
}

TEST(Limits, TheTableSaysWhatItLeavesOut) {
  std::vector<VersionRow> versions;
  for (std::uint32_t i = 0; i < 4; ++i) versions.push_back(version_of({.serial = i + 1, .first_seen = kNoon + i * 1s}));
  ReportLimits limits;
  limits.max_versions = 3;
  const std::string page = page_of(versions, limits);
  EXPECT_NE(page.find("The table has 3 of 4 versions"), std::string::npos);
  EXPECT_EQ(occurrences(page, "<tr data-z="), 3U);
  limits.max_versions = 4;
  EXPECT_EQ(page_of(versions, limits).find("The table has"), std::string::npos);
}

TEST(Limits, ListsSayWhatTheyLeaveOut) {
  ReportFacts facts;
  facts.captures.assign(100, "a.pcap");
  EXPECT_EQ(occurrences(report_of({}, facts), "<li>a.pcap</li>"), 100U);
  facts.captures.assign(101, "a.pcap");
  EXPECT_EQ(occurrences(report_of({}, facts), "<li>a.pcap</li>"), 100U);
  EXPECT_NE(report_of({}, facts).find("<li>and 1 more</li>"), std::string::npos);
}

// Five thousand versions of twenty nodes each: some 1.5 kB a version in the table, 30 kB a picture.
TEST(Limits, BoundTheSize) {
  HtmlReport report;
  for (std::uint32_t i = 0; i < 5000; ++i) report.add(version_of({.serial = i, .secondaries = 20}));
  std::ostringstream out;
  report.write(sample::facts(), out);
  EXPECT_LT(out.str().size(), 12'000'000U);
  EXPECT_EQ(occurrences(out.str(), "<section "), 200U);
  EXPECT_EQ(occurrences(out.str(), "<tr data-z="), 5000U);
}

TEST(HtmlReport, TimesAtTheEndsOfTheRangeAreOnlyTimes) {
  VersionRow version = version_of({});
  version.nodes[3].live_at = version.nodes[3].served_at = Timestamp::max();
  version.nodes[4].not_before = version.nodes[4].received_at = Timestamp::min();
  version.nodes[5].incoming_lag = Duration::max();
  version.nodes[6].distribution_lag = Duration::min();
  expect_sound(page_of({version}));
  version.first_seen = Timestamp::min();
  expect_sound(page_of({version, version}));
}

}  // namespace
}  // namespace zonelag::aggregator
