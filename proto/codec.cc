#include "proto/codec.h"

#include <google/protobuf/arena.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/util/json_util.h>

#include <array>
#include <cassert>

#include "from_message.h"
#include "to_message.h"

namespace zonelag::proto {
namespace {

// An empty message whose parts come out of a block on the stack: one event, hardly an allocation.
class Scratch {
 public:
  Scratch()
      : arena_(block_.data(), block_.size()), message_(*google::protobuf::Arena::CreateMessage<v1::Event>(&arena_)) {}
  v1::Event& message() { return message_; }

 private:
  // Holds all of an event except a status' counters; the arena asks for more where it is too small.
  static constexpr std::size_t kBlockSize = 2048;
  alignas(std::max_align_t) std::array<char, kBlockSize> block_;
  google::protobuf::Arena arena_;
  v1::Event& message_;
};

}  // namespace

const char* to_string(CodecFault fault) {
  switch (fault) {
    case CodecFault::not_protobuf: return "not protobuf";
    case CodecFault::not_json: return "not JSON of an event";
    case CodecFault::unknown_schema: return "unknown schema version";
    case CodecFault::missing: return "missing";
    case CodecFault::not_a_name: return "not a domain name";
    case CodecFault::not_an_address: return "not an IP address";
    case CodecFault::not_text: return "has a zero byte";
    case CodecFault::bad_time: return "impossible time";
    case CodecFault::out_of_range: return "out of range";
    case CodecFault::unknown_value: return "unknown value";
    case CodecFault::too_long: return "longer than a record may be";
    case CodecFault::cut_short: return "cut short";
  }
  return "unknown fault";
}

std::string to_string(const CodecError& error) {
  const std::string subject = error.field.empty() ? "event: " : "event: " + error.field + ": ";
  return subject + to_string(error.fault);
}

void encode(const decoder::Event& event, std::string& out) {
  Scratch scratch;
  to_message(event, scratch.message());
  // Fails for more than 2 GiB only.
  [[maybe_unused]] const bool written = scratch.message().AppendToString(&out);
  assert(written);
}

std::string encode(const decoder::Event& event) {
  std::string record;
  encode(event, record);
  return record;
}

std::expected<decoder::Event, CodecError> decode(std::span<const std::byte> record) {
  if (record.size() > kMaxRecordSize) return std::unexpected(CodecError{CodecFault::too_long, ""});
  Scratch scratch;
  if (!scratch.message().ParseFromArray(record.data(), static_cast<int>(record.size()))) {
    return std::unexpected(CodecError{CodecFault::not_protobuf, ""});
  }
  return from_message(scratch.message());
}

std::expected<decoder::Event, CodecError> decode(std::string_view record) {
  return decode(std::as_bytes(std::span(record)));
}

std::string to_json(const decoder::Event& event) {
  Scratch scratch;
  to_message(event, scratch.message());
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  [[maybe_unused]] const auto status = google::protobuf::util::MessageToJsonString(scratch.message(), &json, options);
  assert(status.ok());
  return json;
}

std::expected<decoder::Event, CodecError> from_json(std::string_view json) {
  if (json.size() > kMaxRecordSize) return std::unexpected(CodecError{CodecFault::too_long, ""});
  Scratch scratch;
  const google::protobuf::StringPiece text(json.data(), json.size());
  if (!google::protobuf::util::JsonStringToMessage(text, &scratch.message()).ok()) {
    return std::unexpected(CodecError{CodecFault::not_json, ""});
  }
  return from_message(scratch.message());
}

void silence_library_log() { google::protobuf::SetLogHandler(nullptr); }

}  // namespace zonelag::proto
