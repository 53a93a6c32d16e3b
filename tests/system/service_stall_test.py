"""A partition that stands still for an hour of event time and is then caught up: meanwhile the others' time goes on, deadlines
pass, versions are judged without what lies in the partition, and leave memory. The tables end as those of an undisturbed run,
and as zonelag replay has them.
"""
import datetime
import json
import random
import re
import subprocess
import unittest

import aggregator
import replay_rows
import result_records
from aggregator import Service, wait

SEED = random.SystemRandom().randrange(1 << 16)
NODES, ZONES, VERSIONS, PARTITIONS = 8, 20, 8, 4
# About 58 events a version: an hour and a quarter, to an hour ago.
FLEET = ["--kind", "fleet", "--nodes", str(NODES), "--zones", str(ZONES), "--versions", str(VERSIONS), "--rate", str(ZONES * VERSIONS * 58 / 4500),
         "--seed", str(SEED)]
BEFORE = 900  # seconds until the partition stands still
# Open versions leave memory, too, before their evidence comes.
EARLY = {"versions": {"horizon": "45m", "settled": "15m"}}
TIMES = {"captured_at", "first_sent", "first_packet", "last_packet"}


def parsed(text):
    """Nanoseconds since 1970."""
    whole, fraction = re.fullmatch(r"(.{19})(?:\.(\d+))?Z", text).groups()
    return int(datetime.datetime.fromisoformat(whole + "+00:00").timestamp()) * 10**9 + int((fraction or "").ljust(9, "0"))


