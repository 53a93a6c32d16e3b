-- Results and evidence. `day` is the UTC day of the version's first evidence when it was first written; it stays, and all
-- rows of the version lie in that day's partitions. Old rows go by dropping partitions, never by deleting.

-- Home partition of a zone in Kafka = key_hash(zone) % partitions: murmur2 of the zone's text as Java's clients compute it.
CREATE FUNCTION tlddns.key_hash(zone text) RETURNS integer LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  low32 CONSTANT bigint := 4294967295;
  m CONSTANT bigint := 1540483477;
  bytes bytea := convert_to(zone, 'UTF8');
  size integer := octet_length(bytes);
  h bigint := 2538058380 # size;
  k bigint;
  i integer := 0;
BEGIN
  WHILE i + 4 <= size LOOP
    k := get_byte(bytes, i) | (get_byte(bytes, i + 1) << 8) | (get_byte(bytes, i + 2) << 16)
         | (get_byte(bytes, i + 3)::bigint << 24);
    k := (k * m) & low32;
    k := k # (k >> 24);
    k := (k * m) & low32;
    h := ((h * m) & low32) # k;
    i := i + 4;
  END LOOP;
  IF i < size THEN
    FOR byte IN REVERSE size - i - 1 .. 0 LOOP
      h := h # (get_byte(bytes, i + byte)::bigint << (8 * byte));
    END LOOP;
    h := (h * m) & low32;
  END IF;
  h := h # (h >> 13);
  h := (h * m) & low32;
  h := h # (h >> 15);
  RETURN h & 2147483647;
END
$$;

CREATE SEQUENCE tlddns.versions_id_seq CACHE 100;
CREATE TABLE tlddns.versions (
  id bigint NOT NULL DEFAULT nextval('tlddns.versions_id_seq'),
  zone text COLLATE "C" NOT NULL,
  serial bigint NOT NULL CHECK (serial BETWEEN 0 AND 4294967295),
  day date NOT NULL,
  key_hash integer NOT NULL,
  inventory bigint NOT NULL,
  first_seen timestamptz NOT NULL,
  first_seen_ns bigint NOT NULL,
  last_evidence_ns bigint NOT NULL,
  delta1 interval,
  delta2 interval,
  delta3_min interval,
  delta3_median interval,
  delta3_p90 interval,
  delta3_max interval,
  delta3_avg interval,
  min_lag interval,
  max_lag interval,
  avg_lag interval,
  median_lag interval,
  percentile_90_lag interval,
  ns_count integer NOT NULL,
  ns_expected integer NOT NULL,
  ns_open integer NOT NULL,
  open_nodes text[] NOT NULL DEFAULT '{}',
  verdict text NOT NULL DEFAULT 'none',
  policy text,
  calculated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (zone, serial, day)
) PARTITION BY RANGE (day);
ALTER SEQUENCE tlddns.versions_id_seq OWNED BY tlddns.versions.id;
CREATE INDEX ON tlddns.versions (zone, last_evidence_ns);
CREATE INDEX ON tlddns.versions USING brin (first_seen_ns) WITH (pages_per_range = 32);
CREATE INDEX ON tlddns.versions (zone) WHERE open_nodes <> '{}';
CREATE INDEX ON tlddns.versions (calculated_at);

CREATE SEQUENCE tlddns.serial_rows_id_seq CACHE 1000;
CREATE TABLE tlddns.serial_rows (
  id bigint NOT NULL DEFAULT nextval('tlddns.serial_rows_id_seq'),
  srcip text COLLATE "C" NOT NULL,
  zone text COLLATE "C" NOT NULL,
  received_at timestamptz NOT NULL,
  serial bigint NOT NULL CHECK (serial BETWEEN 0 AND 4294967295),
  hostname text COLLATE "C",
  loc text COLLATE "C",
  dsc_name text,
  ns_type nameserver_type,
  distribution_lag interval,
  incoming_lag interval,
  customer_lag interval,
  status nameserver_status NOT NULL DEFAULT 'production',
  not_before timestamptz,
  basis text NOT NULL,
  superseded_by bigint,
  transferred_at timestamptz,
  announced_at timestamptz,
  offered_at timestamptz,
  served_at timestamptz,
  clock_error interval,
  unknown_references text[],
  day date NOT NULL,
  UNIQUE (zone, serial, srcip, day)
) PARTITION BY RANGE (day);
ALTER SEQUENCE tlddns.serial_rows_id_seq OWNED BY tlddns.serial_rows.id;
-- The published ones; those of id and of zone alone are left out: nobody looks rows up by id, and the others begin with zone.
CREATE INDEX ON tlddns.serial_rows (zone, received_at);
CREATE INDEX ON tlddns.serial_rows (serial);
CREATE INDEX ON tlddns.serial_rows (srcip);
CREATE INDEX ON tlddns.serial_rows (hostname);
CREATE INDEX ON tlddns.serial_rows (loc);
CREATE INDEX ON tlddns.serial_rows (dsc_name);
CREATE INDEX ON tlddns.serial_rows (ns_type);

