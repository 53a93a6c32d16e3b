-- The published names `serials` and `slas`: views over the partitioned tables. Where they are tables of the Python tool, their
-- rows move first. Setting zonelag.time_zone (of the migrator): what its timestamps without zone were written in.

-- Of the tables that are to become views: what would get lost with them.
DO $$
DECLARE
  obstacle text;
BEGIN
  FOR obstacle IN
    SELECT format('%s is neither a table nor absent', c.oid::regclass) FROM pg_class c
    WHERE c.oid IN (to_regclass('tlddns.serials'), to_regclass('tlddns.slas')) AND c.relkind <> 'r'
    UNION ALL
    SELECT format('trigger %s of %s', t.tgname, t.tgrelid::regclass) FROM pg_trigger t
    WHERE t.tgrelid IN (to_regclass('tlddns.serials'), to_regclass('tlddns.slas')) AND NOT t.tgisinternal
    UNION ALL
    SELECT format('foreign key %s of %s', f.conname, f.conrelid::regclass) FROM pg_constraint f
    WHERE f.confrelid IN (to_regclass('tlddns.serials'), to_regclass('tlddns.slas')) AND f.contype = 'f'
    UNION ALL
    SELECT format('materialized view %s', r.ev_class::regclass)
    FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class c ON c.oid = r.ev_class AND c.relkind = 'm'
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refobjid IN (to_regclass('tlddns.serials'), to_regclass('tlddns.slas'))
  LOOP
    RAISE EXCEPTION '% stands in the way of making tlddns.serials and tlddns.slas views: drop it, migrate, and make it again after',
      obstacle;
  END LOOP;
END
$$;

-- Users' own views over the two tables, with those that rest on them, in the order in which they can be made again.
CREATE TEMP TABLE dependent_views ON COMMIT DROP AS
  WITH RECURSIVE above(view, depth) AS (
    SELECT r.ev_class, 1 FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refobjid IN (to_regclass('tlddns.serials'), to_regclass('tlddns.slas'))
    UNION
    SELECT r.ev_class, a.depth + 1 FROM above a JOIN pg_depend d ON d.refobjid = a.view JOIN pg_rewrite r ON r.oid = d.objid
    WHERE d.classid = 'pg_rewrite'::regclass AND r.ev_class <> a.view
  )
  SELECT format('%I.%I', n.nspname, c.relname) AS name, max(a.depth) AS depth, pg_get_viewdef(a.view) AS definition, c.relowner::regrole::text AS owner,
         c.relacl AS acl
  FROM above a JOIN pg_class c ON c.oid = a.view JOIN pg_namespace n ON n.oid = c.relnamespace
  GROUP BY a.view, n.nspname, c.relname, c.relowner, c.relacl;
-- Who may read what.
CREATE TEMP TABLE readers ON COMMIT DROP AS
  SELECT c.relname::text AS name, CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END AS grantee, x.is_grantable
  FROM pg_class c, aclexplode(c.relacl) x
  WHERE c.oid IN (to_regclass('tlddns.serials'), to_regclass('tlddns.slas')) AND x.privilege_type = 'SELECT' AND x.grantee <> c.relowner;
DO $$
DECLARE
  name text;
BEGIN
  FOR name IN SELECT v.name FROM dependent_views v ORDER BY depth DESC LOOP
    EXECUTE format('DROP VIEW %s', name);
  END LOOP;
END
$$;

CREATE TEMP TABLE old_serials (
  id bigint, srcip text, zone text, received_at timestamptz, serial bigint, hostname text, loc text, dsc_name text,
  ns_type nameserver_type, distribution_lag interval, incoming_lag interval, customer_lag interval, status nameserver_status
) ON COMMIT DROP;
CREATE TEMP TABLE old_slas (
  id bigint, zone text, serial bigint, min_lag interval, max_lag interval, avg_lag interval, median_lag interval,
  percentile_90_lag interval, ns_count integer, calculated_at timestamptz
) ON COMMIT DROP;

-- A timestamp column of either type as one with zone.
CREATE FUNCTION pg_temp.in_utc(tab regclass, col text) RETURNS text LANGUAGE sql AS $$
  SELECT CASE WHEN a.atttypid = 'timestamp'::regtype THEN format('%I AT TIME ZONE %L', col, current_setting('zonelag.time_zone'))
              ELSE format('%I', col) END
  FROM pg_attribute a WHERE a.attrelid = tab AND a.attname = col
$$;
DO $$
DECLARE
  status text;
