"""`zonelag db` against a real server: every state that a database can be in."""
import unittest

from command import CommandTest, zonelag
from database import Server


def setUpModule():
    global server
    server = Server("--set", "fsync=off")


def tearDownModule():
    server.close()


class Db(CommandTest):
    def setUp(self):
        super().setUp()
        self.name = "t" + self.id().rpartition(".")[2]
        server.psql(text=f'CREATE DATABASE "{self.name}"')
        self.uri = server.uri(database=self.name)
        self.place = f"PostgreSQL at {server.facts['socket']}:{server.facts['port']}, database {self.name}"

    def db(self, *arguments, uri=None):
        return zonelag("db", *arguments, "--database", uri or self.uri)

    def migrations(self):
        return [line.split()[1] for line in self.db("status").out.splitlines()[2:] if line.startswith("  ")]

    def test_migrate(self):
        before = self.db("status")
        self.assertEqual(before.code, 3)
        self.assertIn("not yet", before.out)
        names = self.migrations()
        self.assertGreater(len(names), 3)
        trial = self.db("migrate", "--dry-run")
        self.assertEqual((trial.code, trial.out.count("would be applied")), (0, len(names)))
        self.assertEqual(server.query("SELECT to_regnamespace('tlddns')", uri=self.uri), [[None]])
        done = self.db("migrate")
        self.assertEqual((done.code, done.err), (0, ""))
        lines = done.out.splitlines()
        for number, name in enumerate(names, 1):
            self.assertRegex(lines[number - 1], rf"^{self.place}: migration {number} \({name}\) applied in \d+\.\d s$")
        self.assertEqual(lines[len(names):], [f"{self.place}: the schema is at version {len(names)}"])
        self.expect(self.db("migrate"), 0, [], f"{self.place}: nothing to do, the schema is at version {len(names)}\n")
        after = self.db("status")
        self.assertEqual(after.code, 0)
        self.assertTrue(after.out.endswith("The schema is up to date.\n"))
        self.assertNotIn("not yet", after.out)

    def test_newer_schema(self):
        self.db("migrate")
        server.psql(uri=self.uri, text="INSERT INTO tlddns.schema_migrations (version, name, checksum) VALUES (99, 'future', '')")
        for action in ("status", "migrate"):
            result = self.db(action)
            self.assertEqual(result.code, 1)
            self.assertIn("take the newer program", result.err)
            self.assertEqual(len(result.err.splitlines()), 1)

    def test_rights(self):
        server.psql(text="CREATE ROLE nobody_here LOGIN")
        result = self.db("migrate", uri=server.uri(user="nobody_here", database=self.name))
        self.assertEqual((result.code, len(result.err.splitlines())), (1, 1))
        self.assertIn("permission denied", result.err)
        self.assertEqual(server.query("SELECT to_regnamespace('tlddns')", uri=self.uri), [[None]])
        unknown = self.db("status", uri=server.uri(user="never_made", database=self.name))
        self.assertEqual((unknown.code, unknown.out), (1, ""))
        self.assertIn("never_made", unknown.err)

    def test_time_zone_that_is_none(self):
        server.psql(uri=self.uri, text="CREATE SCHEMA tlddns; CREATE TABLE tlddns.slas (id integer NOT NULL, zone text, "
                                       "serial bigint, min_lag interval, max_lag interval, avg_lag interval, median_lag "
                                       "interval, percentile_90_lag interval, ns_count integer, calculated_at timestamp); INSERT INTO tlddns.slas VALUES (1, 'a.test', "
                                       "1, NULL, NULL, NULL, NULL, NULL, 1, '2026-11-20 00:00')")
        result = self.db("migrate", "--timezone", "Europe/Nowhere")
        self.assertEqual(result.code, 1)
        self.assertEqual(len(result.err.splitlines()), 1)
        self.assertIn("Europe/Nowhere", result.err)

    def test_prune(self):
        self.db("migrate")
        self.expect(self.db("prune"), 0, [], "No event was consumed yet: there is nothing to drop.\n")
        server.psql(uri=self.uri, text="""
            SELECT tlddns.make_partitions(ARRAY[DATE '2026-06-01', DATE '2026-11-01', DATE '2026-11-20']);
            INSERT INTO tlddns.kafka_offsets (topic, partition, next_offset, layout, latest_ns, holder)
            VALUES ('zonelag.events', 0, 5, 1, 1795176000000000000, 'x')""")

        def days(table):
            return [row[0] for row in server.query(
                f"SELECT right(relname, 8) FROM pg_class WHERE relname ~ '^{table}_[0-9]+$' AND relkind = 'r' ORDER BY 1",
                uri=self.uri)]

        self.assertIn("20261101", days("serial_rows"))
        self.expect(self.db("prune", "--keep-rows", 10, "--keep-versions", 60), 0, [],
                    "Dropped: days of rows and evidence before 2026-11-10, months of versions and verdicts before "
                    "2026-09-21.\n")
        self.assertNotIn("20261101", days("serial_rows"))
        self.assertIn("20261120", days("serial_rows"))
        self.assertEqual([day for day in days("versions") if day.endswith("202606")], [])
        self.assertNotEqual([day for day in days("versions") if day.endswith("202611")], [])


if __name__ == "__main__":
    unittest.main()
