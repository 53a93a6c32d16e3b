"""Records that are no events, among good ones, from outside: every kind of them lies in the dead letters once, as it was and
with why and whence; the tables are those of the good events alone; nothing stops.
"""
import collections
import random
import re
import subprocess
import time
import unittest

import aggregator
import raw_records
from aggregator import Service, wait
from raw_records import number, sized

SEED = random.SystemRandom().randrange(1 << 16)
FLEET = ["--kind", "fleet", "--nodes", "8", "--zones", "24", "--versions", "3", "--missing", "1", "--rate", "400", "--advance", "30", "--seed", str(SEED)]
PARTITIONS = 4
LARGEST = 1_048_588  # what a topic takes by default: a batch with all that is around the value
WHOLE = 1_000_000    # of a value in a dead letter
NOW = int(time.time())


def timestamp(seconds, nanos=0):
    return number(1, seconds) + (number(2, nanos) if nanos else b"")


# Fields of Event by their numbers. What is appended to an event replaces what it has there: scalars, and fields of messages.
SCHEMA, SENSOR, CAPTURED, TRANSPORT, DIRECTION, SOURCE, DESTINATION, NODE, ZONE, NOTIFY, TRANSFER, SERVED = 1, 2, 5, 7, 8, 9, 10, 11, 12, 16, 17, 18


def suffixes(chance):
    """{kind: (what makes a good event such a one, the reason's words, its label)}"""
    wrong = {
        "unknown schema version": (number(SCHEMA, 99), "schema: unknown schema version"),
        "no time": (sized(CAPTURED, number(2, 1_000_000_000)), "captured_at: impossible time"),
        "beyond 64 bits": (sized(CAPTURED, timestamp(1 << 60)), "captured_at: impossible time"),
        "zone name too long": (sized(ZONE, ".".join(["a" * 63] * 4)), "zone: not a domain name"),
        "label too long": (sized(ZONE, "a" * 64 + ".example"), "zone: not a domain name"),
        "no name": (sized(ZONE, "a..b"), "zone: not a domain name"),
        "no address": (sized(SOURCE, sized(1, "10.0.0.256")), "source.address: not an IP address"),
        "port 65536": (sized(DESTINATION, number(2, 65536)), "destination.port: out of range"),
        "unknown enum value": (number(TRANSPORT, 9), "transport: unknown value"),
        "zero byte in a text": (sized(NODE, "a\0b"), "node: has a zero byte"),
        "no text": (sized(NODE, b"\xff\xfe"), "not protobuf"),
    }
    found = {kind: (suffix, f"event: {reason}$", f"event: {reason}") for kind, (suffix, reason) in wrong.items()}
    # What protobuf takes and no table does, or no sensor can mean.
    for kind, body, field, name, seconds in (("first packet", TRANSFER, 11, "transfer.first_packet", 1 << 33), ("last packet", TRANSFER, 12, "transfer.last_packet", NOW + 7200),
                                             ("first sent", NOTIFY, 8, "notify.first_sent", -(1 << 33)), ("previous", SERVED, 4, "served.previous_last_seen", NOW + 7200)):
        told = "before 2000" if seconds < 0 else "in the future"
        found[f"impossible {kind}"] = sized(body, number(1, 1) + number(2, 1) + sized(field, timestamp(seconds))), rf"event: {name}: \S+Z is {told}$", f"event: {name}"
    letters = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=900_000))
    for size in (256, 6000, 900_000):
        found[f"sensor's name of {size} bytes"] = sized(SENSOR, letters[:size]), "event: sensor_id: longer than 255 bytes$", "event: sensor_id"
    # A label has no values in it: there would be no end of them.
    found["far future"] = sized(CAPTURED, timestamp(NOW + 7200)), r"event: captured_at: \S+Z is in the future$", "event: captured_at"
    found["far past"] = sized(CAPTURED, timestamp(0)), r"event: captured_at: 1970\S+Z is before 2000$", "event: captured_at"
    return found


