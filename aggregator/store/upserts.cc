#include "upserts.h"

#include <fmt/format.h>

#include "binary.h"

namespace zonelag::aggregator {
namespace {

// A column of nanoseconds as timestamptz: down to the microsecond, as micros.h has it.
std::string at(std::string_view ns) {
  return fmt::format("(timestamptz '1970-01-01 00:00:00+00' + floor({} / 1000.0) * interval '1 microsecond')", ns);
}

}  // namespace

Statement upsert_sensors(std::span<const SensorChange> sensors) {
  std::vector<std::string> names;
  std::vector<std::string> versions;
  std::vector<std::string> nodes;
  std::vector<std::int64_t> boots;
  std::vector<std::int64_t> seen;
  std::vector<std::int64_t> sequences;
  std::vector<std::int64_t> dropped;
  std::vector<std::int64_t> errors;
  for (const SensorChange& sensor : sensors) {
    names.push_back(sensor.sensor);
    versions.push_back(sensor.version);
    nodes.push_back(sensor.node);
    boots.push_back(static_cast<std::int64_t>(sensor.boot_id));
    seen.push_back(ns_of(sensor.last_seen));
    sequences.push_back(static_cast<std::int64_t>(sensor.last_sequence));
    dropped.push_back(static_cast<std::int64_t>(sensor.dropped));
    errors.push_back(sensor.clock_error ? sensor.clock_error->count() / 1000 : -1);
  }
  return {
      "INSERT INTO tlddns.sensors AS s (name, boot_id, version, node, last_seen, last_seen_ns, last_sequence, dropped, "
      "clock_error) SELECT DISTINCT ON (name) name, boot, nullif(version, ''), nullif(node, ''), " +
          at("ns") +
          ", ns, sequence, dropped, CASE WHEN error >= 0 THEN error * interval '1 microsecond' END FROM unnest($1, $2, "
          "$3, "
          "$4, $5, $6, $7, $8) u(name, boot, version, node, ns, sequence, dropped, error) ORDER BY name, ns DESC, "
          "sequence "
          "DESC ON CONFLICT (name) DO UPDATE SET boot_id = excluded.boot_id, version = excluded.version, node = "
          "excluded.node, last_seen = excluded.last_seen, last_seen_ns = excluded.last_seen_ns, last_sequence = "
          "excluded.last_sequence, dropped = excluded.dropped, clock_error = excluded.clock_error WHERE s.last_seen_ns "
          "IS "
          "NULL OR (s.last_seen_ns, s.last_sequence) < (excluded.last_seen_ns, excluded.last_sequence)",
      {text_array(names), int8_array(boots), text_array(versions), text_array(nodes), int8_array(seen),
       int8_array(sequences), int8_array(dropped), int8_array(errors)}};
}

Statement upsert_blind_times(std::span<const BlindTime> times, const SensorNames& sensors) {
  std::vector<std::int64_t> numbers;
  std::vector<std::int64_t> boots;
  std::vector<std::string> kinds;
  std::vector<std::int64_t> from;
  std::vector<std::int64_t> until;
  std::vector<std::int64_t> lost;
  for (const BlindTime& time : times) {
    numbers.push_back(sensors.number(time.sensor));
    boots.push_back(static_cast<std::int64_t>(time.boot_id));
    kinds.emplace_back(to_string(time.kind));
    from.push_back(ns_of(time.from));
    until.push_back(ns_of(time.until));
    lost.push_back(static_cast<std::int64_t>(time.lost));
  }
  return {
      fmt::format(
          "INSERT INTO tlddns.sensor_blind_times AS b (sensor, boot_id, kind, from_ns, until_ns, blind_from, "
          "blind_until, "
          "lost) SELECT number, boot, kind, f, max(t), {}, {}, max(lost) FROM unnest($1, $2, $3, $4, $5, $6) u(number, "
          "boot, "
          "kind, f, t, lost) GROUP BY number, boot, kind, f ORDER BY number, boot, kind, f ON CONFLICT (sensor, "
          "boot_id, "
          "kind, from_ns) DO UPDATE SET until_ns = greatest(b.until_ns, excluded.until_ns), blind_until = "
          "greatest(b.blind_until, excluded.blind_until), lost = greatest(b.lost, excluded.lost) WHERE b.until_ns < "
          "excluded.until_ns OR b.lost < excluded.lost",
          at("f"), at("max(t)")),
      {int8_array(numbers), int8_array(boots), text_array(kinds), int8_array(from), int8_array(until),
       int8_array(lost)}};
}

Statement upsert_candidates(std::span<const CandidateChange> candidates) {
  std::vector<std::string> sources;
  std::vector<std::int64_t> foreign;
  std::vector<std::int64_t> evidence;
  std::vector<std::int64_t> first;
  std::vector<std::int64_t> last;
  std::vector<std::string> zones;
  for (const CandidateChange& candidate : candidates) {
    sources.push_back(candidate.srcip);
    foreign.push_back(candidate.foreign_customer ? 1 : 0);
    evidence.push_back(static_cast<std::int64_t>(candidate.new_evidence));
    first.push_back(ns_of(candidate.first_seen));
    last.push_back(ns_of(candidate.last_seen));
    zones.push_back(candidate.last_zone.to_text());
  }
  // Of two zones at the same time the greater name, whatever came first.
  return {
      fmt::format(
          "INSERT INTO tlddns.candidates AS c (srcip, foreign_customer, evidence, first_seen, first_seen_ns, "
          "last_seen, "
          "last_seen_ns, last_zone) SELECT srcip, other = 1, sum(new)::bigint, {}, min(f), {}, max(l), (array_agg(zone "
          "ORDER BY l DESC, zone COLLATE \"C\" DESC))[1] FROM unnest($1, $2, $3, $4, $5, $6) u(srcip, other, new, f, "
          "l, zone) "
          "GROUP BY srcip, other ORDER BY srcip COLLATE \"C\", other ON CONFLICT (srcip, foreign_customer) DO UPDATE "
          "SET "
          "evidence = c.evidence + excluded.evidence, first_seen = least(c.first_seen, excluded.first_seen), "
          "first_seen_ns = "
          "least(c.first_seen_ns, excluded.first_seen_ns), last_seen = greatest(c.last_seen, excluded.last_seen), "
          "last_seen_ns = greatest(c.last_seen_ns, excluded.last_seen_ns), last_zone = CASE WHEN "
          "(excluded.last_seen_ns, "
          "excluded.last_zone) > (c.last_seen_ns, c.last_zone) THEN excluded.last_zone ELSE c.last_zone END",
          at("min(f)"), at("max(l)")),
      {text_array(sources), int8_array(foreign), int8_array(evidence), int8_array(first), int8_array(last),
       text_array(zones)}};
}

Statement insert_services(std::span<const ServiceChange> services) {
  std::vector<std::string> names;
  std::vector<std::int64_t> times;
  std::vector<std::int64_t> announced;
  for (const ServiceChange& service : services) {
    names.push_back(service.hostname);
    times.push_back(ns_of(service.at));
    announced.push_back(service.announced ? 1 : 0);
  }
  return {
      "INSERT INTO tlddns.service_changes (hostname, at_ns, announced, cause) SELECT h, t, a = 1, 'bgp' FROM "
      "unnest($1, "
      "$2, $3) u(h, t, a) ORDER BY h COLLATE \"C\", t, a ON CONFLICT DO NOTHING",
      {text_array(names), int8_array(times), int8_array(announced)}};
}

}  // namespace zonelag::aggregator
