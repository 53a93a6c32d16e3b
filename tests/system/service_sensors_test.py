"""What sensors say of themselves: tables sensors and sensor_blind_times are the same however many aggregators there are, in
whatever way they come and go.
"""
import collections
import datetime
import json
import random
import re
import signal
import subprocess
import unittest

import aggregator
from aggregator import Service, wait

SEED = random.SystemRandom().randrange(1 << 16)
FLEET = ["--kind", "fleet", "--nodes", "6", "--zones", "20", "--versions", "4", "--rate", "10", "--seed", str(SEED)]
PARTITIONS = 6
BEAT = 10  # seconds
SENSORS = "SELECT name, boot_id, version, node, last_seen, last_seen_ns, last_sequence, dropped, clock_error FROM tlddns.sensors ORDER BY name"
BLIND = ("SELECT s.name, b.boot_id, b.kind, b.from_ns, b.until_ns, b.blind_from, b.blind_until, b.lost FROM tlddns.sensor_blind_times b "
         "JOIN tlddns.sensors s ON s.id = b.sensor ORDER BY s.name, b.boot_id, b.kind, b.from_ns")
QUICK = {"kafka.properties": {"session.timeout.ms": "6000", "heartbeat.interval.ms": "1000"}, "events": {"batch": 40, "gather": "5ms"}}


def moment(text):
    return datetime.datetime.fromisoformat(text[:19]).replace(tzinfo=datetime.timezone.utc).timestamp()


def held(one):
    """Partitions, by its log."""
    partitions = set()
    for verb, numbers in re.findall(r"(given|gives back) partitions ([\d ]+)", one.said()):
        partitions = partitions | set(numbers.split()) if verb == "given" else partitions - set(numbers.split())
    return partitions


