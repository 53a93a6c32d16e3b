#include "aggregator/sla.h"

#include <gtest/gtest.h>

#include <vector>

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;

using Members = std::vector<MemberLag>;
constexpr MemberLag kOpen{};

TEST(PercentileCont, InterpolatesBetweenNeighbours) {
  const Members five{50ms, 10ms, 40ms, 20ms, 30ms};
  EXPECT_EQ(percentile_cont(five, 0.5), 30ms);
  EXPECT_EQ(percentile_cont(five, 0.0), 10ms);
  EXPECT_EQ(percentile_cont(five, 1.0), 50ms);
  EXPECT_EQ(percentile_cont(five, 0.9), 46ms);
  EXPECT_EQ(percentile_cont(Members{10ms, 20ms}, 0.5), 15ms);
  EXPECT_EQ(percentile_cont(Members{-10ms, 20ms}, 0.25), -2500us);
  EXPECT_EQ(percentile_cont(Members{7ms}, 0.9), 7ms);
  EXPECT_EQ(percentile_cont(Members{}, 0.5), std::nullopt);
}

TEST(PercentileCont, IsUnknownWhereItRestsOnAnOpenMember) {
  // Position 0.5 * 3 lies between the second and the third.
  EXPECT_EQ(percentile_cont(Members{1ms, 2ms, 3ms, kOpen}, 0.5), 2500us);
  EXPECT_EQ(percentile_cont(Members{1ms, kOpen, 2ms, kOpen}, 0.5), std::nullopt);
  EXPECT_EQ(percentile_cont(Members{kOpen}, 0.5), std::nullopt);
  EXPECT_EQ(percentile_cont(Members{kOpen, 1ms}, 0.0), 1ms);
}

TEST(PercentileCont, DoesNotRestOnTheNeighbourOfTheMemberItHits) {
  // 95 % of 21 members is the 20th exactly: the last one may be open.
  Members members(20, MemberLag(5ms));
  members.push_back(kOpen);
  EXPECT_EQ(percentile_cont(members, 0.95), 5ms);
  // 0.07 * 100 is 7.000000000000001 in binary: still the eighth of 101 members.
  Members eight(8, MemberLag(5ms));
  eight.resize(101, kOpen);
  EXPECT_EQ(percentile_cont(eight, 0.07), 5ms);
  eight[7] = kOpen;
  EXPECT_EQ(percentile_cont(eight, 0.07), std::nullopt);
}

TEST(PercentileCont, HoldsAtTheEndsOfTheType) {
  const Members extremes{Duration::max(), Duration::min()};
  EXPECT_EQ(percentile_cont(extremes, 1.0), Duration::max());
  EXPECT_EQ(percentile_cont(extremes, 0.0), Duration::min());
  EXPECT_LE(*percentile_cont(extremes, 0.5), 0ns);
  EXPECT_GE(*percentile_cont(extremes, 0.5), -1ns);
  EXPECT_EQ(summarise(Members{Duration::max(), Duration::max()}).avg, Duration::max());
  EXPECT_EQ(summarise(Members{Duration::min(), Duration::min()}).avg, Duration::min());
}

TEST(Summarise, KnowsEverythingWhenNobodyIsOpen) {
  const LagSummary summary = summarise(Members{3s, 1s, 2s});
  EXPECT_EQ(summary.min, 1s);
  EXPECT_EQ(summary.median, 2s);
  EXPECT_EQ(summary.p90, 2800ms);
  EXPECT_EQ(summary.max, 3s);
  EXPECT_EQ(summary.avg, 2s);
}

TEST(Summarise, HidesWhatAnOpenMemberCouldChange) {
  const LagSummary summary = summarise(Members{1s, kOpen, 2s, 3s});
  EXPECT_EQ(summary.min, 1s);
  EXPECT_EQ(summary.median, 2500ms);
  EXPECT_EQ(summary.p90, std::nullopt);
  EXPECT_EQ(summary.max, std::nullopt);
  EXPECT_EQ(summary.avg, std::nullopt);
  EXPECT_EQ(summarise(Members{kOpen, kOpen}).min, std::nullopt);
  EXPECT_EQ(summarise(Members{}).avg, std::nullopt);
}

