#include "proto/codec.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "sample_events.h"
#include "zonelag/v1/event.pb.h"

namespace zonelag::proto {
namespace {

using decoder::Event;

v1::Event parsed(const std::string& record) {
  v1::Event message;
  EXPECT_TRUE(message.ParseFromString(record));
  return message;
}

// The full event with one thing done to its message.
CodecError error_after(const Event& event, const std::function<void(v1::Event&)>& change) {
  v1::Event message = parsed(encode(event));
  change(message);
  const auto result = decode(message.SerializeAsString());
  EXPECT_FALSE(result.has_value());
  return result.has_value() ? CodecError{} : result.error();
}

bool good_after(const Event& event, const std::function<void(v1::Event&)>& change) {
  v1::Event message = parsed(encode(event));
  change(message);
  return decode(message.SerializeAsString()).has_value();
}

// Names of fields that are not set in `message`, nor in a message within it.
void collect_unset(const google::protobuf::Message& message, const std::string& path, std::vector<std::string>& unset) {
  const auto* descriptor = message.GetDescriptor();
  const auto* reflection = message.GetReflection();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const auto* field = descriptor->field(i);
    const std::string name = path + field->name();
    if (field->real_containing_oneof() != nullptr && !reflection->HasField(message, field)) continue;
    const bool set =
        field->is_repeated() ? reflection->FieldSize(message, field) > 0 : reflection->HasField(message, field);
    if (!set) unset.push_back(name);
    const bool is_message = field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE;
    // A time's parts may be zero.
    if (!set || !is_message || field->message_type()->file()->package() != "zonelag.v1") continue;
    const auto& inner = field->is_repeated() ? reflection->GetRepeatedMessage(message, field, 0)
                                             : reflection->GetMessage(message, field);
    collect_unset(inner, name + ".", unset);
  }
}

TEST(Codec, FullEventsSetEveryFieldOfTheSchema) {
  std::set<int> bodies;
  for (const Event& event : full_events()) {
    const v1::Event message = parsed(encode(event));
    bodies.insert(message.body_case());
    std::vector<std::string> unset;
    collect_unset(message, "", unset);
    const bool answer = message.has_served() || message.has_stamp();
    EXPECT_EQ(unset, answer ? std::vector<std::string>{"destination"} : std::vector<std::string>{});
  }
  EXPECT_EQ(static_cast<int>(bodies.size()), v1::Event::descriptor()->FindOneofByName("body")->field_count());
}

TEST(Codec, FullEventsComeBack) {
  for (const Event& event : full_events()) EXPECT_EQ(decode(encode(event)), event);
}

TEST(Codec, EmptyEventsComeBack) {
  for (const Event& event : empty_events()) EXPECT_EQ(decode(encode(event)), event);
}

TEST(Codec, AnEmptyEventHasNoOptionalPart) {
  const v1::Event message = parsed(encode(Event{}));
  EXPECT_FALSE(message.has_clock() || message.has_source() || message.has_destination() || message.has_provenance());
  EXPECT_FALSE(message.notify().has_serial() || message.notify().has_answered_with() ||
               message.notify().has_first_sent());
  EXPECT_TRUE(message.has_captured_at());
  EXPECT_EQ(message.zone(), ".");
}

TEST(Codec, FirstAndLastTimesComeBack) {
  using decoder::Timestamp;
  constexpr decoder::Duration kTick{1};
  for (const Timestamp time : {Timestamp::min(), Timestamp::min() + kTick, Timestamp{-std::chrono::seconds{1}},
                               Timestamp{-kTick}, Timestamp{kTick}, Timestamp::max()}) {
    Event event = full_notify();
    event.captured_at = time;
    event.clock.max_error = decoder::Duration::max();
    EXPECT_EQ(decode(encode(event)), event);
  }
}

TEST(Codec, ZeroSerialIsNotNoSerial) {
  Event event = full_notify();
  std::get<decoder::Notify>(event.body).serial = decoder::Serial{0};
  EXPECT_EQ(decode(encode(event)), event);
}

TEST(Codec, RandomEventsComeBackInBothForms) {
  std::mt19937_64 random(20261120);
  for (int i = 0; i < 3000; ++i) {
    const Event event = random_event(random);
    ASSERT_EQ(decode(encode(event)), event) << "event " << i;
    const std::string json = to_json(event);
    ASSERT_EQ(json.find('\n'), std::string::npos);
    ASSERT_EQ(from_json(json), event) << "event " << i;
  }
}

TEST(Codec, AppendsToWhatIsThere) {
  std::string out = "before";
  encode(full_notify(), out);
  EXPECT_EQ(out, "before" + encode(full_notify()));
}

TEST(Codec, WhoAskedIsNotWritten) {
  for (Event event : {full_served(), full_stamp()}) {
    const Event without = event;
    event.destination = {decoder::IpAddress::parse("203.0.113.77").value(), 4242};
    EXPECT_EQ(encode(event), encode(without));
    EXPECT_EQ(to_json(event), to_json(without));
  }
}

TEST(Codec, WhatIsNoTextIsReplaced) {
  Event event = full_status();
  event.sensor_id = "a\xff";
  event.provenance->capture = std::string("b\0c", 3);
  const auto back = decode(encode(event));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->sensor_id, "a\ufffd");
  EXPECT_EQ(back->provenance->capture, "b\ufffdc");
}

