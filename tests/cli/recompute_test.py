"""Reports of what ledger and store really wrote, and periods judged again from that evidence."""
import os
import pathlib
import subprocess
import unittest
from decimal import Decimal

from command import CommandTest, ZONELAG, captures, inventory, zonelag
from database import Database, records_of
from report_test import MICROSECOND, stored

FILL = os.environ.get("ZONELAG_FILL_DATABASE") or str(pathlib.Path(ZONELAG).with_name("fill_database"))
SCENARIOS = ("chain-A", "faults-A", "provision", "refresh-A")


def setUpModule():
    global database
    database = Database()


def tearDownModule():
    database.close()


class Recompute(CommandTest):
    def fill(self, scenario):
        database.empty()
        events = self.folder / f"{scenario}.pb"
        self.assertEqual(zonelag("replay", "-q", "-i", inventory(scenario), "-e", events, *captures(scenario)).code, 0)
        self.assertEqual(database.zonelag("inventory", "import", inventory(scenario)).code, 0)
        done = subprocess.run([FILL, database.uri, events], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def replayed(self, scenario, *arguments):
        return [r for r in records_of(zonelag("replay", "-q", "-f", "json", "-i", inventory(scenario), *arguments,
                                              *captures(scenario)).out) if r["record"] in ("version", "node", "transfer")]

    def report(self, *arguments):
        result = database.zonelag("report", "-f", "json", *arguments)
        self.assertEqual((result.code, result.err), (0, ""))
        return records_of(result.out)

    def compare(self, got, expected):
        self.assertEqual(len(got), len(expected))
        for one, other in zip(got, expected):
            average, exact = one.pop("delta3_avg", None), other.pop("delta3_avg", None)
            self.assertEqual(one, other)
            self.assertEqual(average is None, exact is None)
            self.assertLessEqual(abs((average or 0) - (exact or 0)), MICROSECOND)

    def test_report_is_replay(self):
        for scenario in SCENARIOS:
            with self.subTest(scenario=scenario):
                self.fill(scenario)
                self.compare(self.report(), [stored(record) for record in self.replayed(scenario)])

    def test_recomputed_is_live(self):
        """To the nanosecond that replay prints, of evidence that was never rounded."""
        for scenario in SCENARIOS:
            with self.subTest(scenario=scenario):
                self.fill(scenario)
                self.compare(self.report("--policy", "lab", "--recompute"), self.replayed(scenario))
                self.compare([r for r in self.report("--policy", "lab") if r["record"] != "transfer"],
                             [r for r in self.report() if r["record"] != "transfer"])

    def test_another_policy(self):
        self.fill("chain-A")
        for policy in ("icann", "incoming_lag:p90<=600ms", "customer_lag:p100<=1s:1h", "distribution_lag:p50<=20ms"):
            with self.subTest(policy=policy):
                expected = self.replayed("chain-A", "--sla", policy)
                self.compare(self.report("--policy", policy), expected)
                verdicts = [r["verdict"] for r in expected if r["record"] == "version"]
                row = records_of(database.zonelag("report", "compliance", "-m", "2026-11", "-f", "json", "-p", policy).out)[0]
                self.assertEqual((row["policy"], row["versions"], row["met"], row["breached"]),
                                 (policy, len(verdicts), verdicts.count("met"), verdicts.count("breached")))
                self.assertEqual(row["share"], Decimal(verdicts.count("met") * 1_000_000 // len(verdicts)) / 1_000_000)

    def test_compliance_recomputed_is_compliance_stored(self):
        self.fill("chain-A")
        arguments = ("report", "compliance", "-m", "2026-11", "-f", "json", "-p", "lab")
        kept = records_of(database.zonelag(*arguments).out)
        self.assertGreater(len(kept), 1)
        self.assertEqual(records_of(database.zonelag(*arguments, "--recompute").out), kept)

    def test_filters(self):
        self.fill("chain-A")
        every = [r for r in self.report() if r["record"] == "version"]
        middle = sorted(r["first_seen"] for r in every)[len(every) // 2]
        for arguments in (("--zone", "bravo.test"), ("--serial", every[0]["serial"]), ("--from", middle), ("--until", middle),
                          ("--node", "s4"), ("--account", "nobody")):
            with self.subTest(arguments=arguments):
                keys = [[(r["record"], r["zone"], r["serial"], r.get("srcip")) for r in records if r["record"] != "transfer"]
                        for records in (self.report(*arguments), self.report(*arguments, "-p", "lab", "--recompute"))]
                self.assertEqual(*keys)

    def test_no_such_policy(self):
        result = database.zonelag("report", "--policy", "gold")
        self.assertEqual(result.code, 2)
        self.assertIn("--policy: no SLA policy 'gold'", result.err)


if __name__ == "__main__":
    unittest.main()
