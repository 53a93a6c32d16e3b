"""`zonelag report` over a real database whose rows are those that `zonelag replay` gives of the same captures."""
import os
import signal
import subprocess
import unittest
from decimal import ROUND_HALF_UP, Decimal

from command import PCAPS, CommandTest, ZONELAG, captures, inventory, zonelag
from database import Database, insert, literal, records_of

SCENARIOS = sorted(path.parent.name for path in PCAPS.glob("*/inventory.toml"))
TIMES = {"first_seen", "received_at", "not_before", "transferred_at", "announced_at", "offered_at", "served_at"}
MICROSECOND = Decimal("0.000001")


def setUpModule():
    global database
    database = Database()


def tearDownModule():
    database.close()


def replayed(scenario, *arguments):
    result = zonelag("replay", "-q", "-f", "json", "-i", inventory(scenario), *arguments, *captures(scenario))
    return [record for record in records_of(result.out) if record["record"] in ("version", "node", "transfer")]


def fill(scenario):
    records = replayed(scenario)
    database.empty()
    result = database.zonelag("inventory", "import", inventory(scenario))
    assert result.code == 0, result.err
    database.fill(records)
    return records


def stored(record):
    """A record of replay as the database keeps it: times cut to microseconds, lags rounded half away from zero."""
    kept = {}
    for name, value in record.items():
        if record["record"] != "transfer" and name in TIMES and value and name != "first_seen":
            value = value[:26] + "000Z"
        if isinstance(value, Decimal):
            value = value.quantize(MICROSECOND, ROUND_HALF_UP)
        kept[name] = value
    return kept