CREATE TABLE tlddns.evidence (
  zone text COLLATE "C" NOT NULL,
  serial bigint NOT NULL CHECK (serial BETWEEN 0 AND 4294967295),
  day date NOT NULL,
  srcip text COLLATE "C" NOT NULL,
  hostname text COLLATE "C" NOT NULL DEFAULT '',
  announced_ns bigint,
  announced_sensor integer,
  announced_error_us bigint,
  offered_ns bigint,
  offered_sensor integer,
  offered_error_us bigint,
  served_ns bigint,
  served_sensor integer,
  served_error_us bigint,
  received_ns bigint,
  received_sensor integer,
  received_error_us bigint,
  lower_ns bigint[],
  lower_serial bigint[],
  receptions smallint NOT NULL DEFAULT 0,
  PRIMARY KEY (zone, serial, srcip, day)
) PARTITION BY RANGE (day);

CREATE TABLE tlddns.verdicts (
  zone text COLLATE "C" NOT NULL,
  serial bigint NOT NULL,
  day date NOT NULL,
  policy text COLLATE "C" NOT NULL,
  verdict text NOT NULL,
  figure interval,
  clock_error interval,
  decided_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (zone, serial, policy, day)
) PARTITION BY RANGE (day);
CREATE INDEX ON tlddns.verdicts (policy, day);
-- Few at any time: a deadline ends them.
CREATE INDEX ON tlddns.verdicts (zone, serial) WHERE verdict = 'open';

CREATE TABLE tlddns.transfers (
  zone text COLLATE "C" NOT NULL,
  sensor integer NOT NULL,
  server text COLLATE "C" NOT NULL,
  server_port integer NOT NULL,
  client text COLLATE "C" NOT NULL,
  client_port integer NOT NULL,
  transport text NOT NULL,
  message_id integer NOT NULL,
  asked text NOT NULL,
  got text NOT NULL,
  from_serial bigint,
  serial bigint,
  started_at timestamptz NOT NULL,
  started_ns bigint NOT NULL,
  ended_at timestamptz,
  ended_ns bigint,
  messages bigint NOT NULL,
  records bigint NOT NULL,
  bytes bigint NOT NULL,
  outcome text NOT NULL,
  reason text,
  rcode smallint NOT NULL,
  day date NOT NULL,
  PRIMARY KEY (zone, started_ns, sensor, server, server_port, client, client_port, message_id, day)
) PARTITION BY RANGE (day);

-- The partitions in which the rows of a day lie.
CREATE FUNCTION tlddns.partitions_of(day date)
RETURNS TABLE (parent text, name text, first date, past date, fillfactor integer) LANGUAGE sql STABLE STRICT AS $$
  SELECT p.parent, p.parent || to_char(day::timestamp, '_YYYYMMDD'), day, day + 1, p.fillfactor
  FROM (VALUES ('serial_rows', 85), ('evidence', 85), ('transfers', 85)) p(parent, fillfactor)
  UNION ALL
  SELECT p.parent, p.parent || to_char(day::timestamp, '_YYYYMM'), date_trunc('month', day::timestamp)::date,
         (date_trunc('month', day::timestamp) + interval '1 month')::date, p.fillfactor
  FROM (VALUES ('versions', 85), ('verdicts', 85)) p(parent, fillfactor)
$$;

-- Makes what is missing; returns how many. Safe against itself, and takes no lock that a reader or a writer would wait for.
CREATE FUNCTION tlddns.make_partitions(days date[]) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  missing record;
  made integer := 0;