def text_of(at):
    return datetime.datetime.fromtimestamp(at // 10**9, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + f".{at % 10**9:09d}Z"


def later(value, by):
    """The event with all its times moved."""
    if not isinstance(value, dict):
        return value
    return {key: text_of(parsed(each) + by) if key in TIMES else later(each, by) for key, each in value.items()}


def serial_of(event):
    for body, names in (("notify", ("serial", "request_serial")), ("transfer", ("last_serial", "first_serial")), ("served", ("serial",))):
        for name in names:
            if name in event.get(body, {}):
                return event[body][name]


def unrest(events, chance):
    """Secondaries that get a version minutes late, at different times, or never: the next one comes before, or in its place."""
    fates, found = {}, []
    for event in events:
        ends = {event.get(end, {}).get("address") for end in ("source", "destination")}
        late = next((address for address in sorted(ends - {None}) if int(address.rpartition(".")[2]) > 3), None)  # behind the distribution
        if late is not None:
            fate = fates.setdefault((event["zone"], serial_of(event), late), chance.choice((0, 0, 0, None, *(chance.randrange(1500) for _ in range(3)))))
            if fate is None:
                continue
            for name in ("previous", "previous_last_seen") if fate else ():
                event.get("served", {}).pop(name, None)
            event = later(event, fate * 10**9)
        found.append(event)
    return sorted(found, key=lambda event: parsed(event["captured_at"]))


class Stall(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        print(f"seed {SEED}", flush=True)
        cls.chance = random.Random(SEED)
        cls.service = cls.enterClassContext(Service())
        cls.inventory = cls.service.folder / "inventory.toml"
        cls.inventory.write_text(subprocess.run([aggregator.BIN / "event_load", "--inventory", *FLEET], check=True, capture_output=True, text=True).stdout)
        start = int(datetime.datetime.now().timestamp()) - 3 * 3600
        cls.service.load("load", *FLEET, "--start", start, partitions=1)
        events = unrest([record["event"] for record in cls.service.records("load")], cls.chance)
        events.append({"schema": 1, "sensor_id": "load", "boot_id": "1", "sequence": "1", "captured_at": text_of(parsed(events[-1]["captured_at"]) + 120 * 10**9),
                       "transport": "TRANSPORT_UDP", "direction": "DIRECTION_TRANSIT", "zone": ".", "status": {"version": "load"}})
        cls.all = cls.file("all", events)
        cls.service.feed("calm", [cls.all], partitions=PARTITIONS)
        cls.service.make_database("calm", cls.inventory)
        cls.service.aggregator("calm", "calm", **EARLY).once()
        cls.calm = cls.service.tables("calm")
        homes = {record["event"]["zone"]: record["partition"] for record in cls.service.records("calm")}
        zones = [{zone for zone, partition in homes.items() if partition == each} for each in range(PARTITIONS) if each != homes["."]]
        cls.zones = max(zones, key=len)  # of the partition that stands still
        stands = start + BEFORE
        held = lambda event: event["zone"] in cls.zones and parsed(event["captured_at"]) > stands * 10**9
        cls.first, cls.second = cls.file("first", [e for e in events if not held(e)]), cls.file("second", [e for e in events if held(e)])

    @classmethod
    def file(cls, name, events):
        path = cls.service.folder / f"{name}.json"
        path.write_text("".join(json.dumps(event) + "\n" for event in events))
        return path

    def versions(self, tables):
        """{(zone, serial): row} of the partition that stands still"""
        rows = [row.split("\t") for row in tables["versions"]]
        return {(row[0], row[1]): row for row in rows if row[0] in self.zones}

    def check(self, database, topic):
        self.assertEqual(self.calm.difference(self.service.tables(database)), "")
        self.assertEqual({p: o for p, o in self.service.offsets(database).items() if o > 0}, self.service.ends(topic))
        self.assertEqual(result_records.differences(self.service, database), [])

    def check_meanwhile(self, database):
        """It was judged without what is held back, and otherwise than in the end: else this tests nothing."""
        meanwhile, end = self.versions(self.service.tables(database)), self.versions(self.calm)
        self.assertLess(len(meanwhile), len(end) / 2)
        self.assertEqual([row for row in meanwhile.values() if "open" in row], [], "the others' time has passed all deadlines")
        others = [key for key, row in meanwhile.items() if row != end[key]]
        self.assertGreater(len(others), 4, "versions that ended otherwise than they were judged meanwhile")

    def test_while_it_runs(self):
        self.service.feed("stall", [self.first], partitions=PARTITIONS)
        self.service.make_database("stall", self.inventory)
        one = self.service.aggregator("stall", "stall", listen=True, **EARLY).start().wait_until_ready()
        wait(lambda: {p: o for p, o in self.service.offsets("stall").items() if o > 0} == self.service.ends("stall"), 30, one.said)
        wait(lambda: one.metric("zonelag_aggregator_versions") < ZONES * VERSIONS / 2, 30,
             lambda: f"most to leave memory: {one.metric('zonelag_aggregator_versions')} versions")
        self.check_meanwhile("stall")
        self.service.feed("stall", [self.second])
        wait(lambda: {p: o for p, o in self.service.offsets("stall").items() if o > 0} == self.service.ends("stall"), 30, one.said)
        self.assertGreater(one.metric('zonelag_aggregator_versions_total{database="stall",what="reopened"}'), 4)
        wait(lambda: not self.calm.difference(self.service.tables("stall")), 20, lambda: self.calm.difference(self.service.tables("stall")))
        self.assertEqual(one.stop()[0], 0, one.said())
        self.check("stall", "stall")

    def test_by_another_process(self):
        """Who catches up has not seen what was before."""
        self.service.feed("other", [self.first], partitions=PARTITIONS)
        self.service.make_database("other", self.inventory)
        self.service.aggregator("other", "other", **EARLY).once()
        self.check_meanwhile("other")
        self.service.feed("other", [self.second])
        self.service.aggregator("other", "other", **EARLY).once()
        self.check("other", "other")

    def test_as_replay_has_it(self):
        expected = replay_rows.replayed(self.inventory, [self.all])
        found = replay_rows.stored(self.service.server, self.service.server.uri(database="calm"))
        for version in expected["versions"].values():
            version["open_nodes"].sort()
        for kind in ("nodes", "versions"):
            self.assertGreater(len(found[kind]), ZONES * VERSIONS - 1)
            self.assertEqual(replay_rows.differences(expected[kind], found[kind]), [], kind)


if __name__ == "__main__":
    unittest.main()