TEST(Codec, GarbageIsNotProtobuf) {
  const CodecError expected{CodecFault::not_protobuf, ""};
  EXPECT_EQ(decode(std::string_view("\xff\xff\xff")).error(), expected);
  EXPECT_EQ(decode(encode(full_notify()).substr(0, 40)).error(), expected);
  EXPECT_EQ(decode(encode(full_notify()) + "\x07").error(), expected);
}

TEST(Codec, NothingHasNoSchemaVersion) {
  EXPECT_EQ(decode(std::string_view()).error(), (CodecError{CodecFault::unknown_schema, "schema"}));
}

TEST(Codec, OtherSchemaVersionIsTheFirstComplaint) {
  for (const std::uint32_t version : {0U, 2U, 4294967295U}) {
    const auto error = error_after(full_notify(), [&](v1::Event& e) {
      e.set_schema(version);
      e.set_zone("");
    });
    EXPECT_EQ(error, (CodecError{CodecFault::unknown_schema, "schema"}));
    EXPECT_EQ(to_string(error), "event: schema: unknown schema version");
  }
}

TEST(Codec, AddedFieldsAreSkipped) {
  const std::string added = "\xf2\x3f\x03new";  // field 1022, length-delimited
  EXPECT_EQ(decode(encode(full_notify()) + added), full_notify());
}

TEST(Codec, ABodyIsNeeded) {
  EXPECT_EQ(error_after(full_notify(), [](v1::Event& e) { e.clear_body(); }),
            (CodecError{CodecFault::missing, "body"}));
}

TEST(Codec, ACaptureTimeIsNeeded) {
  EXPECT_EQ(error_after(full_notify(), [](v1::Event& e) { e.clear_captured_at(); }),
            (CodecError{CodecFault::missing, "captured_at"}));
}

TEST(Codec, AServedSerialIsNeeded) {
  EXPECT_EQ(error_after(full_served(), [](v1::Event& e) { e.mutable_served()->clear_serial(); }),
            (CodecError{CodecFault::missing, "served.serial"}));
}

TEST(Codec, ZonesThatAreNoNames) {
  const std::string label(63, 'a');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'b');
  EXPECT_TRUE(good_after(full_notify(), [&](v1::Event& e) { e.set_zone(longest); }));
  for (const std::string& zone :
       {std::string(), longest + "b", label + "a.at", std::string("a..at"), std::string("\\999")}) {
    EXPECT_EQ(error_after(full_notify(), [&](v1::Event& e) { e.set_zone(zone); }),
              (CodecError{CodecFault::not_a_name, "zone"}))
        << zone;
  }
}

TEST(Codec, ZoneInAnotherSpellingIsTheSameZone) {
  v1::Event message = parsed(encode(full_notify()));
  message.set_zone("EXAMPLE.\\097t.");
  EXPECT_EQ(decode(message.SerializeAsString()), full_notify());
}

TEST(Codec, AddressesThatAreNone) {
  const std::string zero_byte("192.0.2.1\0", 10);
  for (const std::string& text : {std::string("192.0.2"), std::string("192.0.2.256"), std::string("::g"), zero_byte,
                                  std::string("fe80::1%eth0"), std::string("vie1"), std::string(1000, '0')}) {
    EXPECT_EQ(error_after(full_notify(), [&](v1::Event& e) { e.mutable_source()->set_address(text); }),
              (CodecError{CodecFault::not_an_address, "source.address"}));
    EXPECT_EQ(error_after(full_notify(), [&](v1::Event& e) { e.mutable_destination()->set_address(text); }),
              (CodecError{CodecFault::not_an_address, "destination.address"}));
    EXPECT_EQ(error_after(full_status(), [&](v1::Event& e) { e.mutable_status()->set_own_addresses(1, text); }),
              (CodecError{CodecFault::not_an_address, "status.own_addresses"}));
  }
}