class Beats:
    """Heartbeats of some sensors for as long as the load takes, and the blind times in them, by the comment on SensorWatch: two beats
    between which a counter grew, or that are further apart than three of the shortest distance so far.
    """

    def __init__(self, start, end, chance):
        self.events, self.blind = [], collections.Counter()
        for i in range(6):
            self.sensor(f"watch{i}", start, end, chance)

    def sensor(self, name, start, end, chance):
        boot, sequence, packets, lost, at = chance.randrange(1, 1 << 63), 0, 0, 0, start + chance.random()
        began, known = True, False  # known: how far apart beats are, of two of one run
        while at < end:
            grown_packets, grown_lost = (chance.choice((0, 0, 0, 0, chance.randrange(1, 99))) for _ in range(2))
            silent = known and chance.random() < 0.06
            if known and chance.random() < 0.03:  # a new run, counting anew
                boot, sequence, packets, lost = chance.randrange(1, 1 << 63), 0, 0, 0
            packets, lost, sequence = packets + grown_packets, lost + grown_lost, sequence + 1
            at += chance.uniform(40, 60) if silent else BEAT
            if not began:
                self.blind["silent"] += silent
                self.blind["dropped packets"] += grown_packets > 0
                self.blind["lost events"] += grown_lost > 0
            began, known = False, not began
            self.beat(name, boot, sequence, at, packets, lost)

    def beat(self, name, boot, sequence, at, packets, lost):
        when = datetime.datetime.fromtimestamp(int(at), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + f".{int(at % 1 * 1e9):09d}Z"
        self.events.append({"schema": 1, "sensor_id": name, "boot_id": str(boot), "sequence": str(sequence), "captured_at": when,
                            "transport": "TRANSPORT_UDP", "direction": "DIRECTION_TRANSIT", "node": name, "zone": ".", "clock": {"max_error": "0.000500s"},
                            "status": {"version": "0.1.0", "dropped": str(packets + lost),
                                       "counters": [{"name": "capture_dropped", "value": str(packets)}, {"name": "queue_dropped", "value": str(lost)}]}})


class Sensors(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        print(f"seed {SEED}", flush=True)
        cls.chance = random.Random(SEED)
        cls.service = cls.enterClassContext(Service())
        cls.inventory = cls.service.folder / "inventory.toml"
        cls.inventory.write_text(subprocess.run([aggregator.BIN / "event_load", "--inventory", *FLEET], check=True, capture_output=True, text=True).stdout)
        cls.service.load("load", *FLEET, partitions=1)
        events = [record["event"] for record in cls.service.records("load")]
        cls.beats = Beats(moment(events[0]["captured_at"]), moment(events[-1]["captured_at"]), cls.chance)
        cls.events = [json.dumps(event) for event in sorted(events + cls.beats.events, key=lambda event: event["captured_at"])]
        cls.calm_topic = cls.fill("calm")
        cls.database("calm")
        cls.service.aggregator("calm", "calm").once()
        cls.calm = cls.tables("calm")

    @classmethod
    def fill(cls, topic):
        file = cls.service.folder / f"{topic}.json"
        file.write_text("\n".join(cls.events) + "\n")
        cls.service.feed(topic, [file], partitions=PARTITIONS)
        return topic

    @classmethod
    def database(cls, name):
        cls.service.make_database(name, cls.inventory)

    @classmethod
    def tables(cls, database):
        uri = cls.service.server.uri(database=database)
        return {"sensors": cls.service.server.query(SENSORS, uri=uri), "sensor_blind_times": cls.service.server.query(BLIND, uri=uri)}

    def check(self, database):
        found = self.tables(database)
        for table, rows in self.calm.items():
            missing, extra = [[row for row in one if row not in other] for one, other in ((rows, found[table]), (found[table], rows))]
            self.assertEqual((missing[:5], extra[:5]), ([], []), f"{table}: {len(rows)} rows in peace, {len(found[table])} here; missing, too many")

    def test_undisturbed(self):
        """What is compared with is right: as many as were made, each sensor as of its last beat."""
        self.assertEqual(collections.Counter(row[2] for row in self.calm["sensor_blind_times"]), self.beats.blind)
        last = {event["sensor_id"]: event for event in self.beats.events}
        rows = {row[0]: row for row in self.calm["sensors"]}
        for name, event in last.items():
            self.assertEqual((int(rows[name][1]) % (1 << 64), rows[name][2], rows[name][3], rows[name][6], rows[name][7]),
                             (int(event["boot_id"]), "0.1.0", name, event["sequence"], event["status"]["counters"][0]["value"]))

    def test_three_aggregators(self):
        self.database("three")
        self.service.feed("three", [], partitions=PARTITIONS)
        running = [self.service.aggregator("three", "three", listen=True, **QUICK).start() for _ in range(3)]
        wait(lambda: all(len(held(one)) == 2 for one in running), 40, lambda: "".join(one.said() for one in running))
        self.service.feed("three", [self.service.folder / "calm.json"])
        self.wait_for_all("three", "three", running)
        for one in running:
            self.assertEqual(one.stop()[0], 0, one.said())
        self.check("three")

    def wait_for_all(self, database, topic, running):
        ends = self.service.ends(topic)
        wait(lambda: {p: o for p, o in self.service.offsets(database).items() if o > 0} == ends, 40, lambda: "".join(one.said() for one in running))

    def test_killed_on_the_way(self):
        self.database("killed")
        one = self.service.aggregator("killed", "calm", kafka={"instance_id": "one"}, **QUICK)
        home = next(record["partition"] for record in self.service.records("calm") if "status" in record["event"])
        end = self.service.ends("calm")[home]
        consumed = lambda: self.service.offsets("killed").get(home, 0)
        among = 0
        for part in range(1, 8):
            one.start()
            wait(lambda: consumed() >= end * part // 9 or not one.running(), 30, one.said)
            one.kill()
            among += consumed() < end
        self.assertGreater(among, 3, "too fast to be killed between heartbeats")
        one.once()
        self.check("killed")

    def test_away_and_back(self):
        """The heartbeats' partition goes to another process and comes back."""
        self.database("back")
        self.service.feed("back", [], partitions=PARTITIONS)
        ones = [self.service.aggregator("back", "back", listen=True, **QUICK) for _ in range(2)]
        ones[0].start().wait_until_ready()
        for part in range(3):
            file = self.service.folder / f"back{part}.json"
            file.write_text("\n".join(self.events[len(self.events) * part // 3:len(self.events) * (part + 1) // 3]) + "\n")
            if part == 1:
                ones[1].start()
                ones[0].process.send_signal(signal.SIGSTOP)
            if part == 2:
                ones[0].process.send_signal(signal.SIGCONT)
                ones[1].stop()
            self.service.feed("back", [file])
            self.wait_for_all("back", "back", ones)
        self.assertEqual(ones[0].stop()[0], 0, ones[0].said())
        self.check("back")


if __name__ == "__main__":
    unittest.main()
