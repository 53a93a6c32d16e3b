#include "offsets.h"

#include <fmt/format.h>

#include <algorithm>

#include "binary.h"

namespace zonelag::aggregator {
namespace {

// In the order in which all others lock them, too.
constexpr const char* kRaise = R"(
WITH locked AS MATERIALIZED (SELECT partition FROM tlddns.kafka_offsets WHERE topic = $1 ORDER BY partition FOR UPDATE)
UPDATE tlddns.kafka_offsets k SET layout = $2::integer FROM locked l WHERE k.topic = $1 AND k.partition = l.partition)";
// A zone comes from any partition to any other, and what is written of it there is the later.
constexpr const char* kLevelRevisions = R"(
UPDATE tlddns.kafka_offsets SET revision = (SELECT max(revision) FROM tlddns.kafka_offsets WHERE topic = $1)
WHERE topic = $1)";
constexpr const char* kInsert = R"(
INSERT INTO tlddns.kafka_offsets (topic, partition, next_offset, layout, holder, revision)
SELECT $1, p, -1, $3::integer, $4, coalesce((SELECT max(revision) FROM tlddns.kafka_offsets WHERE topic = $1), 0)
FROM unnest($2) p ORDER BY p ON CONFLICT DO NOTHING)";
// The clock is for a database that was restored from a backup: that revisions grow does not rest on it.
constexpr const char* kNextRevision = R"(
UPDATE tlddns.kafka_offsets SET revision =
  (SELECT greatest(max(revision) + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
   FROM tlddns.kafka_offsets WHERE topic = $1 AND partition = ANY ($2))
WHERE topic = $1 AND partition = ANY ($2) AND holder = $3 RETURNING revision)";

std::vector<std::int64_t> sorted(std::span<const std::int32_t> partitions) {
  std::vector<std::int64_t> all(partitions.begin(), partitions.end());
  std::ranges::sort(all);
  return all;
}

}  // namespace

StoreError Offsets::fenced(const Connection& connection, std::string what) const {
  return {StoreFault::fenced, fmt::format("{}: table kafka_offsets, topic '{}': {}", connection.place(), topic_, what)};
}

// Everybody who works with the smaller layout finds none of his rows any more.
Stored<void> Offsets::raise_layout(Connection& connection, std::int32_t layout) const {
  auto rows = connection.execute(
      Statement{"SELECT max(layout) FROM tlddns.kafka_offsets WHERE topic = $1", {topic_}, Format::binary});
  if (!rows) return std::unexpected(rows.error());
  const std::int64_t present = rows->is_null(0, 0) ? layout : read_int(rows->at(0, 0));
  if (present > layout) {
    return std::unexpected(
        fenced(connection, fmt::format("it has {} partitions by now, this process knows of {}", present, layout)));
  }
  if (present == layout) return {};
  const Statement raising[] = {{kRaise, {topic_, Parameter::number(layout)}}, {kLevelRevisions, {topic_}}};
  auto raised = connection.pipeline(raising);
  if (!raised) return std::unexpected(raised.error());
  return {};
}

Stored<std::vector<PartitionState>> Offsets::adopt(Connection& connection, std::span<const std::int32_t> partitions,
                                                   std::int32_t layout) {
  const Parameter wanted = int8_array(sorted(partitions));
  // One adoption of a topic at a time: no row of the old layout can slip in while it is raised.
  const Statement opening[] = {
      {"BEGIN", {}}, {"SELECT pg_advisory_xact_lock(hashtextextended('zonelag adopt ' || $1::text, 0))", {topic_}}};
  if (auto begun = connection.pipeline(opening); !begun) return std::unexpected(begun.error());
  if (auto raised = raise_layout(connection, layout); !raised) return std::unexpected(raised.error());
  const Statement taking[] = {
      {kInsert, {topic_, wanted, Parameter::number(layout), holder_}},
      {"SELECT FROM tlddns.kafka_offsets WHERE topic = $1 AND partition = ANY ($2) ORDER BY partition FOR UPDATE",
       {topic_, wanted}},
      {"UPDATE tlddns.kafka_offsets SET holder = $3 WHERE topic = $1 AND partition = ANY ($2) RETURNING partition, "
       "next_offset",
       {topic_, wanted, holder_},
       Format::binary}};
  auto taken = connection.pipeline(taking);
  if (!taken) return std::unexpected(taken.error());
  std::vector<PartitionState> states;
  const Rows& rows = taken->back();
  for (std::size_t row = 0; row < rows.size(); ++row) {
    states.push_back({static_cast<std::int32_t>(read_int(rows.at(row, 0))), read_int(rows.at(row, 1))});
  }
  std::ranges::sort(states, {}, &PartitionState::partition);
  if (auto committed = connection.commit(); !committed) return std::unexpected(committed.error());
  layout_ = layout;
  return states;
}

Stored<std::uint64_t> Offsets::begin(Connection& connection, std::span<const ConsumedRange> ranges) const {
  std::vector<ConsumedRange> ordered(ranges.begin(), ranges.end());
  std::ranges::sort(ordered, {}, &ConsumedRange::partition);
  std::vector<Statement> statements{{"BEGIN", {}}};
  for (const ConsumedRange& range : ordered) {
    statements.push_back(
        {"UPDATE tlddns.kafka_offsets SET next_offset = $3::bigint, latest_ns = greatest(latest_ns, $4::bigint) WHERE "
         "topic "
         "= $1 AND partition = $2::integer AND next_offset = $5::bigint AND holder = $6 AND layout = $7::integer",
         {topic_, Parameter::number(range.partition), Parameter::number(range.next_offset),
          range.latest == Timestamp::min() ? Parameter() : Parameter::number(ns_of(range.latest)),
          Parameter::number(range.expected_offset), holder_, Parameter::number(layout_)}});
  }
  std::vector<std::int64_t> partitions;
  for (const ConsumedRange& range : ordered) partitions.push_back(range.partition);
  statements.push_back({kNextRevision, {topic_, int8_array(partitions), holder_}, Format::binary});
  auto done = connection.pipeline(statements);
  if (!done) return std::unexpected(done.error());
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    if ((*done)[i + 1].affected() == 1) continue;
    return std::unexpected(fenced(
        connection, fmt::format("partition {} was taken over, or is not at offset {} any more{}", ordered[i].partition,
                                ordered[i].expected_offset, other_holder(connection, ordered[i].partition))));
  }
  if (ordered.empty()) return 0;
  return static_cast<std::uint64_t>(read_int(done->back().at(0, 0)));
}

// To be added to a sentence; empty: nobody else, or it can't be told.
std::string Offsets::other_holder(Connection& connection, std::int32_t partition) const {
  auto rows = connection.execute(
      Statement{"SELECT holder FROM tlddns.kafka_offsets WHERE topic = $1 AND partition = $2::integer AND holder <> $3",
                {topic_, Parameter::number(partition), holder_}});
  if (!rows || rows->size() == 0) return {};
  return fmt::format(": it is held by {} now; two consumer groups on one database take it from each other without end",
                     rows->at(0, 0));
}

Stored<std::optional<Timestamp>> Offsets::latest(Connection& connection) const {
  auto rows = connection.execute(
      Statement{"SELECT max(latest_ns) FROM tlddns.kafka_offsets WHERE topic = $1", {topic_}, Format::binary});
  if (!rows) return std::unexpected(rows.error());
  if (rows->is_null(0, 0)) return std::nullopt;
  return timestamp_of(read_int(rows->at(0, 0)));
}

}  // namespace zonelag::aggregator
