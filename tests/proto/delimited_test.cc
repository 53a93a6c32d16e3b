#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/delimited_message_util.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "proto/codec.h"
#include "sample_events.h"
#include "zonelag/v1/event.pb.h"

namespace zonelag::proto {
namespace {

using decoder::Event;
using Next = std::expected<std::optional<Event>, CodecError>;

const Next kEnd = std::nullopt;

std::string delimited(const std::vector<Event>& events) {
  std::ostringstream out;
  for (const Event& event : events) EXPECT_TRUE(write_delimited(out, event));
  return out.str();
}

CodecError framing_error(const std::string& bytes) {
  std::istringstream in(bytes);
  const auto event = read_delimited(in);
  EXPECT_FALSE(event.has_value());
  const auto again = read_delimited(in);
  EXPECT_FALSE(again.has_value()) << "still bad afterwards";
  return event.has_value() ? CodecError{} : event.error();
}

TEST(Delimited, ComesBackInOrder) {
  std::istringstream in(delimited(full_events()));
  for (const Event& event : full_events()) EXPECT_EQ(read_delimited(in), Next(event));
  EXPECT_EQ(read_delimited(in), kEnd);
  EXPECT_EQ(read_delimited(in), kEnd);
}

TEST(Delimited, ProtobufReadsWhatWeWrite) {
  const std::string file = delimited(full_events());
  google::protobuf::io::ArrayInputStream in(file.data(), static_cast<int>(file.size()));
  bool at_end = false;
  v1::Event message;
  for (const Event& event : full_events()) {
    message.Clear();
    ASSERT_TRUE(google::protobuf::util::ParseDelimitedFromZeroCopyStream(&message, &in, &at_end));
    EXPECT_EQ(decode(message.SerializeAsString()), event);
  }
  EXPECT_FALSE(google::protobuf::util::ParseDelimitedFromZeroCopyStream(&message, &in, &at_end));
  EXPECT_TRUE(at_end);
}

TEST(Delimited, WeReadWhatProtobufWrites) {
  std::stringstream file;
  for (const Event& event : full_events()) {
    v1::Event message;
    ASSERT_TRUE(message.ParseFromString(encode(event)));
    ASSERT_TRUE(google::protobuf::util::SerializeDelimitedToOstream(message, &file));
  }
  for (const Event& event : full_events()) EXPECT_EQ(read_delimited(file), Next(event));
  EXPECT_EQ(read_delimited(file), kEnd);
}

TEST(Delimited, EveryCutIsNoticed) {
  const std::string one = delimited({full_notify()});
  const std::string file = one + delimited({full_transfer()});
  for (std::size_t size = one.size() + 1; size < file.size(); ++size) {
    std::istringstream in(file.substr(0, size));
    ASSERT_EQ(read_delimited(in), Next(full_notify()));
    const auto cut = read_delimited(in);
    ASSERT_FALSE(cut.has_value()) << size;
    EXPECT_EQ(cut.error().fault, CodecFault::cut_short) << size;
    EXPECT_EQ(read_delimited(in).error().fault, CodecFault::cut_short) << "still bad afterwards";
  }
}

TEST(Delimited, GoesOnAfterABadRecord) {
  std::string file = delimited({full_notify()});
  file += std::string("\x02\xff\xff", 3);
  file += delimited({full_served()});
  std::istringstream in(file);
  EXPECT_EQ(read_delimited(in), Next(full_notify()));
  EXPECT_EQ(read_delimited(in).error(), (CodecError{CodecFault::not_protobuf, ""}));
  EXPECT_EQ(read_delimited(in), Next(full_served()));
}

TEST(Delimited, AnEmptyRecordIsARecord) {
  std::istringstream in(std::string("\0", 1));
  EXPECT_EQ(read_delimited(in).error(), (CodecError{CodecFault::unknown_schema, "schema"}));
  EXPECT_EQ(read_delimited(in), kEnd);
}

TEST(Delimited, LengthsUpToTheLimit) {
  EXPECT_EQ(framing_error("\x80\x80\x40"), (CodecError{CodecFault::cut_short, ""}));       // 2^20, nothing there
  EXPECT_EQ(framing_error("\x81\x80\x40"), (CodecError{CodecFault::too_long, "length"}));  // 2^20 + 1
  EXPECT_EQ(framing_error("\x80\x80\x41"), (CodecError{CodecFault::too_long, "length"}));
  EXPECT_EQ(framing_error("\x80\x80\x80\x80\x10"), (CodecError{CodecFault::too_long, "length"}));  // 2^32
  EXPECT_EQ(framing_error("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), (CodecError{CodecFault::too_long, "length"}));
  EXPECT_EQ(framing_error("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f"), (CodecError{CodecFault::too_long, "length"}));
}

TEST(Delimited, LengthsThatAreNoVarint) {
  EXPECT_EQ(framing_error(std::string(10, '\x80') + '\0'), (CodecError{CodecFault::not_protobuf, "length"}));
  EXPECT_EQ(framing_error("\x80"), (CodecError{CodecFault::cut_short, "length"}));
}

TEST(Delimited, APaddedVarintIsOne) {
  const std::string record = encode(full_notify());
  ASSERT_GT(record.size(), 127U);
  std::string file = delimited({full_notify()});
  file.replace(0, 2,
               {static_cast<char>(record.size() | 0x80), static_cast<char>(record.size() >> 7 | 0x80), '\x80', '\0'});
  std::istringstream in(file);
  EXPECT_EQ(read_delimited(in), Next(full_notify()));
}

TEST(Delimited, AFailedStreamIsSaid) {
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  EXPECT_FALSE(write_delimited(out, full_notify()));
  std::istringstream in(delimited({full_notify()}));
  in.setstate(std::ios::badbit);
  EXPECT_FALSE(read_delimited(in).has_value());
}

}  // namespace
}  // namespace zonelag::proto
