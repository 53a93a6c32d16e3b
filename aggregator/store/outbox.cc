#include "outbox.h"

#include <fmt/format.h>

#include "binary.h"

namespace zonelag::aggregator {
namespace {

constexpr char kForm = 1;

void put_number(std::string& bytes, std::size_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> static_cast<unsigned>(shift));
}

void put_text(std::string& bytes, std::string_view text) {
  put_number(bytes, text.size());
  bytes += text;
}

// Sticky: once short of bytes, everything is empty.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}

  std::size_t number() {
    if (left_.size() < 4) return fail();
    std::size_t value = 0;
    for (const char c : left_.substr(0, 4)) value = value << 8U | static_cast<unsigned char>(c);
    left_.remove_prefix(4);
    return value;
  }
  std::string text() {
    const std::size_t size = number();
    if (left_.size() < size) {
      fail();
      return {};
    }
    std::string value(left_.substr(0, size));
    left_.remove_prefix(size);
    return value;
  }
  bool failed() const { return failed_; }
  bool at_end() const { return !failed_ && left_.empty(); }

 private:
  std::size_t fail() {
    failed_ = true;
    left_ = {};
    return 0;
  }

  std::string_view left_;
  bool failed_ = false;
};

}  // namespace

std::string encode_messages(std::span<const OutgoingMessage> messages) {
  std::string bytes(1, kForm);
  put_number(bytes, messages.size());
  for (const OutgoingMessage& message : messages) {
    put_text(bytes, message.topic);
    put_text(bytes, message.key);
    put_text(bytes, message.value);
    put_number(bytes, message.headers.size());
    for (const auto& [name, value] : message.headers) {
      put_text(bytes, name);
      put_text(bytes, value);
    }
  }
  return bytes;
}

std::optional<std::vector<OutgoingMessage>> decode_messages(std::string_view bytes) {
  if (bytes.empty() || bytes.front() != kForm) return std::nullopt;
  Reader reader(bytes.substr(1));
  std::vector<OutgoingMessage> messages;
  for (std::size_t left = reader.number(); left > 0 && !reader.failed(); --left) {
    OutgoingMessage& message = messages.emplace_back();
    message.topic = reader.text();
    message.key = reader.text();
    message.value = reader.text();
    for (std::size_t headers = reader.number(); headers > 0 && !reader.failed(); --headers) {
      std::string name = reader.text();
      message.headers.emplace_back(std::move(name), reader.text());
    }
  }
  if (!reader.at_end()) return std::nullopt;
  return messages;
}

Stored<std::optional<std::int64_t>> write_outbox(Connection& connection, const std::string& topic,
                                                 std::int32_t partition, std::span<const OutgoingMessage> messages,
                                                 std::span<const std::int64_t> sent) {
  std::vector<Statement> statements;
  if (!sent.empty()) {
    statements.push_back({"DELETE FROM tlddns.outbox WHERE id = ANY ($1)", {int8_array(sent)}});
  }
  if (!messages.empty()) {
    statements.push_back(
        {"INSERT INTO tlddns.outbox (topic, partition, messages) VALUES ($1, $2::integer, $3) RETURNING id",
         {topic, Parameter::number(partition), bytea(encode_messages(messages))},
         Format::binary});
  }
  auto done = connection.pipeline(statements);
  if (!done) return std::unexpected(done.error());
  if (messages.empty()) return std::nullopt;
  return read_int(done->back().at(0, 0));
}

Stored<std::vector<OutboxEntry>> pending_outbox(Connection& connection, const std::string& topic,
                                                std::span<const std::int32_t> partitions) {
  const std::vector<std::int64_t> wanted(partitions.begin(), partitions.end());
  auto rows = connection.execute(
      Statement{"SELECT id, messages FROM tlddns.outbox WHERE topic = $1 AND partition = ANY ($2) ORDER BY id",
                {topic, int8_array(wanted)},
                Format::binary});
  if (!rows) return std::unexpected(rows.error());
  std::vector<OutboxEntry> entries;
  for (std::size_t row = 0; row < rows->size(); ++row) {
    const std::int64_t id = read_int(rows->at(row, 0));
    auto messages = decode_messages(rows->at(row, 1));
    if (!messages) {
      return std::unexpected(
          StoreError{StoreFault::broken,
                     fmt::format("{}: table outbox: row {} is not of this program's form", connection.place(), id)});
    }
    entries.push_back({id, std::move(*messages)});
  }
  return entries;
}

}  // namespace zonelag::aggregator