class Mixture:
    """The load's records with others between them; what is expected of each."""

    def __init__(self, good, chance):
        """good: {(partition, offset): (key, value, headers)}"""
        self.chance = chance
        self.records = [(partition, key, value, []) for (partition, _), (key, value, _) in sorted(good.items())]
        self.values = [record for record in self.records if record[1] != b"."]  # no heartbeat
        self.poison = {}  # {id(record): (kind, reason, label)}
        self.kept = []
        self.disguise()
        for kind, (suffix, reason, label) in suffixes(chance).items():
            for _ in range(3):
                partition, key, value, _ = chance.choice(self.values)
                self.add(kind, (partition, key, value + suffix, []), reason, label)
        self.others()

    def add(self, kind, record, reason, label):
        self.poison[id(record)] = kind, reason, label
        self.kept.append(record)
        self.records.insert(self.chance.randrange(len(self.records) + 1), record)

    def disguise(self):
        """Good ones all the same: a key that is not the zone, another partition than the zone's, fields of a later schema, hardly room."""
        for i in self.chance.sample(range(len(self.records)), len(self.records) // 10):
            partition, key, value, headers = self.records[i]
            self.records[i] = self.chance.choice([(partition, b"not the zone", value, headers), (partition, None, value, headers),
                                                  ((partition + 1) % PARTITIONS, key, value, headers),
                                                  (partition, key, value + sized(1000, b"later"), headers)])
        for elsewhere, i in enumerate(self.chance.sample(range(len(self.records)), 2)):
            partition, key, value, headers = self.records[i]
            self.records[i] = ((partition + elsewhere) % PARTITIONS, key, self.fill(value, LARGEST - 300), headers)

    def fill(self, value, size):
        """By a field that nobody reads, with what no compression makes smaller."""
        return value + sized(1000, self.chance.randbytes(size - len(value) - 6))

    def others(self):
        anywhere = lambda: self.chance.randrange(PARTITIONS)
        for value in (b"\xff\xff", b"{}", self.chance.randbytes(400)[:1].replace(b"\x08", b"\x07") + b"\xff" * 20):
            self.add("not protobuf", (anywhere(), b"example", value, []), "event: not protobuf", "event: not protobuf")
        for value in (b"", None):
            self.add("empty", (anywhere(), b"example", value, []), "event: schema: unknown schema version", "event: schema: unknown schema version")
        bodiless = number(SCHEMA, 1) + sized(SENSOR, "s") + sized(CAPTURED, timestamp(NOW - 100)) + number(TRANSPORT, 1) + number(DIRECTION, 1) + sized(ZONE, "example")
        self.add("no body", (anywhere(), b"example", bodiless, []), "event: body: missing$", "event: body: missing")
        self.add("binary key", (anywhere(), b"\0\xff\xfe", b"\xff\xff", []), "event: not protobuf", "event: not protobuf")
        self.add("no key", (anywhere(), None, b"\xff\xff", []), "event: not protobuf", "event: not protobuf")
        self.add("as long as is kept", (anywhere(), b"example", b"\xff" * 4 + self.chance.randbytes(WHOLE - 4), []), "event: not protobuf", "event: not protobuf")
        self.add("as long as a topic takes", (anywhere(), b"example", b"\xff" * 4 + self.chance.randbytes(LARGEST - 100), []), "event: not protobuf", "event: not protobuf")
        partition, key, value, _ = self.chance.choice(self.values)
        self.add("sent home too often", ((partition + 1) % PARTITIONS, key, value, [("zonelag-stray", b"8/4")]), "event: zone: not at home here", "event: zone")


class Case(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        print(f"seed {SEED}", flush=True)
        cls.chance = random.Random(SEED)
        cls.service = cls.enterClassContext(Service())
        cls.inventory = cls.service.folder / "inventory.toml"
        cls.inventory.write_text(subprocess.run([aggregator.BIN / "event_load", "--inventory", *FLEET], check=True, capture_output=True, text=True).stdout)
        cls.service.load("good", *FLEET, partitions=PARTITIONS)
        cls.service.make_database("calm", cls.inventory)
        cls.service.aggregator("calm", "good").once()
        cls.calm = cls.service.tables("calm")
        assert len(cls.calm["serials"]) > 300 and len(cls.calm["transfers"]) > 300

    def mix(self, topic, mixture):
        """Sends it: {(partition, offset): (record, kind, reason, label)} of the poison."""
        self.service.feed(topic, [], partitions=PARTITIONS)
        self.service.feed(f"{topic}.dead", [], partitions=2)
        sent = raw_records.send(self.service.brokers, topic, mixture.records)
        return {place: (record, *mixture.poison[id(record)]) for place, record in sent.items() if id(record) in mixture.poison}

    def good(self):
        return raw_records.read(self.service.brokers, "good")

    def aggregator(self, database, topic, **sections):
        self.service.make_database(database, self.inventory)
        return self.service.aggregator(database, topic, events={"dead_topic": f"{topic}.dead", **sections.pop("events", {})}, **sections)

    def letters(self, topic):
        """{(partition, offset) of the topic: [(key, value, headers)]} of the dead letters"""
        found = collections.defaultdict(list)
        for key, value, headers in raw_records.read(self.service.brokers, f"{topic}.dead").values():
            self.assertEqual(headers["zonelag-topic"].decode(), topic)
            found[int(headers["zonelag-partition"]), int(headers["zonelag-offset"])].append((key, value, headers))
        return found

    def check_letter(self, record, kind, reason, letter):
        (_, key, value, _), (found_key, found, headers) = record, letter
        value = value or b""
        self.assertEqual(found_key or b"", key or b"", kind)
        self.assertEqual(found or b"", value[:WHOLE], kind)
        self.assertEqual(int(headers.pop("zonelag-length", len(found or b""))), len(value), kind)
        self.assertRegex(headers["zonelag-reason"].decode(), "^" + reason, kind)
        self.assertEqual(headers.keys(), {"zonelag-reason", "zonelag-topic", "zonelag-partition", "zonelag-offset"})

    def check(self, database, topic, poison, repeats=False):
        """Each once; or at least once, the repeats equal."""
        letters = self.letters(topic)
        self.assertEqual({place: poison[place][1] for place in poison.keys() - letters.keys()}, {}, "missing in the dead letters")
        self.assertEqual(letters.keys() - poison.keys(), set(), "in the dead letters without being poison")
        for place, (record, kind, reason, _) in poison.items():
            first, *others = letters[place]
            if repeats:
                self.assertTrue(all(other == first for other in others), kind)
            else:
                self.assertEqual(len(others), 0, kind)
            self.check_letter(record, kind, reason, first)
        self.assertEqual(self.calm.difference(self.service.tables(database)), "")
        self.assertEqual({p: o for p, o in self.service.offsets(database).items() if o > 0}, self.service.ends(topic))


class Poison(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mixture = Mixture(raw_records.read(cls.service.brokers, "good"), cls.chance)

    def test_once(self):
        poison = self.mix("mixed", self.mixture)
        one = self.aggregator("once", "mixed")
        one.once()
        self.check("once", "mixed", poison)

    def test_metrics_by_reason(self):
        poison = self.mix("counted", self.mixture)
        one = self.aggregator("counted", "counted", listen=True).start().wait_until_ready()
        wait(lambda: {p: o for p, o in self.service.offsets("counted").items() if o > 0} == self.service.ends("counted"), 40, one.said)
        wait(lambda: one.metric("zonelag_aggregator_outbox_messages") == 0, 20, one.said)
        text = one.get("/metrics")[1]
        found = {reason: int(value) for reason, value in re.findall(r'(?m)^zonelag_aggregator_dead_letters_total\{[^}]*reason="([^"]*)"[^}]*\} (\d+)$', text)}
        self.assertEqual(found, collections.Counter(label for _, _, _, label in poison.values()))
        self.assertEqual(one.stop()[0], 0, one.said())
        self.check("counted", "counted", poison)

    def test_killed_on_the_way(self):
        poison = self.mix("killed", self.mixture)
        one = self.aggregator("killed", "killed", events={"batch": 20, "gather": "5ms"}, kafka={"instance_id": "one"},
                              **{"kafka.properties": {"session.timeout.ms": "6000", "heartbeat.interval.ms": "1000"}})
        all_of_it = sum(self.service.ends("killed").values())
        kills = 0
        for part in range(1, 9):
            target = all_of_it * part // 10
            one.start()
            wait(lambda: sum(self.service.offsets("killed").values()) >= target or not one.running(), 30, one.said)
            self.assertTrue(one.running(), one.said())
            kills += sum(self.service.offsets("killed").values()) < all_of_it
            one.kill()
        self.assertGreater(kills, 3, "too fast to be killed on the way")
        one.once()
        self.check("killed", "killed", poison, repeats=True)


if __name__ == "__main__":
    unittest.main()
