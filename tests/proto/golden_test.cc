// The sample events in protobuf's text form and in JSON, written by hand from event.proto and sample_events.cc. protoc
// is the second opinion: it reads our records as this text, and we read the records that it makes of the text.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "proto/codec.h"
#include "sample_events.h"

namespace zonelag::proto {
namespace {

struct Golden {
  std::string name;
  decoder::Event event;
  std::string text;
  std::string json;
};

const std::string kTextSource = R"(source {
  address: "192.0.2.30"
  port: 53
}
)";
const std::string kTextDestination = R"(destination {
  address: "2001:db8::41"
  port: 65535
}
)";

std::string full_text(bool with_destination, const std::string& body) {
  return R"(schema: 1
sensor_id: "sensor-vie1"
boot_id: 18446744073709551615
sequence: 42
captured_at {
  seconds: 1764000000
  nanos: 123456789
}
clock {
  sync: CLOCK_SYNC_SYNCHRONISED
  max_error {
    nanos: 1500000
  }
  leap: CLOCK_LEAP_DELETION_DUE
}
transport: TRANSPORT_TCP
direction: DIRECTION_IN
)" + kTextSource +
         (with_destination ? kTextDestination : "") + R"(node: "vie1"
zone: "example.at"
provenance {
  capture: "vie1.pcap"
  packet: 7
}
)" + body;
}

std::string full_json(bool with_destination, const std::string& body) {
  return R"({"schema":1,"sensor_id":"sensor-vie1","boot_id":"18446744073709551615","sequence":"42",)"
         R"("captured_at":"2025-11-24T16:00:00.123456789Z",)"
         R"("clock":{"sync":"CLOCK_SYNC_SYNCHRONISED","max_error":"0.001500s","leap":"CLOCK_LEAP_DELETION_DUE"},)"
         R"("transport":"TRANSPORT_TCP","direction":"DIRECTION_IN","source":{"address":"192.0.2.30","port":53},)" +
         std::string(with_destination ? R"("destination":{"address":"2001:db8::41","port":65535},)" : "") +
         R"("node":"vie1","zone":"example.at","provenance":{"capture":"vie1.pcap","packet":"7"},)" + body + "}";
}

Golden notify_golden() {
  return {
      "notify", full_notify(), full_text(true, R"(notify {
  response: true
  message_id: 65535
  query_type: 1
  rcode: 5
  serial: 2026112001
  answered_with: 2026112002
  attempt: 3
  first_sent {
    seconds: 1763999999
    nanos: 5
  }
  tsig_key: "key.example"
  request_serial: 2026112003
}
)"),
      full_json(true, R"("notify":{"response":true,"message_id":65535,"query_type":1,"rcode":5,"serial":2026112001,)"
                      R"("answered_with":2026112002,"attempt":3,"first_sent":"2025-11-24T15:59:59.000000005Z",)"
                      R"("tsig_key":"key.example","request_serial":2026112003})")};
}

Golden transfer_golden() {
  return {"transfer", full_transfer(), full_text(true, R"(transfer {
  phase: TRANSFER_PHASE_FAILED
  asked: TRANSFER_QUERY_IXFR
  got: TRANSFER_FORM_AXFR_STYLE
  message_id: 4711
  client_serial: 4294967295
  first_serial: 1
  last_serial: 2
  messages: 10
  records: 5000000000
  bytes: 600000000000
  first_packet {
    seconds: 1763999990
  }
  last_packet {
    seconds: 1764000000
    nanos: 120000000
  }
  failure: TRANSFER_FAILURE_CAPTURE_GAP
  rcode: 255
  tsig_key: "key.example"
}
)"),
          full_json(true,
                    R"("transfer":{"phase":"TRANSFER_PHASE_FAILED","asked":"TRANSFER_QUERY_IXFR",)"
                    R"("got":"TRANSFER_FORM_AXFR_STYLE","message_id":4711,"client_serial":4294967295,"first_serial":1,)"
                    R"("last_serial":2,"messages":"10","records":"5000000000","bytes":"600000000000",)"
                    R"("first_packet":"2025-11-24T15:59:50Z","last_packet":"2025-11-24T16:00:00.120Z",)"
                    R"("failure":"TRANSFER_FAILURE_CAPTURE_GAP","rcode":255,"tsig_key":"key.example"})")};
}

Golden served_golden() {
  return {"served", full_served(), full_text(false, R"(served {
  serial: 2026112001
  via: SERVED_VIA_NEGATIVE_ANSWER
  previous: 2026112000
  previous_last_seen {
    seconds: -1
    nanos: 999999999
  }
  timers {
    refresh: 10800
    retry: 3600
    expire: 604800
    minimum: 300
  }
}
)"),
          full_json(false, R"("served":{"serial":2026112001,"via":"SERVED_VIA_NEGATIVE_ANSWER","previous":2026112000,)"
                           R"("previous_last_seen":"1969-12-31T23:59:59.999999999Z",)"
                           R"("timers":{"refresh":10800,"retry":3600,"expire":604800,"minimum":300}})")};
}

