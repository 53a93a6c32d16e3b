"""`zonelag report compliance` against figures that PostgreSQL works out from the rows, and against hand-made verdicts."""
import unittest
from decimal import Decimal

from command import CommandTest, captures, inventory, zonelag
from database import Database, insert, instant, literal, nanoseconds, records_of

LIMIT = "0.6"  # seconds, of the 90th percentile of incoming lag

# A location's lag is that of its first production secondary; one that nobody of it has yet is later than all others.
JUDGED = f"""
WITH members AS (
  SELECT v.zone, v.serial, coalesce(nullif(n.loc, ''), n.hostname) AS place,
         min(coalesce(extract(epoch FROM r.incoming_lag)::float8, 'Infinity')) AS lag
  FROM versions v CROSS JOIN nameservers n
       LEFT JOIN serial_rows r ON r.zone = v.zone AND r.serial = v.serial AND r.hostname = n.hostname
  WHERE n.ns_type = 'secondary' AND n.status = 'production' GROUP BY 1, 2, 3),
figures AS (SELECT zone, serial, percentile_cont(0.9) WITHIN GROUP (ORDER BY lag) AS figure FROM members GROUP BY 1, 2)
SELECT zone, serial, figure, figure <= {LIMIT} AS met FROM figures"""


def setUpModule():
    global database
    database = Database()


def tearDownModule():
    database.close()


def compliance(*arguments):
    return records_of(database.zonelag("report", "compliance", "-f", "json", *arguments).out)


