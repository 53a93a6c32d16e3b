-- What the service itself keeps: how far it has consumed, what it has yet to send, whom it heard of.

CREATE TABLE tlddns.kafka_offsets (
  topic text COLLATE "C" NOT NULL,
  partition integer NOT NULL CHECK (partition >= 0),
  next_offset bigint NOT NULL,
  layout integer NOT NULL CHECK (layout > 0),
  latest_ns bigint,
  holder text NOT NULL,
  PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);

CREATE TABLE tlddns.outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  messages bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE tlddns.outbox ALTER COLUMN messages SET STORAGE EXTERNAL;

CREATE TABLE tlddns.sensors (
  id serial PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  boot_id bigint,
  version text,
  node text,
  last_seen timestamptz,
  last_seen_ns bigint,
  last_sequence bigint,
  dropped bigint,
  clock_error interval
) WITH (fillfactor = 50);

CREATE TABLE tlddns.sensor_blind_times (
  sensor integer NOT NULL,
  boot_id bigint NOT NULL,
  kind text NOT NULL,
  from_ns bigint NOT NULL,
  until_ns bigint NOT NULL,
  blind_from timestamptz NOT NULL,
  blind_until timestamptz NOT NULL,
  lost bigint NOT NULL,
  PRIMARY KEY (sensor, boot_id, kind, from_ns)
);

CREATE TABLE tlddns.candidates (
  srcip text COLLATE "C" NOT NULL,
  foreign_customer boolean NOT NULL,
  evidence bigint NOT NULL,
  first_seen timestamptz NOT NULL,
  first_seen_ns bigint NOT NULL,
  last_seen timestamptz NOT NULL,
  last_seen_ns bigint NOT NULL,
  last_zone text COLLATE "C" NOT NULL,
  PRIMARY KEY (srcip, foreign_customer)
) WITH (fillfactor = 50);
CREATE VIEW tlddns.unknown_sources AS
  SELECT srcip, foreign_customer, evidence, first_seen, last_seen, last_zone FROM tlddns.candidates;

CREATE TABLE tlddns.service_changes (
  hostname text COLLATE "C" NOT NULL,
  at_ns bigint NOT NULL,
  announced boolean NOT NULL,
  cause text NOT NULL CHECK (cause IN ('bgp', 'status')),
  PRIMARY KEY (hostname, at_ns, announced)
);

-- Changes of who is who reach the programs that wait for them.
CREATE FUNCTION tlddns.notify_inventory() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('zonelag_inventory', '');
  RETURN NULL;
END
$$;
CREATE TRIGGER zonelag_notify AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON tlddns.nameservers
  FOR EACH STATEMENT EXECUTE FUNCTION tlddns.notify_inventory();
CREATE TRIGGER zonelag_notify AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON tlddns.customer_nameservers
  FOR EACH STATEMENT EXECUTE FUNCTION tlddns.notify_inventory();
CREATE TRIGGER zonelag_notify AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON tlddns.policies
  FOR EACH STATEMENT EXECUTE FUNCTION tlddns.notify_inventory();
-- What was there already (a repeated NOTIFY of the pseudo-zone) is no change.
CREATE FUNCTION tlddns.notify_service() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM fresh) THEN
    PERFORM pg_notify('zonelag_inventory', '');
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER zonelag_notify_insert AFTER INSERT ON tlddns.service_changes REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION tlddns.notify_service();
CREATE TRIGGER zonelag_notify AFTER UPDATE OR DELETE OR TRUNCATE ON tlddns.service_changes
  FOR EACH STATEMENT EXECUTE FUNCTION tlddns.notify_inventory();

-- Maintenance by status leaves a trace, so that a recomputation later excludes the node for the same time.
CREATE FUNCTION tlddns.record_status() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO tlddns.service_changes (hostname, at_ns, announced, cause)
  VALUES (NEW.hostname, (extract(epoch FROM now()) * 1000000)::bigint * 1000, NEW.status <> 'maintenance', 'status')
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END
$$;
CREATE TRIGGER zonelag_status_insert AFTER INSERT ON tlddns.nameservers
  FOR EACH ROW WHEN (NEW.status = 'maintenance') EXECUTE FUNCTION tlddns.record_status();
CREATE TRIGGER zonelag_status_update AFTER UPDATE OF status ON tlddns.nameservers
  FOR EACH ROW WHEN ((OLD.status = 'maintenance') <> (NEW.status = 'maintenance')) EXECUTE FUNCTION tlddns.record_status();