TEST(Codec, TextWithZeroByte) {
  const std::string bad("a\0", 2);
  const auto not_text = [](const char* field) { return CodecError{CodecFault::not_text, field}; };
  EXPECT_EQ(error_after(full_notify(), [&](v1::Event& e) { e.set_sensor_id(bad); }), not_text("sensor_id"));
  EXPECT_EQ(error_after(full_notify(), [&](v1::Event& e) { e.set_node(bad); }), not_text("node"));
  EXPECT_EQ(error_after(full_notify(), [&](v1::Event& e) { e.mutable_provenance()->set_capture(bad); }),
            not_text("provenance.capture"));
  EXPECT_EQ(error_after(full_notify(), [&](v1::Event& e) { e.mutable_notify()->set_tsig_key(bad); }),
            not_text("notify.tsig_key"));
  EXPECT_EQ(error_after(full_transfer(), [&](v1::Event& e) { e.mutable_transfer()->set_tsig_key(bad); }),
            not_text("transfer.tsig_key"));
  EXPECT_EQ(error_after(full_stamp(), [&](v1::Event& e) { e.mutable_stamp()->set_owner(bad); }),
            not_text("stamp.owner"));
  EXPECT_EQ(error_after(full_status(), [&](v1::Event& e) { e.mutable_status()->set_version(bad); }),
            not_text("status.version"));
  EXPECT_EQ(error_after(full_status(), [&](v1::Event& e) { e.mutable_status()->mutable_counters(0)->set_name(bad); }),
            not_text("status.counters.name"));
}

struct NumberCase {
  const char* field;
  Event event;
  std::uint32_t last_good;
  std::function<void(v1::Event&, std::uint32_t)> set;
};

TEST(Codec, NumbersEndWhereTheirFieldsEnd) {
  const std::vector<NumberCase> cases{
      {"source.port", full_notify(), 65535, [](v1::Event& e, std::uint32_t n) { e.mutable_source()->set_port(n); }},
      {"destination.port", full_notify(), 65535,
       [](v1::Event& e, std::uint32_t n) { e.mutable_destination()->set_port(n); }},
      {"notify.message_id", full_notify(), 65535,
       [](v1::Event& e, std::uint32_t n) { e.mutable_notify()->set_message_id(n); }},
      {"notify.query_type", full_notify(), 65535,
       [](v1::Event& e, std::uint32_t n) { e.mutable_notify()->set_query_type(n); }},
      {"notify.rcode", full_notify(), 255, [](v1::Event& e, std::uint32_t n) { e.mutable_notify()->set_rcode(n); }},
      {"transfer.message_id", full_transfer(), 65535,
       [](v1::Event& e, std::uint32_t n) { e.mutable_transfer()->set_message_id(n); }},
      {"transfer.rcode", full_transfer(), 255,
       [](v1::Event& e, std::uint32_t n) { e.mutable_transfer()->set_rcode(n); }},
  };
  for (const auto& c : cases) {
    EXPECT_TRUE(good_after(c.event, [&](v1::Event& e) { c.set(e, c.last_good); })) << c.field;
    for (const std::uint32_t bad : {c.last_good + 1, c.last_good + 2, std::numeric_limits<std::uint32_t>::max()}) {
      EXPECT_EQ(error_after(c.event, [&](v1::Event& e) { c.set(e, bad); }),
                (CodecError{CodecFault::out_of_range, c.field}));
    }
  }
}

