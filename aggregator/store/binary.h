// PostgreSQL's binary formats: rows of COPY, parameters, fields of results. All big endian; times in microseconds since
// 2000-01-01, by micros.h's rules.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aggregator/changes.h"
#include "aggregator/store/connection.h"

namespace zonelag::aggregator {

// Types whose identifiers are fixed for ever (pg_type.dat).
inline constexpr unsigned kTextArray = 1009;
inline constexpr unsigned kBigintArray = 1016;
inline constexpr unsigned kDateArray = 1182;
inline constexpr unsigned kDate = 1082;

template <std::integral Integer>
constexpr Integer big_endian(Integer value) {
  return std::endian::native == std::endian::little ? std::byteswap(value) : value;
}

// Rows of COPY ... FROM STDIN (FORMAT binary): begin_row(), then that many fields.
class CopyBuffer {
 public:
  void begin_row(std::int16_t fields) { put(fields); }
  void null() { put(std::int32_t{-1}); }
  // What PostgreSQL's text cannot hold (zero bytes, invalid UTF-8) becomes '?': it may come from anywhere.
  void text(std::string_view value);
  void text_or_null(std::string_view value) { value.empty() ? null() : text(value); }
  void boolean(bool value);
  void int2(std::int16_t value) { field(value); }
  void int4(std::int32_t value) { field(value); }
  void int8(std::int64_t value) { field(value); }
  void date(Day day);
  void timestamp(Timestamp time);
  void timestamp(const std::optional<Timestamp>& time) { time ? timestamp(*time) : null(); }
  void interval(Duration lag);
  void interval(const std::optional<Duration>& lag) { lag ? interval(*lag) : null(); }
  void text_array(std::span<const std::string> values);
  void int8_array(std::span<const std::int64_t> values);
  void date_array(std::span<const Day> days);

  std::string& bytes() { return bytes_; }

 private:
  template <std::integral Integer>
  void put(Integer value) {
    const Integer wire = big_endian(value);
    char bytes[sizeof wire];
    std::memcpy(bytes, &wire, sizeof wire);
    bytes_.append(bytes, sizeof wire);
  }
  template <std::integral Integer>
  void field(Integer value) {
    put(static_cast<std::int32_t>(sizeof value));
    put(value);
  }
  void begin_array(unsigned type, std::size_t size);
  std::size_t begin_field();
  void end_field(std::size_t at);

  std::string bytes_;
};

// Parameters.
Parameter text_array(std::span<const std::string> values);
Parameter int8_array(std::span<const std::int64_t> values);
Parameter date_array(std::span<const Day> days);
Parameter date(Day day);
Parameter bytea(std::string bytes);

// Fields of a result in binary format. The type must be what the statement selects.
std::int64_t read_int(std::string_view field);  // of 2, 4 or 8 bytes
bool read_bool(std::string_view field);
Day read_date(std::string_view field);
Timestamp read_timestamp(std::string_view field);
std::optional<Duration> read_interval(std::string_view field);  // empty: it has months
std::vector<std::string> read_text_array(std::string_view field);
std::vector<std::int64_t> read_int8_array(std::string_view field);

// Nanoseconds, as `..._ns` columns have them.
inline std::int64_t ns_of(Timestamp time) { return time.time_since_epoch().count(); }
inline Timestamp timestamp_of(std::int64_t ns) { return Timestamp(Duration(ns)); }

}  // namespace zonelag::aggregator
