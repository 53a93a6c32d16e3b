"""What `zonelag replay` prints for chain-A's bravo.test, byte for byte, in its three forms.

The expected texts in golden/ were printed once, compared by hand with truth.jsonl (which is from the servers' logs, never
from packets) and frozen. The comparison is kept here, as tests of the frozen JSON: when the output changes on purpose,
write the new text with `ZONELAG=... golden_test.py --write`, let these tests judge it, and read the difference.
"""
import calendar
import csv
import io
import json
import pathlib
import sys
import time
import unittest
from fractions import Fraction

from command import CHAIN, CommandTest, captures, inventory, zonelag

GOLDEN = pathlib.Path(__file__).parent / "golden"
FORMS = ("table", "json", "csv")
# pcaps/README.md: in its own capture no host sends a serial more than 0.5 ms before its log line's interval.
EARLY = Fraction(500, 10**6)


def output(form):
    return zonelag("replay", "-f", form, "-z", "bravo.test", "-i", inventory(), *captures())


def frozen(form):
    return (GOLDEN / f"bravo.{form}").read_text()


def records(kind):
    return [record for record in map(json.loads, frozen("json").splitlines()) if record["record"] == kind]


def truth(kind):
    lines = map(json.loads, (CHAIN / "truth.jsonl").read_text().splitlines())
    return [line for line in lines if line["kind"] == kind and line["zone"] == "bravo.test"]


def epoch(text):
    whole, _, part = text.rstrip("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + Fraction(int(part), 10**9)


def host(node):
    return "customer" if node["ns_type"] == "customer" else node["hostname"]


def percentile(values, fraction):
    """PostgreSQL's percentile_cont."""
    values = sorted(values)
    place = fraction * (len(values) - 1)
    low = int(place)
    return values[low] + (place - low) * (values[min(low + 1, len(values) - 1)] - values[low])


class Golden(CommandTest):
    def test_byte_for_byte(self):
        for form in FORMS:
            with self.subTest(form=form):
                self.expect(output(form), 0, [], frozen(form))


class FrozenAgreesWithTruth(unittest.TestCase):
    def test_every_log_line_has_its_row_and_no_other(self):
        logged = {(line["host"], line["serial"]) for line in truth("loaded")}
        self.assertEqual(len(logged), 21)
        self.assertEqual({(host(node), node["serial"]) for node in records("node")}, logged)

    def test_live_intervals_contain_the_log_line(self):
        rows = {(host(node), node["serial"]): node for node in records("node")}
        for line in truth("loaded"):
            with self.subTest(host=line["host"], serial=line["serial"]):
                row, at = rows[line["host"], line["serial"]], Fraction(line["at"])
                self.assertLessEqual(at - Fraction(line["log_precision"]), epoch(row["received_at"]) + EARLY)
                if row["not_before"]:
                    self.assertLessEqual(epoch(row["not_before"]), at + EARLY)

    def test_served_no_later_than_a_client_had_it(self):
        rows = {(host(node), node["serial"]): node for node in records("node")}
        for line in truth("polled"):
            with self.subTest(host=line["host"], serial=line["serial"]):
                served = epoch(rows[line["host"], line["serial"]]["served_at"])
                self.assertTrue(Fraction(line["asked_at"]) <= served <= Fraction(line["at"]))

    def test_transfers_are_those_of_the_logs(self):
        names = {"fd00:53::10": "customer", "fd00:53::20": "incoming", "fd00:53::30": "distribution",
                 "fd00:53::41": "s1", "fd00:53::42": "s2", "fd00:53::43": "s3", "fd00:53::44": "s4"}
        completed = {(names[row["server"]], names[row["client"]], row["serial"]): row
                     for row in records("transfer") if row["outcome"] == "completed"}
        logged = truth("transfer")
        self.assertEqual(set(completed), {(line["server"], line["host"], line["serial"]) for line in logged})
        for line in logged:
            row = completed[line["server"], line["host"], line["serial"]]
            for name in ("asked", "got", "messages", "records", "bytes"):
                if line[name] is not None:
                    self.assertEqual(row[name], line[name], (line, name))

    def test_lags_are_differences(self):
        for version in records("version"):
            nodes = [node for node in records("node") if node["serial"] == version["serial"]]
            first = {role: min(epoch(node["received_at"]) for node in nodes if node["ns_type"] == role)
                     for role in ("customer", "incoming", "distribution")}
            for node in nodes:
                applies = {"customer": [], "incoming": ["customer"], "distribution": ["customer", "incoming"],
                           "secondary": ["customer", "incoming", "distribution"]}[node["ns_type"]]
                for role in first:
                    expected = epoch(node["received_at"]) - first[role] if role in applies else None
                    found = node[role + "_lag"]
                    self.assertEqual(None if found is None else round(Fraction(str(found)), 9), expected)
            self.assertEqual(round(Fraction(str(version["delta1"])), 9), first["incoming"] - first["customer"])
            self.assertEqual(round(Fraction(str(version["delta2"])), 9), first["distribution"] - first["incoming"])

    def test_figures_are_of_the_nodes(self):
        for version in records("version"):
            nodes = [node for node in records("node")
                     if node["serial"] == version["serial"] and node["ns_type"] == "secondary"]
            delta3 = [node["distribution_lag"] for node in nodes]
            locations = {}
            for node in nodes:
                locations[node["loc"]] = min(node["incoming_lag"], locations.get(node["loc"], node["incoming_lag"]))
            sla = list(locations.values())
            expected = {"delta3_min": min(delta3), "delta3_median": percentile(delta3, 0.5),
                        "delta3_p90": percentile(delta3, 0.9), "delta3_max": max(delta3), "min_lag": min(sla),
                        "max_lag": max(sla), "avg_lag": sum(sla) / 3, "median_lag": percentile(sla, 0.5),
                        "percentile_90_lag": percentile(sla, 0.9), "ns_count": 3, "ns_expected": 3, "ns_open": 0,
                        "delta3_avg": sum(delta3) / 4}
            for name, value in expected.items():
                self.assertAlmostEqual(version[name], value, delta=2e-9, msg=name)
            self.assertEqual((version["verdict"], version["policy"]), ("met", "lab"))

    def test_csv_says_what_json_says(self):
        rows = list(csv.DictReader(io.StringIO(frozen("csv"))))
        nodes = records("node")
        self.assertEqual(len(rows), len(nodes))
        for row, node in zip(rows, nodes):
            self.assertEqual(row.pop("verdict"), "met")
            for name, text in row.items():
                value = node[name]
                if name == "unknown_references":
                    value = " ".join(value)
                if isinstance(value, (int, float)):
                    self.assertEqual(Fraction(text), Fraction(str(value)).limit_denominator(10**9))
                else:
                    self.assertEqual(text, value or "")

    def test_table_has_every_node_and_time(self):
        text = frozen("table")
        for node in records("node"):
            clock = node["received_at"][11:23]
            name = node["hostname"] or node["srcip"]
            line = [line for line in text.splitlines() if f" {name} " in line and clock in line]
            self.assertEqual(len(line), 1, node)
            self.assertTrue(line[0].rstrip().endswith(node["basis"]))


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        for kind in FORMS:
            (GOLDEN / f"bravo.{kind}").write_text(output(kind).out)
    else:
        unittest.main()
