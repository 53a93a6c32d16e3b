#include "binary.h"

#include <algorithm>
#include <concepts>
#include <cstring>

#include "aggregator/store/micros.h"

namespace zonelag::aggregator {
namespace {

constexpr std::chrono::sys_days kEpoch{std::chrono::year{2000} / 1 / 1};
constexpr unsigned kText = 25;
constexpr unsigned kBigint = 20;
constexpr unsigned kBytea = 17;

template <std::integral Integer>
Integer read(std::string_view& bytes) {
  Integer value = 0;
  bytes.copy(reinterpret_cast<char*>(&value), sizeof value);
  bytes.remove_prefix(sizeof value);
  return big_endian(value);
}

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) - 1U < 0x7fU; });
}

// The length of the valid sequence of UTF-8 (RFC 3629 section 4) at the beginning; 0: there is none.
std::size_t sequence(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = at(0);
  if (first == 0) return 0;
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((at(i) & 0xc0U) != 0x80U) return 0;
  }
  const unsigned second = at(1);
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
      (first == 0xf4 && second > 0x8f)) {
    return 0;
  }
  return size;
}

std::string storable(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const std::size_t size = sequence(text);
    if (size == 0) {
      clean += '?';
    } else {
      clean += text.substr(0, size);
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return clean;
}

// Skips an array's header; returns how many elements follow. One dimension, as ours all are.
std::size_t array_size(std::string_view& field) {
  const auto dimensions = read<std::int32_t>(field);
  field.remove_prefix(8);  // flags, type
  if (dimensions == 0) return 0;
  const auto size = read<std::int32_t>(field);
  field.remove_prefix(4 + 8 * static_cast<std::size_t>(dimensions - 1));  // lower bound, further dimensions
  return static_cast<std::size_t>(size);
}

Parameter binary_parameter(unsigned type, CopyBuffer& buffer) {
  Parameter parameter(std::move(buffer.bytes()).substr(sizeof(std::int32_t)));
  parameter.binary = true;
  parameter.type = type;
  return parameter;
}

}  // namespace

void CopyBuffer::text(std::string_view value) {
  if (is_plain(value)) {
    put(static_cast<std::int32_t>(value.size()));
    bytes_.append(value);
  } else {
    const std::string clean = storable(value);
    put(static_cast<std::int32_t>(clean.size()));
    bytes_.append(clean);
  }
}

void CopyBuffer::boolean(bool value) { field(static_cast<std::int8_t>(value ? 1 : 0)); }

void CopyBuffer::date(Day day) { field(static_cast<std::int32_t>((day - kEpoch).count())); }

void CopyBuffer::timestamp(Timestamp time) {
  field(static_cast<std::int64_t>((to_micros(time) - std::chrono::sys_time<Microseconds>(kEpoch)).count()));
}

void CopyBuffer::interval(Duration lag) {
  put(std::int32_t{16});
  put(static_cast<std::int64_t>(to_micros(lag).count()));
  put(std::int32_t{0});  // days
  put(std::int32_t{0});  // months
}

std::size_t CopyBuffer::begin_field() {
  put(std::int32_t{0});
  return bytes_.size();
}

void CopyBuffer::end_field(std::size_t at) {
  const auto size = big_endian(static_cast<std::int32_t>(bytes_.size() - at));
  std::memcpy(bytes_.data() + at - sizeof size, &size, sizeof size);
}

void CopyBuffer::begin_array(unsigned type, std::size_t size) {
  put(std::int32_t{size == 0 ? 0 : 1});
  put(std::int32_t{0});  // no null in it
  put(static_cast<std::int32_t>(type));
  if (size == 0) return;
  put(static_cast<std::int32_t>(size));
  put(std::int32_t{1});  // lower bound
}

void CopyBuffer::text_array(std::span<const std::string> values) {
  const std::size_t at = begin_field();
  begin_array(kText, values.size());
  for (const std::string& value : values) text(value);
  end_field(at);
}

void CopyBuffer::int8_array(std::span<const std::int64_t> values) {
  const std::size_t at = begin_field();
  begin_array(kBigint, values.size());
  for (const std::int64_t value : values) int8(value);
  end_field(at);
}

void CopyBuffer::date_array(std::span<const Day> days) {
  const std::size_t at = begin_field();
  begin_array(kDate, days.size());
  for (const Day day : days) date(day);
  end_field(at);
}

Parameter text_array(std::span<const std::string> values) {
  CopyBuffer buffer;
  buffer.text_array(values);
  return binary_parameter(kTextArray, buffer);
}

Parameter int8_array(std::span<const std::int64_t> values) {
  CopyBuffer buffer;
  buffer.int8_array(values);
  return binary_parameter(kBigintArray, buffer);
}

Parameter date_array(std::span<const Day> days) {
  CopyBuffer buffer;
  buffer.date_array(days);
  return binary_parameter(kDateArray, buffer);
}

Parameter date(Day day) {
  CopyBuffer buffer;
  buffer.date(day);
  return binary_parameter(kDate, buffer);
}

Parameter bytea(std::string bytes) {
  Parameter parameter(std::move(bytes));
  parameter.binary = true;
  parameter.type = kBytea;
  return parameter;
}

std::int64_t read_int(std::string_view field) {
  switch (field.size()) {
    case 2: return read<std::int16_t>(field);
    case 4: return read<std::int32_t>(field);
    case 8: return read<std::int64_t>(field);
    default: return 0;
  }
}

bool read_bool(std::string_view field) { return !field.empty() && field.front() != 0; }

Day read_date(std::string_view field) { return kEpoch + std::chrono::days(read_int(field)); }

Timestamp read_timestamp(std::string_view field) { return Timestamp(kEpoch) + Microseconds(read_int(field)); }

std::optional<Duration> read_interval(std::string_view field) {
  const Microseconds micros(read<std::int64_t>(field));
  const std::chrono::days days(read<std::int32_t>(field));
  if (read<std::int32_t>(field) != 0) return std::nullopt;
  return micros + days;
}

std::vector<std::string> read_text_array(std::string_view field) {
  std::vector<std::string> values;
  if (field.empty()) return values;
  for (std::size_t left = array_size(field); left > 0; --left) {
    const auto size = static_cast<std::size_t>(std::max(read<std::int32_t>(field), 0));
    values.emplace_back(field.substr(0, size));
    field.remove_prefix(size);
  }
  return values;
}

std::vector<std::int64_t> read_int8_array(std::string_view field) {
  std::vector<std::int64_t> values;
  if (field.empty()) return values;
  for (std::size_t left = array_size(field); left > 0; --left) {
    const auto size = static_cast<std::size_t>(std::max(read<std::int32_t>(field), 0));
    values.push_back(read_int(field.substr(0, size)));
    field.remove_prefix(size);
  }
  return values;
}

}  // namespace zonelag::aggregator
