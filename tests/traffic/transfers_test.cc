#include "traffic/transfers.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "packet_reader.h"
#include "traffic/message_builder.h"

namespace zonelag::traffic {
namespace {

struct Capture {
  explicit Capture(const TransfersOptions& options) {
    Progress silent;
    result = write_transfers(options, sink, silent);
    streams = read_streams(sink);
  }
  MemorySink sink;
  TransfersResult result;
  std::map<FlowKey, ReadStream> streams;
};

TEST(Transfers, StayOpenUnlessFinished) {
  const Capture capture{{.open = 300}};
  EXPECT_EQ(capture.streams.size(), 600U);
  std::set<std::string> zones;
  for (const auto& [key, stream] : capture.streams) {
    EXPECT_EQ(stream.missing(), 0U);
    for (const auto& message : stream.messages()) zones.insert(read_message(message)->questions.at(0));
  }
  EXPECT_EQ(zones.size(), 300U);
  for (const TransferTruth& row : capture.result.truth) EXPECT_EQ(row.completed, Time{});
  for (const auto& frame : capture.sink.all()) EXPECT_EQ(read_packet(frame.bytes)->flags & (kTcpFin | kTcpRst), 0);
}

TEST(Transfers, AreAllOpenBeforeTheFirstFinishes) {
  const Capture capture{{.open = 100, .finish = true}};
  Time last_asked{};
  Time first_completed = Time::max();
  for (const TransferTruth& row : capture.result.truth) {
    last_asked = std::max(last_asked, row.asked);
    first_completed = std::min(first_completed, row.completed);
  }
  EXPECT_LT(last_asked, first_completed);
}

/// What a reader finds of the transfers of one connection, by message ID.
struct Found {
  std::string zone;
  std::uint64_t records = 0;
  std::vector<std::uint32_t> serials;
};

std::map<std::uint16_t, Found> found_in(const ReadStream& stream) {
  std::map<std::uint16_t, Found> found;
  for (const auto& bytes : stream.messages()) {
    const auto message = read_message(bytes);
    EXPECT_TRUE(message);
    if ((message->flags & kFlagResponse) == 0) break;
    Found& transfer = found[message->id];
    if (!message->questions.empty()) transfer.zone = message->questions[0];
    transfer.records += message->records.size();
    for (const ReadRecord& record : message->records) {
      if (record.type == static_cast<std::uint16_t>(RrType::kSoa)) transfer.serials.push_back(record.serial);
    }
  }
  return found;
}

TEST(Transfers, FinishedOnesAreWholeAlsoWhenInterleaved) {
  for (const std::uint32_t interleave : {1U, 7U, 300U}) {
    const Capture capture{{.open = 300, .interleave = interleave, .v6_percent = 20, .finish = true}};
    std::map<std::string, std::uint32_t> serials;
    for (const auto& [key, stream] : capture.streams) {
      for (const auto& [id, transfer] : found_in(stream)) {
        EXPECT_EQ(transfer.records, 18U);
        ASSERT_EQ(transfer.serials.size(), 2U);
        EXPECT_EQ(transfer.serials[0], transfer.serials[1]);
        serials[transfer.zone] = transfer.serials[0];
      }
    }
    ASSERT_EQ(serials.size(), 300U);
    for (const TransferTruth& row : capture.result.truth) {
      EXPECT_EQ(serials.at(numbered("t", row.index) + ".example."), row.serial);
      EXPECT_GT(row.completed, row.asked);
    }
  }
}

TEST(Transfers, EqualArgumentsGiveEqualPackets) {
  const TransfersOptions options{.open = 200, .interleave = 3, .finish = true};
  EXPECT_EQ(Capture{options}.sink.all(), Capture{options}.sink.all());
}

}  // namespace
}  // namespace zonelag::traffic
