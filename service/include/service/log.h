// The program's log: one line an entry, text or JSON, to standard error. The same kind of entry again and again is
// written a few times a minute, then counted.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "decoder/time.h"
#include "service/log_level.h"

namespace zonelag::service {

using LogValue = std::variant<std::string, std::int64_t, std::uint64_t, double, bool>;

struct LogField {
  LogField(std::string_view name, std::string_view text) : key(name), value(std::string(text)) {}
  LogField(std::string_view name, const char* text) : key(name), value(std::string(text)) {}
  LogField(std::string_view name, const std::string& text) : key(name), value(text) {}
  LogField(std::string_view name, bool truth) : key(name), value(truth) {}
  LogField(std::string_view name, double number) : key(name), value(number) {}
  template <std::unsigned_integral Number>
    requires(!std::same_as<Number, bool>)
  LogField(std::string_view name, Number number) : key(name), value(std::uint64_t{number}) {}
  template <std::signed_integral Number>
  LogField(std::string_view name, Number number) : key(name), value(std::int64_t{number}) {}

  std::string key;  // a word: a-z, 0-9, _
  LogValue value;
};
using LogFields = std::vector<LogField>;

struct LogRate {
  std::uint32_t lines = 5;  // of one kind in one window
  std::chrono::seconds window{60};
};

// Where lines go and what time it is; the default is the program's, tests have their own.
struct LogOutput {
  std::function<void(std::string_view)> write;  // whole lines, newline included; one call at a time; empty: stderr
  std::function<decoder::Timestamp()> now;      // empty: the system's clock
  std::function<std::chrono::steady_clock::time_point()> steady;
  bool journal = false;  // text without a time, priority prefixes: sd-daemon(3)
  bool colour = false;
  LogRate rate;
};
// Standard error as it is: journal, terminal (colour), or neither.
LogOutput standard_error();

// "error", "warning", "info", "debug"; nullopt: none of them.
std::optional<LogLevel> parse_log_level(std::string_view word);
const char* to_string(LogLevel level);

// Any thread.
class Log {
 public:
  Log(LogFormat format, LogLevel level, LogOutput output = standard_error());
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // `message` is constant text and names the kind of entry, so that entries of one kind are limited together; what
  // varies goes into fields. Control characters in either are escaped.
  void error(std::string_view message, const LogFields& fields = {}) {
    write(LogLevel::error, message, message, fields);
  }
  void warning(std::string_view message, const LogFields& fields = {}) {
    write(LogLevel::warning, message, message, fields);
  }
  void info(std::string_view message, const LogFields& fields = {}) { write(LogLevel::info, message, message, fields); }
  void debug(std::string_view message, const LogFields& fields = {}) {
    write(LogLevel::debug, message, message, fields);
  }
  // Where the message is not constant: `kind` is what the limit goes by.
  void write(LogLevel level, std::string_view kind, std::string_view message, const LogFields& fields = {});

  // Says what was suppressed in windows that have ended; about once a second.
  void tick();
  // At the end: says what was suppressed so far.
  void flush();
  // For a reload.
  void set(LogFormat format, LogLevel level);
  // Lines that were counted and not written, since the start.
  std::uint64_t suppressed() const;

  // For a Kafka client: the kinds are "kafka" of each level. The log must outlive it.
  LogLine kafka_line();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace zonelag::service
