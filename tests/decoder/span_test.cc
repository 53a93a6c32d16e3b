// Captures of a mirror port with frames up to four times, against those of the same bridge with each frame once, and
// against one host's own.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "decoder/decoder.h"
#include "dns_talk.h"
#include "sensor/capture_file.h"

namespace zonelag::decoder::test {
namespace {

// Each event as a line, without its times: the copy that comes first is no more the host's than the others.
class LineSink final : public EventSink {
 public:
  void event(Event&& event, std::uint64_t packet, Bytes message) override {
    const auto text = [](const Endpoint& end) { return end.address.to_string() + " " + std::to_string(end.port); };
    std::string line = text(event.source) + " > " + text(event.destination) + " ";
    if (const auto* notify = std::get_if<Notify>(&event.body)) line += "try " + std::to_string(notify->attempt) + " ";
    words_.event(std::move(event), packet, message);
    lines.push_back(line + words_.take());
  }
  std::vector<std::string> lines;

 private:
  WordSink words_;
};

struct Seen {
  FrameCounters frames;
  DnsCounters dns;
  std::vector<std::string> events;  // sorted
  Timestamp last;                   // packet

  std::vector<std::uint64_t> messages() const {
    return {dns.messages,         dns.malformed,          dns.snapped,
            dns.queries,          dns.responses,          dns.notify_requests,
            dns.notify_responses, dns.transfer_queries,   dns.transfer_messages,
            dns.updates,          dns.other_opcode,       dns.served_seen,
            dns.records_walked,   dns.transfers_completed};
  }
};

Seen seen_in(const std::string& capture, bool drop_duplicates, Timestamp until = Timestamp::max()) {
  auto source = sensor::open_capture(ZONELAG_SOURCE_DIR "/pcaps/" + capture);
  if (!source) throw std::runtime_error(source.error().text);
  LineSink sink;
  Timestamp last;
  Decoder decoder({.frame = {.drop_duplicates = drop_duplicates}}, sink);
  for (auto batch = (*source)->next_batch(); !batch.empty(); batch = (*source)->next_batch()) {
    for (const Packet& packet : batch) {
      if (packet.time > until) continue;
      decoder.packet(packet);
      last = std::max(last, packet.time);
    }
  }
  decoder.finish();
  std::ranges::sort(sink.lines);
  return {decoder.frame_counters(), decoder.dns_counters(), std::move(sink.lines), last};
}

class SpanTest : public testing::TestWithParam<const char*> {
 protected:
  const std::string set_ = GetParam();
};

TEST_P(SpanTest, SaysWhatIsSaidOfEachFrameOnce) {
  const Seen span = seen_in(set_ + "/span-both-directions.sll2.pcap.zst", true);
  const Seen once = seen_in(set_ + "/mirror.pcap.zst", false, span.last);  // it went on for a moment
  EXPECT_GT(once.events.size(), 20U);
  EXPECT_GT(span.frames.duplicates, once.dns.messages);
  EXPECT_EQ(span.messages(), once.messages());
  EXPECT_EQ(span.events, once.events);
}

TEST_P(SpanTest, SaysAllThatTheHostsOwnCaptureSays) {
  const Seen own = seen_in(set_ + "/incoming.pcap.zst", false);
  const Seen span = seen_in(set_ + "/span-both-directions.sll2.pcap.zst", true);
  EXPECT_GT(own.events.size(), 10U);
  EXPECT_TRUE(std::ranges::includes(span.events, own.events));
}

TEST_P(SpanTest, CountsCopiesWithoutTheFilter) {
  const Seen once = seen_in(set_ + "/mirror.pcap.zst", false);
  const Seen span = seen_in(set_ + "/span-both-directions.sll2.pcap.zst", false);
  EXPECT_EQ(span.frames.duplicates, 0U);
  EXPECT_GT(span.dns.messages, once.dns.messages);
}

TEST_P(SpanTest, DropsNothingOfACleanCapture) {
  const Seen plain = seen_in(set_ + "/incoming.pcap.zst", false);
  const Seen filtered = seen_in(set_ + "/incoming.pcap.zst", true);
  EXPECT_EQ(filtered.frames.duplicates, 0U);
  EXPECT_EQ(filtered.messages(), plain.messages());
  EXPECT_EQ(filtered.events, plain.events);
}

INSTANTIATE_TEST_SUITE_P(Sets, SpanTest, testing::Values("links", "udp-ixfr"),
                         [](const auto& set) { return std::string(set.param) == "links" ? "links" : "udp_ixfr"; });

}  // namespace
}  // namespace zonelag::decoder::test