class Rows(CommandTest):
    def compare(self, got, expected):
        self.assertEqual(len(got), len(expected))
        for one, other in zip(got, map(stored, expected)):
            # A mean of what is kept is not quite what is kept of the mean.
            average, exact = one.pop("delta3_avg", None), other.pop("delta3_avg", None)
            self.assertEqual(one, other)
            self.assertEqual(average is None, exact is None)
            if exact is not None:
                self.assertLessEqual(abs(average - exact), MICROSECOND)

    def test_json_is_that_of_replay(self):
        self.assertGreater(len(SCENARIOS), 10)
        kinds = set()
        for scenario in SCENARIOS:
            with self.subTest(scenario=scenario):
                expected = fill(scenario)
                result = database.zonelag("report", "--format", "json")
                self.expect(result, 0, [], result.out)
                self.compare(records_of(result.out), expected)
                kinds |= {record["record"] for record in expected}
        self.assertEqual(kinds, {"version", "node", "transfer"})

    def test_table_is_that_of_replay(self):
        fill("chain-A")
        for zone in ("bravo.test", "alpha.test"):
            expected = zonelag("replay", "-q", "-i", inventory(), "-z", zone, *captures()).out.split("\nNot in the")[0]
            self.expect(database.zonelag("report", "-z", zone), 0, [], expected)

    def test_filters(self):
        expected = fill("chain-A")
        nodes = [r for r in expected if r["record"] == "node"]
        versions = [r for r in expected if r["record"] == "version"]
        times = sorted({r["first_seen"] for r in versions})
        middle = times[len(times) // 2]

        def keys(*arguments):
            records = records_of(database.zonelag("report", "-f", "json", *arguments).out)
            return ([(r["zone"], r["serial"]) for r in records if r["record"] == "version"],
                    [(r["zone"], r["serial"], r["srcip"]) for r in records if r["record"] == "node"])

        def of(condition, of_nodes=lambda node: True):
            chosen = {(v["zone"], v["serial"]) for v in versions if condition(v)}
            shown = [n for n in nodes if (n["zone"], n["serial"]) in chosen and of_nodes(n)]
            return ([(v["zone"], v["serial"]) for v in versions if (v["zone"], v["serial"]) in chosen],
                    [(n["zone"], n["serial"], n["srcip"]) for n in shown])

        zone, serial = versions[1]["zone"], versions[1]["serial"]
        self.assertEqual(keys("--zone", zone.upper() + "."), of(lambda v: v["zone"] == zone))
        self.assertEqual(keys("--serial", serial), of(lambda v: v["serial"] == serial))
        self.assertEqual(keys("--from", middle), of(lambda v: v["first_seen"] >= middle))
        self.assertEqual(keys("--until", middle), of(lambda v: v["first_seen"] < middle))
        self.assertEqual(keys("--from", "2026-11-20", "--until", "2026-11-20"), of(lambda v: True))
        self.assertEqual(keys("--from", "2026-11-21"), ([], []))
        self.assertEqual(keys("--until", "2026-11-19"), ([], []))
        s4 = next(n["srcip"] for n in nodes if n["hostname"] == "s4")
        having = {(n["zone"], n["serial"]) for n in nodes if n["srcip"] == s4}
        self.assertEqual(keys("--node", "s4"),
                         of(lambda v: (v["zone"], v["serial"]) in having, lambda n: n["hostname"] == "s4"))
        self.assertEqual(keys("--node", s4), keys("--node", "s4"))
        self.assertEqual(keys("--open"), ([], []))

    def test_open_is_who_has_not_got_it(self):
        scenario = next(name for name in SCENARIOS if any(r.get("ns_open") for r in replayed(name)))
        expected = fill(scenario)
        open_nodes = [r for r in expected if r["record"] == "node" and r["received_at"] is None]
        got = [r for r in records_of(database.zonelag("report", "-f", "json", "--open").out) if r["record"] == "node"]
        self.assertGreater(len(open_nodes), 0)
        self.compare(got, open_nodes)
        lines = database.zonelag("report", "-f", "csv", "--open").out.splitlines()
        self.assertEqual(len(lines), 1 + len(open_nodes))

    def test_csv_is_that_of_replay(self):
        fill("chain-A")
        columns = database.zonelag("report", "-f", "csv").out.splitlines()
        replay = zonelag("replay", "-q", "-f", "csv", "-i", inventory(), *captures()).out.splitlines()
        self.assertEqual(columns[0], replay[0])
        self.assertEqual([line.split(",")[:7] for line in columns], [line.split(",")[:7] for line in replay])
        self.assertEqual([line.split(",")[-1] for line in columns], [line.split(",")[-1] for line in replay])

    def test_html(self):
        fill("chain-A")
        page = self.folder / "report.html"
        self.expect(database.zonelag("report", "--html", page), 0, [], "")
        text = page.read_text()
        self.assertTrue(text.startswith("<!DOCTYPE html>") and text.rstrip().endswith("</html>"))
        self.assertIn("bravo.test", text)
        self.assertEqual(database.zonelag("report", "--html", "-", "-z", "bravo.test").out.count("<html"), 1)

    def test_many_versions_are_a_line_each(self):
        database.empty()
        rows = "\n".join(insert("versions", {
            "zone": literal(f"z{number % 7}.test"), "serial": str(number), "day": "DATE '2026-11-20'", "key_hash": "0",
            "inventory": "1", "first_seen": f"timestamptz '2026-11-20 00:00Z' + interval '1 s' * {number}",
            "first_seen_ns": str((1795132800 + number) * 10**9), "last_evidence_ns": "0", "ns_count": "0",
            "ns_expected": "0", "ns_open": "0"}) for number in range(150))
        database.server.psql(text="SET search_path = tlddns; SELECT make_partitions(ARRAY[DATE '2026-11-20']);" + rows)
        result = database.zonelag("report")
        self.assertEqual(result.code, 0)
        self.assertEqual(sum(".test" in line for line in result.out.splitlines()), 150)
        self.assertEqual(len(records_of(database.zonelag("report", "-f", "json").out)), 150)


class Lists(CommandTest):
    def setUp(self):
        super().setUp()
        database.empty()

    def test_candidates(self):
        database.server.psql(text="""
            INSERT INTO tlddns.candidates (srcip, foreign_customer, evidence, first_seen, first_seen_ns, last_seen, last_seen_ns, last_zone)
            SELECT ip, strange, n, to_timestamp(1795132800), 1795132800000000001, to_timestamp(1795132900), 1795132900000000000, zone
            FROM (VALUES ('192.0.2.9', false, 3, 'a.test'), ('2001:db8::9', true, 12, 'b.test')) v(ip, strange, n, zone)""")
        self.expect(database.zonelag("report", "candidates", "-f", "csv"), 0, [],
                    "address,foreign_customer,evidence,first_seen,last_seen,zone\n"
                    "2001:db8::9,true,12,2026-11-20T00:00:00.000000001Z,2026-11-20T00:01:40.000000000Z,b.test\n"
                    "192.0.2.9,false,3,2026-11-20T00:00:00.000000001Z,2026-11-20T00:01:40.000000000Z,a.test\n")
        table = database.zonelag("report", "candidates").out.splitlines()
        self.assertIn("a customer, for a zone that is not its", table[1])
        self.assertIn("not in the inventory", table[2])

    def test_sensors(self):
        database.server.psql(text="""
            INSERT INTO tlddns.sensors (name, boot_id, version, node, last_seen, last_seen_ns, last_sequence, dropped, clock_error)
            VALUES ('vie1', 7, '0.1.0', 'vie1', to_timestamp(1795132800), 1795132800000000000, 9, 5, interval '4 ms'),
                   ('nyc1', 8, '0.1.0', NULL, NULL, NULL, NULL, NULL, NULL);
            INSERT INTO tlddns.sensor_blind_times (sensor, boot_id, kind, from_ns, until_ns, blind_from, blind_until, lost)
            SELECT id, 7, 'dropped packets', 1795132800000000000, 1795132802500000000, to_timestamp(1795132800),
                   to_timestamp(1795132802.5), 5 FROM tlddns.sensors WHERE name = 'vie1';
            INSERT INTO tlddns.kafka_offsets (topic, partition, next_offset, layout, latest_ns, holder)
            VALUES ('zonelag.events', 0, 5, 1, 1795132860000000000, 'x');""")
        nyc1, vie1 = records_of(database.zonelag("report", "sensors", "-f", "json").out)
        self.assertEqual((nyc1["sensor"], nyc1["last_seen"], nyc1["blind"], nyc1["node"]), ("nyc1", None, [], None))
        self.assertEqual((vie1["last_seen"], vie1["dropped"], vie1["clock_error"]),
                         ("2026-11-20T00:00:00.000000000Z", 5, Decimal("0.004")))
        self.assertEqual(vie1["blind"], [{"from": "2026-11-20T00:00:00.000000000Z", "kind": "dropped packets",
                                          "until": "2026-11-20T00:00:02.500000000Z", "lost": 5}])
        table = database.zonelag("report", "sensors").out
        self.assertIn("1 m 00 s", table)  # since it was heard of, of event time
        self.assertIn("never", table)
        self.assertIn("vie1 could not see 1 time:", table)


class Failures(CommandTest):
    def test_nobody_reads(self):
        fill("big-A")
        for form in ("json", "csv", "table"):
            with self.subTest(form=form):
                process = subprocess.Popen([ZONELAG, "report", "-f", form, "-d", database.uri], stdout=subprocess.PIPE,
                                           stderr=subprocess.PIPE)
                process.stdout.close()
                error = process.stderr.read()
                process.stderr.close()
                self.assertEqual((process.wait(60), error), (1, b""))

    def test_interrupted(self):
        """While it waits for a table that somebody else has locked."""
        fill("chain-A")
        locker = subprocess.Popen(["psql", "-X", "-q", "-d", database.server.uri()], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        try:
            locker.stdin.write("BEGIN; LOCK TABLE tlddns.versions; SELECT 'held';\n")
            locker.stdin.flush()
            while "held" not in locker.stdout.readline():
                pass
            process = subprocess.Popen([ZONELAG, "report", "-d", database.uri], stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE)
            while database.query("SELECT count(*) FROM pg_locks WHERE NOT granted") == [["0"]]:
                self.assertIsNone(process.poll())
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=10)
            self.assertEqual((process.returncode, out, err), (130, b"", b""))
        finally:
            locker.communicate("ROLLBACK;\n", timeout=10)

    def test_not_migrated(self):
        database.server.psql(text="CREATE DATABASE bare")
        uri = database.server.uri(database="bare")
        result = zonelag("report", "-d", uri)
        self.assertEqual(result.code, 1)
        self.assertRegex(result.err, r"^zonelag: PostgreSQL at .*, database bare: .*zonelag db migrate\n$")

    def test_rights(self):
        database.server.psql(text="CREATE ROLE somebody LOGIN; CREATE ROLE reader LOGIN IN ROLE zonelag_reader;")
        result = zonelag("report", "-d", database.server.uri(user="somebody"))
        self.assertEqual((result.code, result.out), (1, ""))
        self.assertIn("permission denied", result.err)
        self.assertEqual(zonelag("report", "-d", database.server.uri(user="reader")).code, 0)
        for part in ("candidates", "sensors", "compliance"):
            more = ("--month", "2026-11") if part == "compliance" else ()
            self.assertEqual(zonelag("report", part, *more, "-d", database.server.uri(user="reader")).code, 0)

    def test_no_password_is_told(self):
        for uri in ("postgresql://u:geheim@127.0.0.1:1/x", "postgresql://u:geheim@127.0.0.1:port/x",
                    "postgresql://u:geheim@127.0.0.1:x:y/x", "host=127.0.0.1 port=1 password=geheim",
                    "host=127.0.0.1 port=1 password='geheim' oops", "postgresql://u:geheim@[::1/x"):
            with self.subTest(uri=uri):
                result = zonelag("report", "-d", uri)
                self.assertEqual((result.code, result.out), (1, ""))
                self.assertEqual(len(result.err.splitlines()), 1)
                self.assertNotIn("geheim", result.err)

    def test_which_database(self):
        """The configuration's, PG* variables', of several the one that is named."""
        fill("chain-A")
        facts = database.server.facts
        config = self.file("aggregator.toml", f'[database]\nconnection = "{database.server.uri()}"\n')
        self.assertEqual(len(records_of(zonelag("report", "-f", "json", "-z", "bravo.test", "-c", config).out)) > 0, True)
        variables = os.environ | {"PGHOST": facts["socket"], "PGPORT": str(facts["port"]), "PGUSER": facts["superuser"],
                                  "PGDATABASE": facts["database"]}
        self.assertEqual(zonelag("report", "-z", "bravo.test", env=variables).out,
                         database.zonelag("report", "-z", "bravo.test").out)
        several = self.file("several.toml", f'[[database]]\nname = "prod"\nconnection = "host=/nowhere"\n'
                                            f'[[database]]\nname = "test"\nconnection = "{database.server.uri()}"\n')
        self.assertEqual(zonelag("report", "-c", several, "--environment", "test").code, 0)
        self.expect(zonelag("report", "-c", several), 1,
                    f"{several}: it names several databases: choose with --environment one of prod, test", "")
        self.expect(zonelag("report", "-c", several, "--environment", "dev"), 1,
                    f"{several}: no database is called 'dev'; there are: prod, test", "")
        self.expect(database.zonelag("report", "--environment", "test"), 1,
                    "--environment: names a database of a configuration; with --database it needs --config", "")


if __name__ == "__main__":
    unittest.main()
