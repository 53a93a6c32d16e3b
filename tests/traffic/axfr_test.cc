#include "traffic/axfr.h"

#include <gtest/gtest.h>

#include "packet_reader.h"
#include "traffic/message_builder.h"

namespace zonelag::traffic {
namespace {

std::uint64_t truth_of(const Summary& summary, std::string_view name) {
  for (const auto& [key, value] : summary.truth) {
    if (key == name) return std::get<std::uint64_t>(value);
  }
  ADD_FAILURE() << "no " << name;
  return 0;
}

struct Capture {
  explicit Capture(const AxfrOptions& options) {
    Progress silent;
    summary = write_axfr(options, sink, silent);
    const Path path = read_packet(sink.all().front().bytes)->path;
    auto streams = read_streams(sink);
    queries = streams[key_of(path)].messages();
    answers = streams[key_of(path.reversed())].messages();
    missing = streams[key_of(path.reversed())].missing();
  }
  MemorySink sink;
  Summary summary;
  std::vector<std::vector<std::uint8_t>> queries;
  std::vector<std::vector<std::uint8_t>> answers;
  std::uint64_t missing = 0;
};

void expect_whole_transfer(const Capture& capture, const AxfrOptions& options) {
  ASSERT_EQ(capture.queries.size(), 1U);
  const auto query = read_message(capture.queries[0]);
  ASSERT_TRUE(query);
  EXPECT_EQ(query->question_type, static_cast<std::uint16_t>(RrType::kAxfr));
  EXPECT_EQ(capture.answers.size(), truth_of(capture.summary, "messages"));
  std::vector<std::uint32_t> serials;
  std::uint64_t records = 0;
  for (std::size_t i = 0; i < capture.answers.size(); ++i) {
    EXPECT_LE(capture.answers[i].size(), options.message_size);
    const auto answer = read_message(capture.answers[i]);
    ASSERT_TRUE(answer) << i;
    EXPECT_EQ(answer->id, query->id);
    EXPECT_EQ(answer->questions.size(), i == 0 || options.question == QuestionIn::kAll ? 1U : 0U);
    EXPECT_EQ(answer->records.back().section == 3, options.tsig);
    for (const ReadRecord& record : answer->records) {
      if (record.section == 1) ++records;
      if (record.type == static_cast<std::uint16_t>(RrType::kSoa)) serials.push_back(record.serial);
    }
  }
  EXPECT_EQ(records, options.records);
  EXPECT_EQ(serials, (std::vector<std::uint32_t>{options.serial, options.serial}));
}

TEST(Axfr, IsAWholeTransferWithAnyOption) {
  for (const bool tsig : {false, true}) {
    for (const QuestionIn question : {QuestionIn::kAll, QuestionIn::kFirst}) {
      for (const std::size_t segment : {std::size_t{1448}, std::size_t{65160}}) {
        AxfrOptions options{.serial = 7, .records = 3000, .question = question, .tsig = tsig, .v6 = tsig};
        options.segment = segment;
        options.disturbance = {.reorder = 10, .duplicate = 10, .overlap = 10, .drop = 0};
        options.start_seq = 0xffffff00;
        const Capture capture{options};
        EXPECT_EQ(capture.missing, 0U);
        expect_whole_transfer(capture, options);
      }
    }
  }
}

TEST(Axfr, SmallestTransferIsTwoSoaRecords) {
  const AxfrOptions options{.records = 2};
  expect_whole_transfer(Capture{options}, options);
}

TEST(Axfr, MessageSizeIsKeptAndUsed) {
  for (const std::size_t size : {std::size_t{1536}, std::size_t{16384}, std::size_t{65535}}) {
    const AxfrOptions options{.records = 5000, .message_size = size};
    const Capture capture{options};
    expect_whole_transfer(capture, options);
    for (std::size_t i = 0; i + 1 < capture.answers.size(); ++i) EXPECT_GT(capture.answers[i].size(), size - 600);
  }
}

TEST(Axfr, RecordsAreAboutAHundredBytesLong) {
  const Capture capture{{.records = 50'000}};
  const auto bytes = static_cast<double>(truth_of(capture.summary, "message_bytes"));
  EXPECT_NEAR(bytes / 50'000, 100, 10);
}

TEST(Axfr, StartsAtTheSequenceNumberAskedFor) {
  const Capture capture{{.records = 2, .start_seq = 4'294'967'290}};
  for (const auto& frame : capture.sink.all()) {
    const auto packet = read_packet(frame.bytes);
    if (packet->path.from.port != kDnsPort || packet->payload.empty()) continue;
    EXPECT_EQ(packet->seq, 4'294'967'290);
  }
}

TEST(Axfr, AHoleLeavesItIncomplete) {
  AxfrOptions options{.records = 20'000};
  options.disturbance.drop = 2;
  const Capture capture{options};
  EXPECT_EQ(capture.missing, truth_of(capture.summary, "dropped_bytes"));
  EXPECT_GT(capture.missing, 0U);
  EXPECT_EQ(truth_of(capture.summary, "completed_ns"), 0U);
}

TEST(Axfr, EqualArgumentsGiveEqualPackets) {
  AxfrOptions options{.records = 5000};
  options.disturbance = {.reorder = 5, .duplicate = 5, .overlap = 5, .drop = 1};
  const Capture first{options};
  EXPECT_EQ(first.sink.all(), Capture{options}.sink.all());
  options.seed = 2;
  EXPECT_NE(first.sink.all(), Capture{options}.sink.all());
}

}  // namespace
}  // namespace zonelag::traffic
