// RFC 5936 section 2.2, RFC 1995 section 4, answers as runs of records: a number is a SOA with that serial, +n are n
// other records.
#include "transfer.h"

#include <gtest/gtest.h>

#include <sstream>

namespace zonelag::decoder {
namespace {

using State = TransferProgress::State;

TransferProgress after(TransferQuery asked, const std::string& answer, std::optional<Serial> client = {}) {
  TransferProgress progress(asked, client);
  std::istringstream words(answer);
  for (std::string word; words >> word;) {
    if (word[0] == '+') {
      progress.plain_records(std::stoul(word.substr(1)));
    } else {
      progress.soa(Serial{static_cast<std::uint32_t>(std::stoul(word))});
    }
  }
  return progress;
}

void expect_complete(TransferQuery asked, const std::string& answer, TransferForm form, std::uint64_t records) {
  SCOPED_TRACE(answer);
  for (std::size_t end = answer.find(' '); end != std::string::npos; end = answer.find(' ', end + 1)) {
    EXPECT_EQ(after(asked, answer.substr(0, end)).state(), State::open) << "after " << answer.substr(0, end);
  }
  const TransferProgress progress = after(asked, answer);
  EXPECT_EQ(progress.state(), State::completed);
  EXPECT_EQ(progress.form(), form);
  EXPECT_EQ(progress.first_serial(), Serial{9});
  EXPECT_EQ(progress.records(), records);
}

void expect_malformed(TransferQuery asked, const std::string& answer) {
  SCOPED_TRACE(answer);
  EXPECT_EQ(after(asked, answer).state(), State::malformed);
  EXPECT_EQ(after(asked, answer + " 9 +1 9").state(), State::malformed) << "still";
}

TEST(Transfer, AxfrIsEverythingBetweenTheSameSoaTwice) {
  for (const TransferQuery asked : {TransferQuery::axfr, TransferQuery::unknown}) {
    expect_complete(asked, "9 +1 9", TransferForm::axfr, 3);
    expect_complete(asked, "9 +70000 +1 9", TransferForm::axfr, 70003);
    expect_complete(asked, "9 9", TransferForm::axfr, 2);  // a zone of nothing but its SOA
  }
}

TEST(Transfer, IxfrMayBeAnsweredWithTheWholeZone) {
  expect_complete(TransferQuery::ixfr, "9 +3 9", TransferForm::axfr_style, 5);
  expect_complete(TransferQuery::ixfr, "9 9", TransferForm::axfr_style, 2);
}

TEST(Transfer, IncrementalEndsBehindTheAdditionsThatLeadToTheNewSerial) {
  for (const TransferQuery asked : {TransferQuery::ixfr, TransferQuery::unknown}) {
    expect_complete(asked, "9 5 +1 9 +2 9", TransferForm::incremental, 7);
    expect_complete(asked, "9 5 9 9", TransferForm::incremental, 4);     // nothing but the SOA changed
    expect_complete(asked, "9 5 +1 9 9", TransferForm::incremental, 5);  // deletions only
    expect_complete(asked, "9 5 9 +1 9", TransferForm::incremental, 5);  // additions only
    expect_complete(asked, "9 5 +1 6 +1 6 +1 9 +1 9", TransferForm::incremental, 10);
    expect_complete(asked, "9 5 6 6 7 7 9 9", TransferForm::incremental, 8);
  }
}

// RFC 1995 section 7 itself, by serials 1 to 3 and its record counts, as an answer to serial 1.
TEST(Transfer, TheExamplesOfRfc1995) {
  const TransferProgress sequences = after(TransferQuery::ixfr, "3 1 +1 2 +2 2 +1 3 +1 3");
  EXPECT_EQ(sequences.state(), State::completed);
  EXPECT_EQ(sequences.records(), 11U);
  EXPECT_EQ(sequences.form(), TransferForm::incremental);
  EXPECT_EQ(sequences.first_serial(), Serial{3});
  const TransferProgress condensed = after(TransferQuery::ixfr, "3 1 +1 3 +2 3");
  EXPECT_EQ(condensed.state(), State::completed);
  EXPECT_EQ(condensed.records(), 7U);
  EXPECT_EQ(after(TransferQuery::ixfr, "3 +4 3").form(), TransferForm::axfr_style);
}

TEST(Transfer, SerialsOnTheWayMayWrapOrGoBack) {
  expect_complete(TransferQuery::ixfr, "9 4294967295 +1 0 +1 0 +1 9 +1 9", TransferForm::incremental, 10);
  expect_complete(TransferQuery::ixfr, "9 20 +1 9 +1 9", TransferForm::incremental, 6);  // the zone was reset
}

TEST(Transfer, WhatComesBehindTheEndChangesNothing) {
  const TransferProgress progress = after(TransferQuery::axfr, "9 +1 9 +5 7 9");
  EXPECT_EQ(progress.state(), State::completed);
  EXPECT_EQ(progress.records(), 3U);
}

TEST(Transfer, FirstRecordIsTheSoa) {
  for (const TransferQuery asked : {TransferQuery::axfr, TransferQuery::ixfr}) {
    expect_malformed(asked, "+1");
    EXPECT_FALSE(after(asked, "+1 9").first_serial());
    EXPECT_EQ(after(asked, "+0").state(), State::open);  // no record at all
  }
}

TEST(Transfer, OtherSoaAtTheEnd) {
  expect_malformed(TransferQuery::axfr, "9 +1 8");
  expect_malformed(TransferQuery::axfr, "9 8");  // AXFR is never incremental
  expect_malformed(TransferQuery::ixfr, "9 +1 8");
  expect_malformed(TransferQuery::ixfr, "9 5 +1 9 +1 8");
}

TEST(Transfer, IncrementalThatSkipsToItsEndIsNotAtItsEnd) {
  // The first SOA again where a sequence's deletions would begin: nothing leads to 9.
  EXPECT_NE(after(TransferQuery::ixfr, "9 5 +1 6 +1 9").state(), State::completed);
}

TEST(Transfer, LoneSoaIsUpToDateWhenTheClientIsAsNew) {
  const auto lone = [](std::uint32_t client) { return after(TransferQuery::ixfr, "9", Serial{client}); };
  EXPECT_TRUE(lone(9).is_up_to_date());
  EXPECT_TRUE(lone(10).is_up_to_date());
  EXPECT_FALSE(lone(8).is_up_to_date());
  EXPECT_TRUE(lone(9U + 0x7fffffffU).is_up_to_date());   // RFC 1982: newest possible
  EXPECT_FALSE(lone(9U + 0x80000000U).is_up_to_date());  // incomparable
  EXPECT_FALSE(lone(9U + 0x80000001U).is_up_to_date());
  EXPECT_FALSE(after(TransferQuery::ixfr, "9").is_up_to_date());  // the client's serial is not known
  EXPECT_TRUE(after(TransferQuery::ixfr, "9").is_lone_soa());
}

TEST(Transfer, LoneSoaHasNothingBehindIt) {
  EXPECT_FALSE(after(TransferQuery::ixfr, "", Serial{9}).is_lone_soa());
  EXPECT_FALSE(after(TransferQuery::ixfr, "9 +1", Serial{9}).is_up_to_date());
  EXPECT_FALSE(after(TransferQuery::ixfr, "9 5", Serial{9}).is_up_to_date());
  TransferProgress lone = after(TransferQuery::ixfr, "9", Serial{9});
  EXPECT_EQ(lone.state(), State::open);
  lone.conclude_lone_soa();
  EXPECT_EQ(lone.state(), State::completed);
  EXPECT_EQ(lone.form(), TransferForm::lone_soa);
  EXPECT_EQ(lone.records(), 1U);
}

}  // namespace
}  // namespace zonelag::decoder
