// The report in a real browser: it parses as it was meant, its policy lets its own script run, and the script sorts and
// filters. Fails where there is no Chromium.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "html_check.h"
#include "report_sample.h"

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;
using sample::kNoon;
using sample::occurrences;
using sample::version_of;

struct Rendered {
  std::string dom;
  std::string log;
};

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Rendered render(const std::string& page) {
  std::string folder = testing::TempDir() + "zonelag_browser_XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) ADD_FAILURE() << "no folder for the browser";
  std::ofstream(folder + "/page.html", std::ios::binary) << page;
  const std::string command =
      "chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
      "--disable-component-update --disable-sync --enable-logging=stderr --user-data-dir='" +
      folder + "/profile' --dump-dom 'file://" + folder + "/page.html' >'" + folder + "/dom' 2>'" + folder + "/log'";
  EXPECT_EQ(std::system(command.c_str()), 0) << "chromium: " << content_of(folder + "/log");
  Rendered rendered{content_of(folder + "/dom"), content_of(folder + "/log")};
  std::filesystem::remove_all(folder);
  return rendered;
}

std::string sample_page() {
  return sample::report_of(
      {version_of({.zone = "b.example", .serial = 10, .first_seen = kNoon}),
       version_of({.zone = "a.example", .serial = 9, .open = 2, .verdict = Verdict::open, .first_seen = kNoon + 1s}),
       version_of({.zone = "c.example", .serial = 100, .outliers = 1, .verdict = Verdict::breached})},
      sample::facts());
}

// A copy of the page without its policy, and with a script that does what a reader would do.
std::string operated(const std::string& script) {
  std::string page = sample_page();
  const std::size_t policy = page.find("<meta http-equiv=\"Content-Security-Policy\"");
  page.erase(policy, page.find(">\n", policy) + 2 - policy);
  page.insert(page.find("</body>"), "<script>" + script + "</script>\n");
  return page;
}

TEST(ReportInBrowser, LoadsWithoutAWordOnTheConsole) {
  const Rendered rendered = render(sample_page());
  EXPECT_EQ(rendered.log.find("CONSOLE"), std::string::npos) << rendered.log;
  // The script ran: it shows the filter and makes the headings buttons.
  EXPECT_EQ(rendered.dom.find("id=\"filter\" hidden"), std::string::npos);
  EXPECT_EQ(occurrences(rendered.dom, "<button type=\"button\">"), 11U);
  // The parser moved nothing: as many lines as were written.
  EXPECT_EQ(occurrences(rendered.dom, "<use href="), occurrences(sample_page(), "<use href="));
  EXPECT_EQ(occurrences(rendered.dom, "<tr"), occurrences(sample_page(), "<tr"));
}

TEST(ReportInBrowser, TheConsoleIsWatched) {
  const Rendered rendered = render(operated("console.error('said aloud')"));
  EXPECT_NE(rendered.log.find("said aloud"), std::string::npos) << "the test above would notice nothing";
}

TEST(ReportInBrowser, ThePolicyStopsOtherScripts) {
  std::string page = sample_page();
  page.insert(page.find("</body>"), "<script>document.title = 'taken over'</script>\n");
  const Rendered rendered = render(page);
  EXPECT_NE(rendered.log.find("Content Security Policy"), std::string::npos);
  EXPECT_EQ(rendered.dom.find("<title>taken over"), std::string::npos);
}

TEST(ReportInBrowser, SortsByAnyColumn) {
  const Rendered rendered = render(operated(R"js(
    var said = [], table = document.getElementById('vt');
    function zones() { return Array.prototype.map.call(table.tBodies[0].rows, function (r) {
      return r.cells[0].textContent[0]; }).join(''); }
    [0, 0, 1, 6, 6].forEach(function (column) {
      table.tHead.rows[0].cells[column].firstChild.click();
      said.push(column + zones() + table.tHead.rows[0].cells[column].getAttribute('aria-sort')[0]);
    });
    document.title = said.join(' ');)js"));
  // Serials 9, 10, 100 as numbers; Δ3 max of a is open: last either way.
  EXPECT_NE(rendered.dom.find("<title>0abca 0cbad 1abca 6bcaa 6cbad</title>"), std::string::npos)
      << rendered.dom.substr(rendered.dom.find("<title>"), 80);
}

TEST(ReportInBrowser, FiltersByZoneAndVerdict) {
  const Rendered rendered = render(operated(R"js(
    var said = [], zone = document.getElementById('fz'), verdict = document.getElementById('fv');
    function shown(selector) { return Array.prototype.filter.call(document.querySelectorAll(selector), function (e) {
      return !e.hidden; }).length; }
    [['', ''], ['A.EXAMPLE', ''], ['', 'breached'], ['a.example', 'breached'], ['nothing', '']].forEach(function (f) {
      zone.value = f[0]; zone.dispatchEvent(new Event('input'));
      verdict.value = f[1]; verdict.dispatchEvent(new Event('change'));
      said.push(shown('#vt tbody tr') + '/' + shown('section.version'));
    });
    document.title = said.join(' ') + ' ' + document.getElementById('fc').textContent;)js"));
  EXPECT_NE(rendered.dom.find("<title>3/3 1/1 1/1 0/0 0/0 0 of 3</title>"), std::string::npos)
      << rendered.dom.substr(rendered.dom.find("<title>"), 80);
}

}  // namespace
}  // namespace zonelag::aggregator