TEST(Summarise, RoundsTheMeanToTheNearestNanosecond) {
  EXPECT_EQ(summarise(Members{1ns, 1ns, 2ns}).avg, 1ns);
  EXPECT_EQ(summarise(Members{1ns, 2ns, 2ns}).avg, 2ns);
  EXPECT_EQ(summarise(Members{-1ns, -2ns, -2ns}).avg, -2ns);
}

class Judge : public testing::Test {
 protected:
  // `now` is that long after first_seen.
  Verdict judge_at(Duration after, const Members& lags, std::optional<Duration> clock_error = std::nullopt) const {
    return judge(policy_,
                 {.lags = lags, .clock_error = clock_error, .first_seen = first_seen_, .now = first_seen_ + after});
  }

  const Timestamp first_seen_{1'795'176'000s};
  const Policy policy_{.name = "contract", .percentile = 50, .limit = 60s, .deadline = 100s};
};

TEST_F(Judge, ExactlyAtTheLimitIsMet) {
  EXPECT_EQ(judge_at(0s, {60s}), Verdict::met);
  EXPECT_EQ(judge_at(0s, {60s + 1ns}), Verdict::breached);
  EXPECT_EQ(judge_at(0s, {-5s}), Verdict::met);
  EXPECT_EQ(judge_at(1000s, {60s}), Verdict::met);
}

TEST_F(Judge, ClockErrorThatStraddlesTheLimitIsUndecidable) {
  EXPECT_EQ(judge_at(0s, {58s}, 2s), Verdict::met);
  EXPECT_EQ(judge_at(0s, {58s + 1ns}, 2s), Verdict::undecidable);
  EXPECT_EQ(judge_at(0s, {60s}, 2s), Verdict::undecidable);
  EXPECT_EQ(judge_at(0s, {62s}, 2s), Verdict::undecidable);
  EXPECT_EQ(judge_at(0s, {62s + 1ns}, 2s), Verdict::breached);
  EXPECT_EQ(judge_at(0s, {62s}, Duration::max()), Verdict::undecidable);
  EXPECT_EQ(judge_at(0s, {60s}, 0s), Verdict::met);
}

TEST_F(Judge, OpenMembersLeaveItOpenUntilTheDeadline) {
  const Members waiting{1s, kOpen};
  EXPECT_EQ(judge_at(0s, waiting), Verdict::open);
  EXPECT_EQ(judge_at(100s - 1ns, waiting), Verdict::open);
  EXPECT_EQ(judge_at(100s, waiting), Verdict::breached);
  EXPECT_EQ(judge_at(1000s, waiting), Verdict::breached);
  EXPECT_EQ(judge_at(-1s, waiting), Verdict::open);
}

TEST_F(Judge, KnownMembersBeyondTheLimitDoNotBreachBeforeTheDeadline) {
  EXPECT_EQ(judge_at(99s, {70s, kOpen}), Verdict::open);
  EXPECT_EQ(judge_at(99s, {70s, 71s}), Verdict::breached);
}

TEST_F(Judge, LateEvidenceTakesABreachBack) {
  EXPECT_EQ(judge_at(200s, {1s, kOpen}), Verdict::breached);
  EXPECT_EQ(judge_at(200s, {1s, 59s}), Verdict::met);
}

TEST_F(Judge, OpenMembersThatCannotMatterDoNot) { EXPECT_EQ(judge_at(1000s, {1s, 2s, kOpen}), Verdict::met); }

TEST_F(Judge, NobodyExpectedIsNoVerdict) { EXPECT_EQ(judge_at(1000s, {}), Verdict::none); }

TEST_F(Judge, TimesAtTheEndsOfTheTypeDoNotOverflow) {
  const Members open{kOpen};
  EXPECT_EQ(judge(policy_, {.lags = open, .clock_error = {}, .first_seen = Timestamp::min(), .now = Timestamp::max()}),
            Verdict::breached);
  EXPECT_EQ(judge(policy_, {.lags = open, .clock_error = {}, .first_seen = Timestamp::max(), .now = Timestamp::max()}),
            Verdict::open);
}

}  // namespace
}  // namespace zonelag::aggregator
