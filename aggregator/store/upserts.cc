#include "upserts.h"

#include <fmt/format.h>

#include <functional>

#include "binary.h"

namespace zonelag::aggregator {
namespace {

// A column of nanoseconds as timestamptz: down to the microsecond, as micros.h has it.
std::string at(std::string_view ns) {
  return fmt::format("(timestamptz '1970-01-01 00:00:00+00' + floor({} / 1000.0) * interval '1 microsecond')", ns);
}

// A column of an unnest(): `of` gives a row's value.
template <typename Row, typename Of>
Parameter texts(std::span<const Row> rows, Of of) {
  std::vector<std::string> column;
  column.reserve(rows.size());
  for (const Row& row : rows) column.emplace_back(std::invoke(of, row));
  return text_array(column);
}

template <typename Row, typename Of>
Parameter numbers(std::span<const Row> rows, Of of) {
  std::vector<std::int64_t> column;
  column.reserve(rows.size());
  for (const Row& row : rows) column.push_back(static_cast<std::int64_t>(std::invoke(of, row)));
  return int8_array(column);
}

template <typename Row>
Parameter times(std::span<const Row> rows, Timestamp Row::* member) {
  return numbers(rows, [member](const Row& row) { return ns_of(row.*member); });
}

}  // namespace

Statement upsert_sensors(std::span<const SensorChange> sensors) {
  using S = SensorChange;
  return {
      "INSERT INTO tlddns.sensors AS s (name, boot_id, version, node, last_seen, last_seen_ns, last_sequence, "
      "dropped, clock_error, lost_events, beat_interval_ns) SELECT DISTINCT ON (name) name, boot, nullif(version, ''), "
      "nullif(node, ''), " +
          at("ns") +
          ", ns, sequence, dropped, CASE WHEN error >= 0 THEN error * interval '1 microsecond' END, lost, nullif(gap, "
          "-1) FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) u(name, boot, version, node, ns, sequence, "
          "dropped, error, lost, gap) ORDER BY name, ns "
          "DESC, sequence DESC ON CONFLICT (name) DO UPDATE SET boot_id = excluded.boot_id, version = "
          "excluded.version, node = excluded.node, last_seen = excluded.last_seen, last_seen_ns = "
          "excluded.last_seen_ns, last_sequence = excluded.last_sequence, dropped = excluded.dropped, clock_error = "
          "excluded.clock_error, lost_events = excluded.lost_events, beat_interval_ns = excluded.beat_interval_ns "
          "WHERE s.last_seen_ns IS NULL OR (s.last_seen_ns, s.last_sequence) < "
          "(excluded.last_seen_ns, excluded.last_sequence)",
      {texts(sensors, &S::sensor), numbers(sensors, &S::boot_id), texts(sensors, &S::version), texts(sensors, &S::node),
       times(sensors, &S::last_seen), numbers(sensors, &S::last_sequence), numbers(sensors, &S::dropped),
       numbers(sensors, [](const S& sensor) { return sensor.clock_error ? sensor.clock_error->count() / 1000 : -1; }),
       numbers(sensors, &S::lost_events),
       numbers(sensors, [](const S& sensor) { return sensor.interval ? sensor.interval->count() : -1; })}};
}

Statement upsert_blind_times(std::span<const BlindTime> blind, const SensorNames& sensors) {
  using B = BlindTime;
  return {
      fmt::format(
          "INSERT INTO tlddns.sensor_blind_times AS b (sensor, boot_id, kind, from_ns, until_ns, blind_from, "
          "blind_until, lost) SELECT number, boot, kind, f, max(t), {}, {}, max(lost) FROM unnest($1, $2, $3, $4, $5, "
          "$6) u(number, boot, kind, f, t, lost) GROUP BY number, boot, kind, f ORDER BY number, boot, kind, f ON "
          "CONFLICT (sensor, boot_id, kind, from_ns) DO UPDATE SET until_ns = greatest(b.until_ns, "
          "excluded.until_ns), blind_until = greatest(b.blind_until, excluded.blind_until), lost = greatest(b.lost, "
          "excluded.lost) WHERE b.until_ns < excluded.until_ns OR b.lost < excluded.lost",
          at("f"), at("max(t)")),
      {numbers(blind, [&](const B& time) { return sensors.number(time.sensor); }), numbers(blind, &B::boot_id),
       texts(blind, [](const B& time) { return to_string(time.kind); }), times(blind, &B::from),
       times(blind, &B::until), numbers(blind, &B::lost)}};
}

Statement upsert_candidates(std::span<const CandidateChange> candidates) {
  using C = CandidateChange;
  // Of two zones at the same time the greater name, whatever came first.
  return {
      fmt::format(
          "INSERT INTO tlddns.candidates AS c (srcip, foreign_customer, evidence, first_seen, first_seen_ns, "
          "last_seen, last_seen_ns, last_zone) SELECT srcip, other = 1, sum(new)::bigint, {}, min(f), {}, max(l), "
          "(array_agg(zone ORDER BY l DESC, zone COLLATE \"C\" DESC))[1] FROM unnest($1, $2, $3, $4, $5, $6) u(srcip, "
          "other, new, f, l, zone) GROUP BY srcip, other ORDER BY srcip COLLATE \"C\", other ON CONFLICT (srcip, "
          "foreign_customer) DO UPDATE SET evidence = c.evidence + excluded.evidence, first_seen = "
          "least(c.first_seen, excluded.first_seen), first_seen_ns = least(c.first_seen_ns, excluded.first_seen_ns), "
          "last_seen = greatest(c.last_seen, excluded.last_seen), last_seen_ns = greatest(c.last_seen_ns, "
          "excluded.last_seen_ns), last_zone = CASE WHEN (excluded.last_seen_ns, excluded.last_zone) > "
          "(c.last_seen_ns, c.last_zone) THEN excluded.last_zone ELSE c.last_zone END",
          at("min(f)"), at("max(l)")),
      {texts(candidates, &C::srcip), numbers(candidates, &C::foreign_customer), numbers(candidates, &C::new_evidence),
       times(candidates, &C::first_seen), times(candidates, &C::last_seen),
       texts(candidates, [](const C& candidate) { return candidate.last_zone.to_text(); })}};
}

Statement insert_services(std::span<const ServiceChange> services) {
  using S = ServiceChange;
  return {
      "INSERT INTO tlddns.service_changes (hostname, at_ns, announced, cause) SELECT h, t, a = 1, 'bgp' FROM "
      "unnest($1, $2, $3) u(h, t, a) ORDER BY h COLLATE \"C\", t, a ON CONFLICT DO NOTHING",
      {texts(services, &S::hostname), times(services, &S::at), numbers(services, &S::announced)}};
}

}  // namespace zonelag::aggregator