Golden stamp_golden() {
  // base64 of 74 3d 31 00 ff
  return {"stamp", full_stamp(), full_text(false, R"(stamp {
  owner: "_stamp.example.at"
  value: "t=1\000\377"
}
)"),
          full_json(false, R"("stamp":{"owner":"_stamp.example.at","value":"dD0xAP8="})")};
}

Golden status_golden() {
  return {
      "status", full_status(), full_text(true, R"(status {
  counters {
    name: "packets"
    value: 1000
  }
  counters {
    name: "frames.malformed"
    value: 2
  }
  dropped: 3
  version: "0.1.0"
  own_addresses: "192.0.2.41"
  own_addresses: "2001:db8::1"
}
)"),
      full_json(true,
                R"("status":{"counters":[{"name":"packets","value":"1000"},{"name":"frames.malformed","value":"2"}],)"
                R"("dropped":"3","version":"0.1.0","own_addresses":["192.0.2.41","2001:db8::1"]})")};
}

Golden empty_golden() {
  return {"empty", empty_events()[2],
          R"(schema: 1
captured_at {
}
transport: TRANSPORT_UDP
direction: DIRECTION_TRANSIT
zone: "."
served {
  serial: 0
  via: SERVED_VIA_SOA_ANSWER
}
)",
          R"({"schema":1,"captured_at":"1970-01-01T00:00:00Z","transport":"TRANSPORT_UDP",)"
          R"("direction":"DIRECTION_TRANSIT","zone":".","served":{"serial":0,"via":"SERVED_VIA_SOA_ANSWER"}})"};
}

std::vector<Golden> all_golden() {
  return {notify_golden(), transfer_golden(), served_golden(), stamp_golden(), status_golden(), empty_golden()};
}

// What `protoc MODE=zonelag.v1.Event` makes of `input`.
std::string protoc(const std::string& mode, const std::string& input) {
  const std::string stem = testing::TempDir() + "zonelag_proto_" + std::to_string(getpid());
  std::ofstream(stem + ".in", std::ios::binary) << input;
  const std::string command = std::string(ZONELAG_PROTOC) + " --" + mode + "=zonelag.v1.Event --proto_path='" +
                              ZONELAG_PROTO_DIR + "' zonelag/v1/event.proto <'" + stem + ".in' >'" + stem + ".out'";
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  std::ostringstream output;
  output << std::ifstream(stem + ".out", std::ios::binary).rdbuf();
  std::filesystem::remove(stem + ".in");
  std::filesystem::remove(stem + ".out");
  return output.str();
}

TEST(Golden, ProtocReadsOurRecords) {
  for (const Golden& golden : all_golden())
    EXPECT_EQ(protoc("decode", encode(golden.event)), golden.text) << golden.name;
}

TEST(Golden, WeReadProtocsRecords) {
  for (const Golden& golden : all_golden())
    EXPECT_EQ(decode(protoc("encode", golden.text)), golden.event) << golden.name;
}

TEST(Golden, Json) {
  for (const Golden& golden : all_golden()) {
    EXPECT_EQ(to_json(golden.event), golden.json) << golden.name;
    EXPECT_EQ(from_json(golden.json), golden.event) << golden.name;
  }
}

TEST(Golden, JsonWithCamelCaseNamesIsReadToo) {
  EXPECT_EQ(from_json(R"({"schema":1,"capturedAt":"1970-01-01T00:00:00Z","transport":1,"direction":1,"zone":".",)"
                      R"("served":{"serial":0,"via":1}})"),
            empty_events()[2]);
}

TEST(Golden, JsonThatIsNoEvent) {
  const CodecError not_json{CodecFault::not_json, ""};
  EXPECT_EQ(from_json("").error(), not_json);
  EXPECT_EQ(from_json("[]").error(), not_json);
  EXPECT_EQ(from_json(R"({"schema":1,"zoen":"."})").error(), not_json);
  EXPECT_EQ(from_json(R"({"schema":-1})").error(), not_json);
  EXPECT_EQ(from_json(std::string(100000, '[')).error(), not_json);
  EXPECT_EQ(from_json("{}").error(), (CodecError{CodecFault::unknown_schema, "schema"}));
  EXPECT_EQ(from_json(std::string(kMaxRecordSize, ' ') + "{").error(), (CodecError{CodecFault::too_long, ""}));
}

}  // namespace
}  // namespace zonelag::proto
