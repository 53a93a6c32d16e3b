// A second opinion on sla.cc: PostgreSQL computes the same figures over the same lags. The server runs in single-user
// mode on a cluster of its own in a temporary directory: no socket, no port, nothing left running whatever happens.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <vector>

#include "aggregator/sla.h"

namespace zonelag::aggregator {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kGroups = 250;
constexpr std::size_t kLargestGroup = 40;

// Where initdb and postgres are: the newest of Debian's directories; empty: nowhere.
std::string binary_directory() {
  std::string newest;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
    const std::string directory = entry.path() / "bin";
    if (fs::exists(directory + "/initdb") && fs::exists(directory + "/postgres")) newest = std::max(newest, directory);
  }
  return newest;
}

// A cluster that root may not run: as root, commands run as `postgres`, else as `nobody`.
class PrivateCluster {
 public:
  PrivateCluster() {
    // As root: a place that the other user can enter, whatever TMPDIR says.
    const fs::path parent = geteuid() == 0 ? fs::path("/tmp") : fs::temp_directory_path();
    std::string name = (parent / "zonelag-sla-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) return;
    directory_ = name;
    if (geteuid() != 0) return;
    const passwd* user = getpwnam("postgres");
    if (user == nullptr) user = getpwnam("nobody");
    if (user == nullptr || chown(name.c_str(), user->pw_uid, user->pw_gid) != 0) return;
    prefix_ = fmt::format("runuser -u {} -- ", user->pw_name);
  }
  ~PrivateCluster() {
    std::error_code ignored;
    if (!directory_.empty()) fs::remove_all(directory_, ignored);
  }
  PrivateCluster(const PrivateCluster&) = delete;
  PrivateCluster& operator=(const PrivateCluster&) = delete;

  const fs::path& directory() const { return directory_; }

  // Error: what the programs said.
  std::string initialise() const {
    return run(fmt::format("'{}/initdb' -D data -U zonelag -A trust -E UTF8 --locale=C --no-sync --no-instructions",
                           binary_directory()));
  }
  // One statement a line. The server goes on after a statement that fails: the absence of its result tells.
  std::string execute(const std::string& statements) const {
    std::ofstream(directory_ / "statements") << statements;
    return run(fmt::format("'{}/postgres' --single -F -D data postgres < statements", binary_directory()));
  }

 private:
  std::string run(const std::string& command) const {
    const std::string line = fmt::format("cd '{}' && {}{} > log 2>&1", directory_.string(), prefix_, command);
    return std::system(line.c_str()) == 0 ? "" : log();
  }
  std::string log() const {
    std::ostringstream text;
    text << std::ifstream(directory_ / "log").rdbuf();
    return "it failed:\n" + text.str();
  }

  fs::path directory_;
  std::string prefix_;
};

// A group's lags; `whole`: whole microseconds, as PostgreSQL's interval keeps them.
struct Group {
  std::vector<MemberLag> lags;
  bool whole = false;
};

std::vector<Group> random_groups() {
  std::mt19937_64 random(20261120);  // the same samples each time
  std::vector<Group> groups(kGroups);
  for (std::size_t g = 0; g < kGroups; ++g) {
    groups[g].whole = g % 2 == 0;
    // From milliseconds to days, negative ones and equal ones among them.
    const std::int64_t span = std::int64_t{1} << (20 + g % 30);
    std::uniform_int_distribution<std::int64_t> lag(-span / 8, span);
    const std::size_t size = 1 + g % kLargestGroup;
    while (groups[g].lags.size() < size) {
      const std::int64_t value = groups[g].whole ? lag(random) / 1000 * 1000 : lag(random);
      groups[g].lags.emplace_back(Duration(value));
      if (value % 7 == 0 && groups[g].lags.size() < size) groups[g].lags.emplace_back(Duration(value));
    }
  }
  return groups;
}

void write_samples(const std::vector<Group>& groups, const fs::path& path) {
  std::ofstream file(path);
  for (std::size_t g = 0; g < groups.size(); ++g) {
    for (const MemberLag& lag : groups[g].lags) {
      const std::int64_t ns = lag->count();
      file << fmt::format("{}\t{}{}.{:09} seconds\n", g, ns < 0 ? "-" : "", std::abs(ns) / 1'000'000'000,
                          std::abs(ns) % 1'000'000'000);
    }
  }
  file.close();
  fs::permissions(path, fs::perms::others_read, fs::perm_options::add);
}

// Of each group: min, max, avg, median, p90 in whole microseconds; `lag` is the expression that is aggregated.
std::string query(const fs::path& directory, const char* lag, const char* file) {
  constexpr const char* kFigures[] = {"min({})", "max({})", "avg({})",
                                      "percentile_cont(0.5) WITHIN GROUP (ORDER BY {})",
                                      "percentile_cont(0.9) WITHIN GROUP (ORDER BY {})"};
  std::string columns = "g";
  for (const char* figure : kFigures) {
    columns += fmt::format(", (extract(epoch FROM {}) * 1000000)::bigint", fmt::format(fmt::runtime(figure), lag));
  }
  return fmt::format("COPY (SELECT {} FROM samples GROUP BY g ORDER BY g) TO '{}' (DELIMITER ' ')\n", columns,
                     (directory / file).string());
}

std::map<std::size_t, std::vector<std::int64_t>> read_figures(const fs::path& path) {
  std::map<std::size_t, std::vector<std::int64_t>> figures;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::size_t group = 0;
    fields >> group;
    for (std::int64_t value = 0; fields >> value;) figures[group].push_back(value);
  }
  return figures;
}

void expect_near(std::optional<Duration> ours, std::int64_t microseconds, bool whole, const std::string& what) {
  ASSERT_TRUE(ours) << what;
  // Theirs is rounded to the microsecond once, and before that each sample that is not a whole one.
  const std::int64_t tolerance = whole ? 501 : 1001;
  EXPECT_LE(std::abs(ours->count() - microseconds * 1000), tolerance)
      << what << ": ours " << ours->count() << " ns, PostgreSQL " << microseconds << " us";
}

void compare(const std::vector<Group>& groups, const fs::path& path) {
  const auto figures = read_figures(path);
  ASSERT_EQ(figures.size(), groups.size());
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const auto& theirs = figures.at(g);
    ASSERT_EQ(theirs.size(), 5U);
    const LagSummary ours = summarise(groups[g].lags);
    const std::string group = fmt::format("group {} of {}", g, groups[g].lags.size());
    expect_near(ours.min, theirs[0], groups[g].whole, group + " min");
    expect_near(ours.max, theirs[1], groups[g].whole, group + " max");
    expect_near(ours.avg, theirs[2], groups[g].whole, group + " avg");
    expect_near(ours.median, theirs[3], groups[g].whole, group + " median");
    expect_near(ours.p90, theirs[4], groups[g].whole, group + " p90");
  }
}

TEST(SlaAgainstPostgres, SameFigures) {
  ASSERT_NE(binary_directory(), "") << "PostgreSQL's initdb and postgres are needed (Debian: postgresql)";
  const PrivateCluster cluster;
  ASSERT_FALSE(cluster.directory().empty());
  const std::vector<Group> groups = random_groups();
  write_samples(groups, cluster.directory() / "samples");
  ASSERT_EQ(cluster.initialise(), "");
  // As plain intervals, and as the difference of two timestamps is: with days of their own.
  ASSERT_EQ(cluster.execute("CREATE TABLE samples (g int, lag interval)\n" +
                            fmt::format("COPY samples FROM '{}'\n", (cluster.directory() / "samples").string()) +
                            query(cluster.directory(), "lag", "plain") +
                            query(cluster.directory(), "justify_hours(lag)", "with_days")),
            "");
  compare(groups, cluster.directory() / "plain");
  compare(groups, cluster.directory() / "with_days");
}

}  // namespace
}  // namespace zonelag::aggregator