TEST(Codec, UnknownEnumValues) {
  const auto unknown = [](const char* field) { return CodecError{CodecFault::unknown_value, field}; };
  for (const int bad : {-1, 0, 99}) {
    const auto value = [bad]<class Enum>(Enum) { return static_cast<Enum>(bad); };
    EXPECT_EQ(error_after(full_notify(), [&](v1::Event& e) { e.set_transport(value(v1::Transport{})); }),
              unknown("transport"));
    EXPECT_EQ(error_after(full_notify(), [&](v1::Event& e) { e.set_direction(value(v1::Direction{})); }),
              unknown("direction"));
    EXPECT_EQ(error_after(full_transfer(),
                          [&](v1::Event& e) { e.mutable_transfer()->set_phase(value(v1::TransferPhase{})); }),
              unknown("transfer.phase"));
    EXPECT_EQ(error_after(full_served(), [&](v1::Event& e) { e.mutable_served()->set_via(value(v1::ServedVia{})); }),
              unknown("served.via"));
    if (bad == 0) continue;  // has a meaning in the others
    EXPECT_EQ(error_after(full_notify(), [&](v1::Event& e) { e.mutable_clock()->set_sync(value(v1::ClockSync{})); }),
              unknown("clock.sync"));
    EXPECT_EQ(error_after(full_notify(), [&](v1::Event& e) { e.mutable_clock()->set_leap(value(v1::ClockLeap{})); }),
              unknown("clock.leap"));
    EXPECT_EQ(error_after(full_transfer(),
                          [&](v1::Event& e) { e.mutable_transfer()->set_asked(value(v1::TransferQuery{})); }),
              unknown("transfer.asked"));
    EXPECT_EQ(
        error_after(full_transfer(), [&](v1::Event& e) { e.mutable_transfer()->set_got(value(v1::TransferForm{})); }),
        unknown("transfer.got"));
    EXPECT_EQ(error_after(full_transfer(),
                          [&](v1::Event& e) { e.mutable_transfer()->set_failure(value(v1::TransferFailure{})); }),
              unknown("transfer.failure"));
  }
}

TEST(Codec, EveryTimeIsChecked) {
  const auto bad_time = [](const char* field) { return CodecError{CodecFault::bad_time, field}; };
  const auto spoil = [](auto* time) { time->set_nanos(1000000000); };
  EXPECT_EQ(error_after(full_notify(), [&](v1::Event& e) { spoil(e.mutable_captured_at()); }), bad_time("captured_at"));
  EXPECT_EQ(error_after(full_notify(), [&](v1::Event& e) { spoil(e.mutable_clock()->mutable_max_error()); }),
            bad_time("clock.max_error"));
  EXPECT_EQ(error_after(full_notify(), [&](v1::Event& e) { spoil(e.mutable_notify()->mutable_first_sent()); }),
            bad_time("notify.first_sent"));
  EXPECT_EQ(error_after(full_transfer(), [&](v1::Event& e) { spoil(e.mutable_transfer()->mutable_first_packet()); }),
            bad_time("transfer.first_packet"));
  EXPECT_EQ(error_after(full_transfer(), [&](v1::Event& e) { spoil(e.mutable_transfer()->mutable_last_packet()); }),
            bad_time("transfer.last_packet"));
  EXPECT_EQ(error_after(full_served(), [&](v1::Event& e) { spoil(e.mutable_served()->mutable_previous_last_seen()); }),
            bad_time("served.previous_last_seen"));
}

TEST(Codec, RecordsMayBeThisLong) {
  Event event = full_stamp();
  const std::size_t rest = encode(event).size();
  std::get<decoder::Stamp>(event.body).value.assign(kMaxRecordSize - rest, 'x');
  // The longer lengths in front of the value and the body took some bytes too.
  const std::size_t over = encode(event).size() - kMaxRecordSize;
  std::string& value = std::get<decoder::Stamp>(event.body).value;
  value.resize(value.size() - over);
  ASSERT_EQ(encode(event).size(), kMaxRecordSize);
  EXPECT_EQ(decode(encode(event)), event);
  value.push_back('x');
  EXPECT_EQ(decode(encode(event)).error(), (CodecError{CodecFault::too_long, ""}));
  EXPECT_EQ(to_string(CodecError{CodecFault::too_long, ""}), "event: longer than a record may be");
}

TEST(Codec, MutationsAreRefusedOrStable) {
  silence_library_log();
  std::mt19937_64 random(7);
  int accepted = 0;
  int refused = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string record = encode(random_event(random));
    for (auto n = random() % 4; n < 4; ++n) record[random() % record.size()] ^= static_cast<char>(1U << random() % 8);
    if (random() % 8 == 0) record.resize(random() % record.size());
    const auto event = decode(record);
    ++(event ? accepted : refused);
    if (!event) continue;
    const std::string again = encode(*event);
    const auto second = decode(again);
    ASSERT_TRUE(second.has_value()) << to_string(second.error());
    ASSERT_EQ(encode(*second), again);
  }
  EXPECT_GT(accepted, 1000);
  EXPECT_GT(refused, 1000);
}

TEST(Codec, EachFaultHasItsWords) {
  std::set<std::string> words;
  for (int i = 0; i <= static_cast<int>(CodecFault::cut_short); ++i)
    words.insert(to_string(static_cast<CodecFault>(i)));
  EXPECT_EQ(words.size(), static_cast<std::size_t>(CodecFault::cut_short) + 1);
  EXPECT_FALSE(words.contains("unknown fault"));
}

}  // namespace
}  // namespace zonelag::proto
