"""From packets to rows: real sensors read the captures and send to a real Kafka, real aggregators write to a real PostgreSQL;
what is there then is what zonelag replay says of the same captures, to the microsecond.

However many aggregators there are, and in whatever order and however often the events come.
"""
import concurrent.futures
import json
import random
import re
import unittest

import replay_rows
import result_records
import sensor
from aggregator import Service, wait

PARTITIONS = 16
SEED = random.SystemRandom().randrange(1 << 32)


def addresses(inventory):
    """{hostname: its addresses}, and all addresses, customers' included."""
    of_host, everyone = {}, []
    for part in re.split(r"(?m)^\[\[", inventory.read_text()):
        found = [value for line in re.findall(r"(?m)^(?:ip|ip4|ip6|anycast) = (.*)$", part) for value in re.findall(r'"([^"]+)"', line)]
        everyone += [value for value in found if value not in everyone]
        for name in re.findall(r'(?m)^hostname = "([^"]+)"', part):
            of_host[name] = found
    return of_host, everyone


class ServiceTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        print(f"seed {SEED}", flush=True)
        cls.service = cls.enterClassContext(Service())
        cls.sets = {folder.name: folder for folder in replay_rows.sets()}
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(cls.capture, cls.sets.values()))
        cls.service.make_database("first")
        cls.expected = {name: cls.expectation(folder) for name, folder in cls.sets.items()}

    @classmethod
    def capture(cls, folder):
        """A sensor for each host of the set, to the topic of the set's name."""
        cls.service.feed(folder.name, [], partitions=PARTITIONS)
        of_host, everyone = addresses(folder / "inventory.toml")
        for (name, is_host), files in replay_rows.captures_of(folder).items():
            settings = {"sensor": {"id": name}, "metrics": {"listen": "off"}, "kafka": {"brokers": [cls.service.brokers], "topic": folder.name},
                        "spool": {"directory": str(cls.service.folder / folder.name / name / "spool")}}
            if is_host:
                settings["sensor"]["node"] = name
                settings["capture"] = {"addresses": of_host[name], "servers": everyone}
            one = sensor.Sensor(cls.service.folder / folder.name / name, settings).start("--read", *files)
            if one.process.wait(60) != 0:
                raise AssertionError(f"the sensor that reads {files} failed:\n{one.log.read_text()}")

    @classmethod
    def expectation(cls, folder):
        captures = [path for files in replay_rows.captures_of(folder).values() for path in files]
        rows = replay_rows.replayed(folder / "inventory.toml", captures)
        # Replay judges at the end of the captures; a sensor's heartbeat says that it is later: all deadlines have passed. Where
        # no incoming node is known to have the version nobody can say when the promise began.
        started = {key[:2] for key, node in rows["nodes"].items() if node["ns_type"] == "incoming"}
        for key, version in rows["versions"].items():
            version["open_nodes"].sort()
            if version["verdict"] == "open":
                version["verdict"] = "breached" if key in started else "undecidable"
        return rows

    def check(self, name, database):
        found = replay_rows.stored(self.service.server, self.service.server.uri(database=database))
        # What is kept of serials that nobody believes (a NOTIFY that was refused, of a stranger) has no rows of nodes.
        rows = {key[:2] for key in found["nodes"]}
        found["versions"] = {key: row for key, row in found["versions"].items() if key in rows or row["ns_expected"] > 0}
        told = [f"{kind}: {line}" for kind in ("nodes", "versions") for line in replay_rows.differences(self.expected[name][kind], found[kind])]
        if told:
            self.fail(f"{name}: the tables are not what replay says:\n" + "\n".join(told))
        self.check_transfers(name, database)

    def check_transfers(self, name, database):
        rows = self.service.server.query("SELECT DISTINCT zone, server, client, serial, asked, got FROM tlddns.transfers WHERE outcome = 'completed'",
                                         uri=self.service.server.uri(database=database))
        self.assertEqual({(zone, server, client, int(serial), asked, got) for zone, server, client, serial, asked, got in rows},
                         self.expected[name]["transfers"])

    def check_downstream(self, database):
        """Whoever reads the topics to their end knows what the tables say."""
        told = result_records.differences(self.service, database)
        if told:
            self.fail(f"{database}: the topics end otherwise than the tables:\n" + "\n".join(told))

    def consume(self, way, topic, name, aggregators=1):
        """The set's tables in a database of their own, whose name it returns."""
        database = re.sub(r"\W", "_", f"{way}_{name}").lower()
        self.service.make_database(database, self.sets[name] / "inventory.toml")
        running = [self.service.aggregator(database, topic).start("--once") for _ in range(aggregators)]
        for one in running:
            wait(lambda one=one: not one.running(), 120, lambda one=one: f"the aggregator to end:\n{one.said()}")
            self.assertEqual(one.process.returncode, 0, one.said())
        return database

    def each_set(self, work):
        """work(name) of every set, some at a time; all that failed is told."""
        def told(name):
            try:
                work(name)
                return []
            except (AssertionError, RuntimeError) as error:
                return [f"{name}: {error}"]
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            failed = [line for lines in pool.map(told, self.sets) for line in lines]
        if failed:
            self.fail("\n\n".join(failed))

    def test_one_aggregator(self):
        def work(name):
            database = self.consume("one", name, name)
            self.check(name, database)
            self.check_downstream(database)
        self.each_set(work)

    def test_three_aggregators(self):
        def work(name):
            database = self.consume("three", name, name, aggregators=3)
            self.check(name, database)
            self.check_downstream(database)
        self.each_set(work)

    def test_shuffled_and_repeated(self):
        def work(name):
            chance = random.Random(f"{SEED} {name}")
            events = [json.dumps(record["event"]) for record in self.service.records(name)]
            events += chance.sample(events, len(events) // 2)
            chance.shuffle(events)
            file = self.service.folder / f"{name}.shuffled"
            file.write_text("\n".join(events) + "\n")
            self.service.feed(f"{name}-shuffled", [file], partitions=PARTITIONS)
            self.check(name, self.consume("shuffled", f"{name}-shuffled", name))
        self.each_set(work)


if __name__ == "__main__":
    unittest.main()
