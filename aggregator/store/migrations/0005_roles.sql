-- Two roles without login: an account for the aggregator gets the one, accounts of users and screens the other.
DO $$
DECLARE
  role text;
BEGIN
  FOREACH role IN ARRAY ARRAY['zonelag_aggregator', 'zonelag_reader'] LOOP
    CONTINUE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = role);
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN', role);
    EXCEPTION
      WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'role % is not there, and "%" may not create it: have an administrator run CREATE ROLE % NOLOGIN, then migrate again',
          role, current_user, role;
      WHEN duplicate_object OR unique_violation THEN NULL;  -- of another database's migration just now
    END;
  END LOOP;
  -- The aggregator's temporary tables; most databases give that to everybody.
  BEGIN
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO zonelag_aggregator', current_database());
  EXCEPTION
    WHEN insufficient_privilege THEN NULL;
  END;
END
$$;

GRANT USAGE ON SCHEMA tlddns TO zonelag_aggregator, zonelag_reader;

-- Only the parents and views: nobody but the owner writes a partition past what its parent checks.
GRANT SELECT ON tlddns.serials, tlddns.slas, tlddns.versions, tlddns.serial_rows, tlddns.evidence, tlddns.verdicts, tlddns.transfers,
  tlddns.open_nodes, tlddns.kafka_offsets, tlddns.sensors, tlddns.sensor_blind_times, tlddns.candidates, tlddns.unknown_sources,
  tlddns.service_changes, tlddns.nameservers, tlddns.customer_nameservers, tlddns.policies, tlddns.schema_migrations
  TO zonelag_reader, zonelag_aggregator;

GRANT INSERT, UPDATE ON tlddns.versions, tlddns.evidence, tlddns.transfers, tlddns.kafka_offsets, tlddns.sensors,
  tlddns.sensor_blind_times, tlddns.candidates TO zonelag_aggregator;
GRANT INSERT, UPDATE, DELETE ON tlddns.serial_rows, tlddns.verdicts TO zonelag_aggregator;
GRANT SELECT, INSERT, DELETE ON tlddns.outbox TO zonelag_aggregator;
GRANT INSERT ON tlddns.service_changes TO zonelag_aggregator;
GRANT USAGE ON SEQUENCE tlddns.versions_id_seq, tlddns.serial_rows_id_seq, tlddns.sensors_id_seq TO zonelag_aggregator;

REVOKE ALL ON FUNCTION tlddns.make_partitions(date[]), tlddns.drop_partition(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tlddns.make_partitions(date[]), tlddns.drop_partition(text) TO zonelag_aggregator;