BEGIN
  IF NOT EXISTS (SELECT FROM unnest(days) d(day), tlddns.partitions_of(d.day) p
                 WHERE to_regclass(format('tlddns.%I', p.name)) IS NULL) THEN
    RETURN 0;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('zonelag partitions', 0));
  FOR missing IN SELECT DISTINCT p.* FROM unnest(days) d(day), tlddns.partitions_of(d.day) p ORDER BY p.name LOOP
    CONTINUE WHEN to_regclass(format('tlddns.%I', missing.name)) IS NOT NULL;
    EXECUTE format('CREATE TABLE tlddns.%I (LIKE tlddns.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES '
                   'INCLUDING STORAGE) WITH (fillfactor = %s)', missing.name, missing.parent, missing.fillfactor);
    IF missing.parent = 'versions' THEN
      EXECUTE format('CREATE UNIQUE INDEX ON tlddns.%I (zone, serial)', missing.name);
    END IF;
    EXECUTE format('ALTER TABLE tlddns.%I ATTACH PARTITION tlddns.%I FOR VALUES FROM (%L) TO (%L)', missing.parent, missing.name,
                   missing.first, missing.past);
    made := made + 1;
  END LOOP;
  RETURN made;
END
$$;

-- Partitions that hold nothing of `rows_before` (of versions and verdicts: `versions_before`) or later.
CREATE FUNCTION tlddns.expired_partitions(rows_before date, versions_before date) RETURNS SETOF text LANGUAGE sql STABLE AS $$
  SELECT c.relname::text
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
  WHERE p.relnamespace = 'tlddns'::regnamespace AND c.relnamespace = p.relnamespace AND c.relkind = 'r'
    AND CASE WHEN c.relname ~ '^(serial_rows|evidence|transfers)_\d{8}$'
             THEN to_date(right(c.relname, 8), 'YYYYMMDD') < rows_before
             WHEN c.relname ~ '^(versions|verdicts)_\d{6}$'
             THEN to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month' <= versions_before
             ELSE false END
  ORDER BY 1
$$;

-- False: somebody uses the table (or the one that it is a partition of) just now; nobody waits for us, try again later.
CREATE FUNCTION tlddns.drop_partition(name text) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
BEGIN
  IF to_regclass(format('tlddns.%I', name)) IS NULL THEN
    RETURN true;  -- somebody else was faster
  END IF;
  IF NOT EXISTS (SELECT FROM tlddns.expired_partitions('infinity', 'infinity') e WHERE e = name) THEN
    IF to_regclass(format('tlddns.%I', name)) IS NULL THEN
      RETURN true;  -- between the two looks
    END IF;
    RAISE EXCEPTION '"%" is no partition of zonelag''s tables', name;
  END IF;
  EXECUTE format('DROP TABLE tlddns.%I', name);
  RETURN true;
EXCEPTION
  WHEN lock_not_available THEN RETURN false;
  WHEN undefined_table THEN RETURN true;
END
$$;

-- (zone, serial) is unique over all of versions. Each partition has an index for that; between partitions it is checked here,
-- by one session at a time for the zones of a Kafka partition: those that write the same zone are always the same partition's.
CREATE FUNCTION tlddns.check_versions_unique() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  layout integer := greatest((SELECT max(k.layout) FROM tlddns.kafka_offsets k), 1);
  bucket integer;
  twice record;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'tlddns.versions is written with isolation level "read committed" only';
  END IF;
  FOR bucket IN SELECT DISTINCT f.key_hash % layout FROM fresh f ORDER BY 1 LOOP
    PERFORM pg_advisory_xact_lock(hashtextextended('zonelag versions', bucket));
  END LOOP;
  SELECT f.zone, f.serial, v.day INTO twice
  FROM fresh f JOIN tlddns.versions v ON v.zone = f.zone AND v.serial = f.serial AND v.day <> f.day LIMIT 1;
  IF FOUND THEN
    RAISE unique_violation USING TABLE = 'versions', SCHEMA = 'tlddns',
      MESSAGE = format('version %s of zone "%s" is there already, under day %s', twice.serial, twice.zone, twice.day);
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER versions_unique AFTER INSERT ON tlddns.versions REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION tlddns.check_versions_unique();
-- The columns that place a version stay as they were written.
CREATE FUNCTION tlddns.refuse_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'zone, serial and day of tlddns.% do not change', TG_ARGV[0];
END
$$;
CREATE TRIGGER versions_stay BEFORE UPDATE OF zone, serial, day ON tlddns.versions
  FOR EACH ROW EXECUTE FUNCTION tlddns.refuse_move('versions');

CREATE VIEW tlddns.open_nodes AS
  SELECT v.zone, v.serial, n.hostname, v.first_seen FROM tlddns.versions v, unnest(v.open_nodes) n(hostname)
  WHERE v.open_nodes <> '{}' AND v.inventory <> 0;