class Compliance(CommandTest):
    def setUp(self):
        super().setUp()
        database.empty()

    def test_against_percentile_cont(self):
        database.zonelag("inventory", "import", inventory())
        records = records_of(zonelag("replay", "-q", "-f", "json", "-i", inventory(), "--sla",
                                     "incoming_lag:p90<=600ms", *captures()).out)
        versions = [r for r in records if r["record"] == "version"]
        database.fill([r for r in records if r["record"] in ("version", "node")])
        database.server.psql(text="SET search_path = tlddns;" + "".join(insert("verdicts", {
            "zone": literal(v["zone"]), "serial": str(v["serial"]), "day": literal(v["first_seen"][:10]),
            "policy": "'tight'", "verdict": literal(v["verdict"])}) for v in versions))
        figures = database.query(JUDGED)
        met = sum(row[3] == "t" for row in figures)
        self.assertTrue(0 < met < len(figures))
        row = compliance("--month", "2026-11")[0]
        self.assertEqual((row["policy"], row["account"], row["versions"], row["met"], row["breached"]),
                         ("tight", None, len(figures), met, len(figures) - met))
        self.assertEqual(row["share"], Decimal(met * 1_000_000 // len(figures)) / 1_000_000)
        self.assertEqual(compliance("--month", "2026-10"), [])
        self.assertEqual(compliance("--month", "2026-12"), [])

    def add(self, zone, first_seen, verdict, policy="p", figure=None, account=None):
        self.serial = getattr(self, "serial", 0) + 1
        day = first_seen[:10]
        text = f"SELECT make_partitions(ARRAY[DATE '{day}']);" + insert("versions", {
            "zone": literal(zone), "serial": str(self.serial), "day": literal(day), "key_hash": "0", "inventory": "1",
            "first_seen": instant(first_seen), "first_seen_ns": nanoseconds(first_seen), "last_evidence_ns": "0",
            "ns_count": "0", "ns_expected": "0", "ns_open": "0"}) + insert("verdicts", {
                "zone": literal(zone), "serial": str(self.serial), "day": literal(day), "policy": literal(policy),
                "verdict": literal(verdict), "figure": literal(figure)})
        if account:
            text += insert("serial_rows", {
                "srcip": "'203.0.113.1'", "zone": literal(zone), "serial": str(self.serial), "received_at": instant(first_seen),
                "ns_type": "'customer'", "dsc_name": literal(account), "basis": "'announced'", "day": literal(day)})
        database.server.psql(text="SET search_path = tlddns, public;" + text)

    def test_open_and_undecidable_are_not_met(self):
        for verdict in ("met", "met", "open", "undecidable", "breached", "none"):
            self.add("a.test", "2026-11-10T00:00:00.000000000Z", verdict)
        row = compliance("--month", "2026-11")[0]
        self.assertEqual([row[name] for name in ("versions", "met", "open", "undecidable", "breached", "share")],
                         [5, 2, 1, 1, 1, Decimal("0.4")])
        self.assertEqual([w["verdict"] for w in row["worst"]], ["breached", "open", "undecidable"])

    def test_a_share_is_rounded_down(self):
        for verdict in ("met", "met", "breached"):
            self.add("a.test", "2026-11-10T00:00:00.000000000Z", verdict)
        self.assertEqual(compliance("--month", "2026-11")[0]["share"], Decimal("0.666666"))
        self.assertIn("66.6666 %", database.zonelag("report", "compliance", "-m", "2026-11").out)

    def test_a_month_is_one_of_utc(self):
        for time in ("2026-10-31T23:59:59.999999999Z", "2026-11-01T00:00:00.000000000Z",
                     "2026-11-30T23:59:59.999999999Z", "2026-12-01T00:00:00.000000000Z"):
            self.add("a.test", time, "met")
        self.assertEqual([compliance("--month", month)[0]["versions"] for month in ("2026-10", "2026-11", "2026-12")],
                         [1, 2, 1])
        self.add("a.test", "2026-12-31T23:59:59.000000000Z", "met")
        self.assertEqual(compliance("--month", "2026-12")[0]["versions"], 2)

    def test_accounts(self):
        """The inventory's first; where it gives a zone to nobody, who announced the version."""
        database.server.psql(text="INSERT INTO tlddns.customer_nameservers (ip, zone, accountname) VALUES "
                                  "('203.0.113.1', '*', 'Other'), ('203.0.113.2', 'A.test.', 'One, Ltd'), "
                                  "('203.0.113.3', 'a.test', 'Two')")
        self.add("a.test", "2026-11-10T00:00:00.000000000Z", "met", account="Other")
        self.add("b.test", "2026-11-10T00:00:00.000000000Z", "breached", account="Other")
        self.add("c.test", "2026-11-10T00:00:00.000000000Z", "met")
        self.add("c.test", "2026-11-11T00:00:00.000000000Z", "met", policy="q")
        rows = [(r["policy"], r["account"], r["versions"], r["met"]) for r in compliance("--month", "2026-11")]
        self.assertEqual(rows, [("p", None, 3, 2), ("p", "", 1, 1), ("p", "One, Ltd", 1, 1), ("p", "Other", 1, 0),
                                ("p", "Two", 1, 1), ("q", None, 1, 1), ("q", "", 1, 1)])
        self.assertEqual([(r["policy"], r["account"], r["versions"])
                          for r in compliance("--month", "2026-11", "--account", "Other")],
                         [("p", None, 1), ("p", "Other", 1)])
        self.assertEqual({r["policy"] for r in compliance("--month", "2026-11", "--policy", "q")} , {"q"})
        csv = database.zonelag("report", "compliance", "-m", "2026-11", "-f", "csv").out.splitlines()
        self.assertEqual(csv[:4], ["month,policy,account,versions,met,breached,open,undecidable,share",
                                   "2026-11,p,*,3,2,1,0,0,0.666666", "2026-11,p,,1,1,0,0,0,1.000000",
                                   '2026-11,p,"One, Ltd",1,1,0,0,0,1.000000'])

    def test_worst(self):
        for seconds in (70, 90, 80):
            self.add("a.test", "2026-11-10T00:00:00.000000000Z", "breached", figure=f"{seconds} seconds")
        self.add("a.test", "2026-11-10T00:00:00.000000000Z", "breached")
        for _ in range(10):
            self.add("a.test", "2026-11-10T00:00:00.000000000Z", "open")
        worst = compliance("--month", "2026-11")[0]["worst"]
        self.assertEqual([w["figure"] for w in worst[:4]], [None, 90, 80, 70])
        self.assertEqual(len(worst), 10)

    def test_nothing(self):
        self.expect(database.zonelag("report", "compliance", "-m", "2026-11"), 0, [], "No version of 2026-11 was judged.\n")
        self.expect(database.zonelag("report", "compliance", "-m", "2026-11", "-f", "json"), 0, [], "")


if __name__ == "__main__":
    unittest.main()