BEGIN
  IF to_regclass('tlddns.serials') IS NOT NULL THEN
    -- Some added the column by hand, since the tool wants to write it.
    SELECT 'coalesce(status::text, ''production'')' INTO status FROM pg_attribute
    WHERE attrelid = 'tlddns.serials'::regclass AND attname = 'status' AND NOT attisdropped;
    EXECUTE format(
      'INSERT INTO old_serials SELECT DISTINCT ON (coalesce(srcip, ''''), key.zone, serial) id, coalesce(srcip, ''''), key.zone, %s, '
      'serial, hostname, loc, dsc_name, ns_type, distribution_lag, incoming_lag, customer_lag, (%s)::nameserver_status '
      'FROM tlddns.serials s, LATERAL (SELECT CASE WHEN s.zone = '''' THEN ''.'' ELSE lower(s.zone) END AS zone) key '
      'ORDER BY coalesce(srcip, ''''), key.zone, serial, received_at, id',
      pg_temp.in_utc('tlddns.serials', 'received_at'), coalesce(status, '''production'''));
    DROP TABLE tlddns.serials;
  END IF;
  IF to_regclass('tlddns.slas') IS NOT NULL THEN
    EXECUTE format(
      'INSERT INTO old_slas SELECT DISTINCT ON (key.zone, serial) id, key.zone, serial, min_lag, max_lag, avg_lag, median_lag, '
      'percentile_90_lag, ns_count, %s '
      'FROM tlddns.slas s, LATERAL (SELECT CASE WHEN s.zone = '''' THEN ''.'' ELSE lower(s.zone) END AS zone) key '
      'WHERE s.zone IS NOT NULL AND serial IS NOT NULL ORDER BY key.zone, serial, calculated_at DESC NULLS LAST, id DESC',
      pg_temp.in_utc('tlddns.slas', 'calculated_at'));
    DROP TABLE tlddns.slas;
  END IF;
END
$$;

-- What is kept of an SLA only (its rows went before) is dated by its calculation.
CREATE TEMP TABLE old_versions ON COMMIT DROP AS
  SELECT zone, serial, first_seen, last_seen, (first_seen AT TIME ZONE 'UTC')::date AS day
  FROM (SELECT zone, serial, min(at) AS first_seen, max(at) AS last_seen
        FROM (SELECT zone, serial, received_at AS at FROM old_serials
              UNION ALL
              SELECT zone, serial, coalesce(calculated_at, now()) FROM old_slas a
              WHERE NOT EXISTS (SELECT FROM old_serials s WHERE s.zone = a.zone AND s.serial = a.serial)) t
        GROUP BY zone, serial) v;
CREATE UNIQUE INDEX ON old_versions (zone, serial);
ANALYZE old_serials;
ANALYZE old_slas;
ANALYZE old_versions;
SELECT tlddns.make_partitions((SELECT coalesce(array_agg(DISTINCT day), '{}') FROM old_versions));

CREATE FUNCTION pg_temp.ns(at timestamptz) RETURNS bigint LANGUAGE sql AS $$
  SELECT (extract(epoch FROM at) * 1000000)::bigint * 1000
$$;

SELECT setval('tlddns.versions_id_seq', greatest((SELECT max(id) FROM old_slas), 0) + 1, false);
-- inventory -1: no digest; 0 would say that it is no version.
INSERT INTO tlddns.versions (id, zone, serial, day, key_hash, inventory, first_seen, first_seen_ns, last_evidence_ns, min_lag, max_lag,
                             avg_lag, median_lag, percentile_90_lag, ns_count, ns_expected, ns_open, calculated_at)
SELECT coalesce(a.id, nextval('tlddns.versions_id_seq')), v.zone, v.serial, v.day, tlddns.key_hash(v.zone), -1, v.first_seen,
       pg_temp.ns(v.first_seen), pg_temp.ns(v.last_seen), a.min_lag, a.max_lag, a.avg_lag, a.median_lag, a.percentile_90_lag,
       coalesce(a.ns_count, 0), coalesce(a.ns_count, 0), 0, coalesce(a.calculated_at, v.last_seen)
FROM old_versions v LEFT JOIN old_slas a ON a.zone = v.zone AND a.serial = v.serial
ORDER BY v.first_seen, v.zone;

-- A lag of 0 where it does not apply, or of -1 s where its reference was not known, becomes NULL; which of both, the row tells.
INSERT INTO tlddns.serial_rows (id, srcip, zone, received_at, serial, hostname, loc, dsc_name, ns_type, distribution_lag, incoming_lag,
                                customer_lag, status, basis, announced_at, unknown_references, day)
SELECT s.id, s.srcip, s.zone, s.received_at, s.serial, s.hostname, s.loc, s.dsc_name, s.ns_type,
       CASE WHEN a.distribution THEN nullif(s.distribution_lag, interval '-1 s') END,
       CASE WHEN a.incoming THEN nullif(s.incoming_lag, interval '-1 s') END,
       CASE WHEN a.customer THEN nullif(s.customer_lag, interval '-1 s') END,
       coalesce(s.status, 'production'), 'announced', s.received_at,
       nullif(CASE WHEN a.customer AND s.customer_lag = interval '-1 s' THEN ARRAY['customer'] ELSE '{}' END
              || CASE WHEN a.incoming AND s.incoming_lag = interval '-1 s' THEN ARRAY['incoming'] ELSE '{}' END
              || CASE WHEN a.distribution AND s.distribution_lag = interval '-1 s' THEN ARRAY['distribution'] ELSE '{}' END, '{}'),
       v.day
FROM old_serials s JOIN old_versions v ON v.zone = s.zone AND v.serial = s.serial,
     LATERAL (SELECT s.zone <> 'bgp' AND coalesce(s.ns_type IN ('incoming', 'distribution', 'secondary'), false) AS customer,
                     s.zone <> 'bgp' AND coalesce(s.ns_type IN ('distribution', 'secondary'), false) AS incoming,
                     s.zone <> 'bgp' AND coalesce(s.ns_type = 'secondary', false) AS distribution) a
ORDER BY s.received_at, s.id;
SELECT setval('tlddns.serial_rows_id_seq', greatest((SELECT max(id) FROM old_serials), 0) + 1, false);

-- Each row is a NOTIFY that came: a node's by both of its addresses is one evidence.
INSERT INTO tlddns.evidence (zone, serial, day, srcip, hostname, announced_ns)
SELECT s.zone, s.serial, v.day, coalesce(nullif(n.ip4, ''), nullif(n.ip6, ''), s.srcip), coalesce(n.hostname, ''),
       pg_temp.ns(min(s.received_at))
FROM old_serials s JOIN old_versions v ON v.zone = s.zone AND v.serial = s.serial
     LEFT JOIN tlddns.nameservers n ON s.srcip <> '' AND s.srcip IN (n.ip4, n.ip6)
GROUP BY 1, 2, 3, 4, 5;

CREATE VIEW tlddns.serials AS
  SELECT id, srcip, zone, received_at, serial, hostname, loc, dsc_name, ns_type, distribution_lag, incoming_lag, customer_lag, status,
         not_before, basis, superseded_by, transferred_at, announced_at, offered_at, served_at, clock_error, unknown_references, day
  FROM tlddns.serial_rows;
CREATE VIEW tlddns.slas AS
  SELECT id, zone, serial, min_lag, max_lag, avg_lag, median_lag, percentile_90_lag, ns_count, calculated_at
  FROM tlddns.versions WHERE ns_count > 0 AND inventory <> 0;

DO $$
DECLARE
  reader record;
  dependent record;
  view text := 'none yet';
BEGIN
  FOR reader IN SELECT * FROM readers LOOP
    EXECUTE format('GRANT SELECT ON tlddns.%I TO %s%s', reader.name, reader.grantee,
                   CASE WHEN reader.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
  END LOOP;
  FOR dependent IN SELECT * FROM dependent_views ORDER BY depth LOOP
    view := dependent.name;
    EXECUTE format('CREATE VIEW %s AS %s', dependent.name, dependent.definition);
    EXECUTE format('ALTER VIEW %s OWNER TO %s', dependent.name, dependent.owner);
    FOR reader IN SELECT CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END AS grantee, x.privilege_type
                  FROM aclexplode(dependent.acl) x LOOP
      EXECUTE format('GRANT %s ON %s TO %s', reader.privilege_type, dependent.name, reader.grantee);
    END LOOP;
  END LOOP;
EXCEPTION WHEN OTHERS THEN
  RAISE EXCEPTION 'a view over tlddns.serials or tlddns.slas (%) cannot be made again: %; drop it, migrate, and make it again after',
    view, SQLERRM;
END
$$;
DROP FUNCTION pg_temp.ns(timestamptz);
DROP FUNCTION pg_temp.in_utc(regclass, text);
