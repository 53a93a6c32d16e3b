#include "enums.h"

#include <gtest/gtest.h>

#include <string>

namespace zonelag::proto {
namespace {

// Every value of the wire's enum has its own enumerator and the other way round; 0 only where it means unknown or none.
template <class Enum>
void expect_one_to_one(const google::protobuf::EnumDescriptor* descriptor, bool zero_has_meaning) {
  int known = 0;
  for (int i = 0; i < descriptor->value_count(); ++i) {
    const int number = descriptor->value(i)->number();
    const auto value = from_wire<Enum>(number);
    EXPECT_EQ(value.has_value(), number != 0 || zero_has_meaning) << descriptor->value(i)->name();
    if (!value) continue;
    ++known;
    EXPECT_EQ(to_wire(*value), number) << descriptor->value(i)->name();
  }
  EXPECT_TRUE(to_wire(static_cast<Enum>(known - 1)).has_value());
  EXPECT_EQ(to_wire(static_cast<Enum>(known)), std::nullopt) << descriptor->full_name();
  EXPECT_EQ(from_wire<Enum>(descriptor->value_count()), std::nullopt);
  EXPECT_EQ(from_wire<Enum>(-1), std::nullopt);
}

TEST(Enums, OneToOne) {
  expect_one_to_one<decoder::Transport>(v1::Transport_descriptor(), false);
  expect_one_to_one<decoder::Direction>(v1::Direction_descriptor(), false);
  expect_one_to_one<decoder::ClockSync>(v1::ClockSync_descriptor(), true);
  expect_one_to_one<decoder::ClockLeap>(v1::ClockLeap_descriptor(), true);
  expect_one_to_one<decoder::TransferPhase>(v1::TransferPhase_descriptor(), false);
  expect_one_to_one<decoder::TransferQuery>(v1::TransferQuery_descriptor(), true);
  expect_one_to_one<decoder::TransferForm>(v1::TransferForm_descriptor(), true);
  expect_one_to_one<decoder::TransferFailure>(v1::TransferFailure_descriptor(), true);
  expect_one_to_one<decoder::ServedVia>(v1::ServedVia_descriptor(), false);
}

// "CAPTURE_GAP" for "capture gap", "AXFR_STYLE" for "AXFR-style".
std::string as_constant(std::string words) {
  for (char& c : words) c = c == ' ' || c == '-' ? '_' : static_cast<char>(std::toupper(c));
  return words;
}

template <class Enum>
void expect_same_words(const google::protobuf::EnumDescriptor* descriptor, const std::string& prefix) {
  for (int number = 1; number < descriptor->value_count(); ++number) {
    const auto value = from_wire<Enum>(number);
    ASSERT_TRUE(value.has_value());
    EXPECT_EQ(descriptor->FindValueByNumber(number)->name(), prefix + as_constant(to_string(*value)));
  }
}

// A pair swapped in a switch would be one to one as well.
TEST(Enums, SameWordsOnBothSides) {
  expect_same_words<decoder::Transport>(v1::Transport_descriptor(), "TRANSPORT_");
  expect_same_words<decoder::Direction>(v1::Direction_descriptor(), "DIRECTION_");
  expect_same_words<decoder::ClockSync>(v1::ClockSync_descriptor(), "CLOCK_SYNC_");
  expect_same_words<decoder::ClockLeap>(v1::ClockLeap_descriptor(), "CLOCK_LEAP_");
  expect_same_words<decoder::TransferPhase>(v1::TransferPhase_descriptor(), "TRANSFER_PHASE_");
  expect_same_words<decoder::TransferQuery>(v1::TransferQuery_descriptor(), "TRANSFER_QUERY_");
  expect_same_words<decoder::TransferForm>(v1::TransferForm_descriptor(), "TRANSFER_FORM_");
  expect_same_words<decoder::TransferFailure>(v1::TransferFailure_descriptor(), "TRANSFER_FAILURE_");
  // decoder writes the option's name as RFC 9660 does.
  EXPECT_EQ(to_wire(decoder::ServedVia::soa_answer), v1::SERVED_VIA_SOA_ANSWER);
  EXPECT_EQ(to_wire(decoder::ServedVia::negative_answer), v1::SERVED_VIA_NEGATIVE_ANSWER);
  EXPECT_EQ(to_wire(decoder::ServedVia::zone_version), v1::SERVED_VIA_ZONE_VERSION);
}

}  // namespace
}  // namespace zonelag::proto
