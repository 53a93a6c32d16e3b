#include "service/log.h"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <mutex>
#include <utility>

#include "log_line.h"
#include "log_rate.h"
#include "service/service_manager.h"

namespace zonelag::service {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::error: return spdlog::level::err;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::debug: return spdlog::level::debug;
  }
  return spdlog::level::info;
}

class CallbackSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit CallbackSink(std::function<void(std::string_view)> write) : write_(std::move(write)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    write_(std::string(message.payload.data(), message.payload.size()) + "\n");
  }
  void flush_() override {}

  std::function<void(std::string_view)> write_;
};

spdlog::sink_ptr make_sink(const LogOutput& output) {
  if (output.write) return std::make_shared<CallbackSink>(output.write);
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  sink->set_pattern("%v");
  return sink;
}

}  // namespace

class Log::Impl {
 public:
  Impl(LogFormat format, LogLevel level, LogOutput output)
      : output_(std::move(output)), logger_("zonelag", make_sink(output_)), format_(format), rate_(output_.rate) {
    if (!output_.now) {
      output_.now = [] { return std::chrono::time_point_cast<decoder::Duration>(std::chrono::system_clock::now()); };
    }
    if (!output_.steady) output_.steady = [] { return std::chrono::steady_clock::now(); };
    logger_.set_level(to_spdlog(level));
  }

  void write(LogLevel level, std::string_view kind, std::string_view message, const LogFields& fields) {
    if (!logger_.should_log(to_spdlog(level))) return;  // an atomic: what is off costs no lock
    const std::scoped_lock lock(mutex_);
    const auto now = output_.steady();
    say(rate_.ended(now));
    // Who asks for debug wants all of it.
    if (level == LogLevel::debug || rate_.admit(level, kind, now)) put(level, message, fields);
  }
  void tick() {
    const std::scoped_lock lock(mutex_);
    say(rate_.ended(output_.steady()));
  }
  void flush() {
    const std::scoped_lock lock(mutex_);
    say(rate_.all());
    logger_.flush();
  }
  void set(LogFormat format, LogLevel level) {
    const std::scoped_lock lock(mutex_);
    format_ = format;
    logger_.set_level(to_spdlog(level));
  }
  std::uint64_t suppressed() const {
    const std::scoped_lock lock(mutex_);
    return rate_.suppressed();
  }

 private:
  void say(const std::vector<Suppressed>& ended) {
    for (const auto& one : ended) {
      put(one.level, fmt::format("{}: {} more like this suppressed", one.kind, one.lines), {});
    }
  }
  void put(LogLevel level, std::string_view message, const LogFields& fields) {
    const LogEntry entry{level, output_.now(), message, fields};
    const std::string line =
        format_ == LogFormat::json ? json_line(entry) : text_line(entry, output_.journal, output_.colour);
    logger_.log(to_spdlog(level), spdlog::string_view_t(line));
  }

  LogOutput output_;
  mutable std::mutex mutex_;
  spdlog::logger logger_;
  LogFormat format_;
  LogRateLimit rate_;
};

LogOutput standard_error() {
  LogOutput output;
  output.journal = standard_error_is_journal();
  output.colour = ::isatty(STDERR_FILENO) == 1;
  return output;
}

std::optional<LogLevel> parse_log_level(std::string_view word) {
  for (const auto level : {LogLevel::error, LogLevel::warning, LogLevel::info, LogLevel::debug}) {
    if (word == to_string(level)) return level;
  }
  return std::nullopt;
}

const char* to_string(LogLevel level) {
  switch (level) {
    case LogLevel::error: return "error";
    case LogLevel::warning: return "warning";
    case LogLevel::info: return "info";
    case LogLevel::debug: return "debug";
  }
  return "unknown";
}

Log::Log(LogFormat format, LogLevel level, LogOutput output)
    : impl_(std::make_unique<Impl>(format, level, std::move(output))) {}
Log::~Log() { impl_->flush(); }

void Log::write(LogLevel level, std::string_view kind, std::string_view message, const LogFields& fields) {
  impl_->write(level, kind, message, fields);
}
void Log::tick() { impl_->tick(); }
void Log::flush() { impl_->flush(); }
void Log::set(LogFormat format, LogLevel level) { impl_->set(format, level); }
std::uint64_t Log::suppressed() const { return impl_->suppressed(); }

LogLine Log::kafka_line() {
  return [this](LogLevel level, const std::string& line) {
    write(level, fmt::format("kafka {}", to_string(level)), line);
  };
}

}  // namespace zonelag::service
