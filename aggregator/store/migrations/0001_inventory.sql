-- Who is who. Tables of an existing installation of the Python tool stay where they are, with their ids and rows.
-- zonelag's migrator runs this with search_path = tlddns, public in one transaction.

-- In `public`, where the Python tool's set-up leaves them: users' casts name them without a schema.
DO $$
BEGIN
  IF to_regtype('nameserver_type') IS NULL THEN
    CREATE TYPE public.nameserver_type AS ENUM ('customer', 'incoming', 'distribution', 'secondary');
  END IF;
  IF to_regtype('nameserver_status') IS NULL THEN
    CREATE TYPE public.nameserver_status AS ENUM ('disabled', 'production', 'maintenance');
  END IF;
END
$$;

CREATE TABLE IF NOT EXISTS tlddns.nameservers (
  id serial PRIMARY KEY,
  ip4 text,
  ip6 text,
  hostname text NOT NULL,
  loc text NOT NULL,
  dsc_name text NOT NULL,
  ns_type nameserver_type NOT NULL,
  status nameserver_status NOT NULL
);
ALTER TABLE tlddns.nameservers ADD COLUMN IF NOT EXISTS anycast text[] NOT NULL DEFAULT '{}';
ALTER TABLE tlddns.nameservers ALTER COLUMN status SET DEFAULT 'production';

CREATE TABLE IF NOT EXISTS tlddns.customer_nameservers (
  id serial PRIMARY KEY,
  ip text,
  zone text NOT NULL,
  accountname text NOT NULL
);

-- A column (or two) that must be unique: an existing installation may have neither the key nor the uniqueness.
CREATE FUNCTION pg_temp.make_unique(tab text, columns text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  list text := (SELECT string_agg(quote_ident(c), ', ') FROM unnest(columns) c);
  twice record;
BEGIN
  EXECUTE format('SELECT concat_ws('', '', %1$s) AS what, string_agg(id::text, '', '' ORDER BY id) AS ids FROM tlddns.%2$I '
                 'WHERE (%1$s) IS NOT NULL GROUP BY %1$s HAVING count(*) > 1 ORDER BY min(id) LIMIT 1', list, tab) INTO twice;
  IF twice.ids IS NOT NULL THEN
    RAISE EXCEPTION 'tlddns.%: % "%" is there more than once, in the rows with id %: keep one of them, then migrate again',
      tab, array_to_string(columns, ', '), twice.what, twice.ids;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = format('tlddns.%I', tab)::regclass AND i.indisunique AND i.indpred IS NULL
                 AND (SELECT array_agg(a.attname::text ORDER BY k.n) FROM unnest(i.indkey) WITH ORDINALITY k(number, n)
                      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number) = columns) THEN
    EXECUTE format('ALTER TABLE tlddns.%I ADD UNIQUE (%s)', tab, list);
  END IF;
END
$$;

SELECT pg_temp.make_unique('nameservers', ARRAY['ip4']);
SELECT pg_temp.make_unique('nameservers', ARRAY['ip6']);
SELECT pg_temp.make_unique('nameservers', ARRAY['hostname']);
-- The same row twice says nothing new.
DELETE FROM tlddns.customer_nameservers a USING tlddns.customer_nameservers b
WHERE a.id > b.id AND a.ip = b.ip AND a.zone = b.zone AND a.accountname = b.accountname;
SELECT pg_temp.make_unique('customer_nameservers', ARRAY['ip', 'zone']);
CREATE INDEX IF NOT EXISTS customer_nameservers_zone_idx ON tlddns.customer_nameservers (zone);

CREATE TABLE tlddns.policies (
  id serial PRIMARY KEY,
  position integer NOT NULL,
  name text NOT NULL UNIQUE,
  zones text[] NOT NULL DEFAULT '{}',
  account text,
  lag text NOT NULL CHECK (lag IN ('customer_lag', 'incoming_lag', 'distribution_lag')),
  percentile double precision NOT NULL CHECK (percentile > 0 AND percentile <= 100),
  "limit" interval NOT NULL CHECK ("limit" > interval '0'),
  deadline interval NOT NULL,
  CHECK (deadline >= "limit"),
  CHECK (cardinality(zones) > 0 OR account IS NOT NULL)
);

DROP FUNCTION pg_temp.make_unique(text, text[]);
