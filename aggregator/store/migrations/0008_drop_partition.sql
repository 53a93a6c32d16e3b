-- Several may tidy up at once: PostgreSQL itself fails ("could not find tuple for parent") where two drop the same
-- partition, and to_regclass() reads a cache that may still have it. So one at a time, and what is there is looked up in
-- the catalogue.

CREATE OR REPLACE FUNCTION tlddns.drop_partition(name text) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtextextended('zonelag drop', 0)) THEN
    RETURN false;
  END IF;
  IF NOT EXISTS (SELECT FROM tlddns.expired_partitions('infinity', 'infinity') e WHERE e = name) THEN
    IF EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = 'tlddns'::regnamespace AND c.relname = name) THEN
      RAISE EXCEPTION '"%" is no partition of zonelag''s tables', name;
    END IF;
    RETURN true;  -- somebody else was faster
  END IF;
  EXECUTE format('DROP TABLE tlddns.%I', name);
  RETURN true;
EXCEPTION
  WHEN lock_not_available THEN RETURN false;
END
$$;
