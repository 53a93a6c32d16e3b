"""Kill -9 of the sensor and of its broker at random points, under a load of NOTIFY messages that are all different.

    chaos_test.py [--kills N] [--seed S] [--rate EVENTS]

One kill in five is the broker's; while it is away the sensor is killed, too, and sometimes twice in a row. At each
sensor's death its spool is read by a reader of the test's own (spool_files.py), before the next sensor sees it. At the
end everything that was spooled or acknowledged must be in the topic, in order for each zone, without a gap that the
sensor did not report. Root only: it makes a pair of network namespaces, and nothing leaves them.
"""
import argparse
import collections
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parents[1]), str(pathlib.Path(__file__).parents[1] / "kafka")]
import sensor
from broker import Broker
from netns import Inside, Link, ip, stop
from spool_files import Files

OPTIONS = argparse.Namespace(kills=25, seed=None, rate=1500)
ZONES = 50
Record = collections.namedtuple("Record", "partition offset zone boot sequence serial dropped")


class Chaos:
    """The run: what was killed when, and what the spools held."""

    def __init__(self, options, folder, link):
        self.random = random.Random(options.seed)
        self.folder, self.link, self.rate = folder, link, options.rate
        with Inside(link.receiver.name):
            self.broker = Broker()
        self.spool = folder / "sensor" / "spool"
        settings = {"sensor": {"id": "chaos", "heartbeat": "1s"}, "capture": {"interfaces": [link.receiver.interface], "ring": "16MiB"},
                    "kafka": {"brokers": [self.broker.facts["plain"]], "create_topics": True, "partitions": 4},
                    "spool": {"directory": str(self.spool), "segment_size": "256KiB"}, "output": {"queue": 65536},
                    "privileges": {"user": "nobody"}, "log": {"format": "json"}}
        self.sensor = sensor.Sensor(folder / "sensor", settings, namespace=link.receiver.name)
        self.spooled = {}  # (boot, sequence) -> (index, zone), of all spools that were looked at
        self.waited = []   # undelivered records at each sensor's death
        self.kills = collections.Counter()

    def run(self, kills):
        self.sensor.start().wait_until_ready()
        self.generator = self.link.sender.start(sensor.TRAFFIC, "notify", "--interface", self.link.sender.interface, "--pps", self.rate,
                                                "--zones", ZONES, "--seconds", 3600, stdout=subprocess.DEVNULL)
        while self.kills.total() < kills:
            if self.random.random() < 0.25:  # with some of the sensor's
                self.kill_broker(kills)
            else:
                self.kill_sensor(self.pause())
        self.sensor.wait_until_ready(60)
        if self.generator.poll() is not None:
            raise AssertionError(f"the load ended by itself with {self.generator.returncode}")
        stop(self.generator)
        self.wait_until_delivered()

    def pause(self):
        """Before a kill: sometimes while the sensor starts and reads its spool, mostly while it works."""
        return self.random.uniform(0, 0.3) if self.random.random() < 0.25 else self.random.uniform(0.3, 2)

    def kill_sensor(self, after):
        time.sleep(after)  # a random point in time is what this test is about
        if self.sensor.process.poll() is not None:
            raise AssertionError(f"the sensor ended by itself with {self.sensor.process.returncode}:\n{self.sensor.log.read_text()[-2000:]}")
        self.sensor.kill()
        files = Files(self.spool)
        self.sensor.start()
        self.kills["sensor"] += 1
        self.waited.append(len(files.undelivered()))
        self.spooled |= files.events()

    def kill_broker(self, kills):
        time.sleep(self.random.uniform(0, 1))
        self.broker.kill()
        self.kills["broker"] += 1
        away = self.random.uniform(0, 2)
        back = threading.Thread(target=self.start_broker, args=[away])
        back.start()
        for _ in range(self.random.choice((0, 1, 2, 3))):
            if self.kills.total() < kills:
                self.kill_sensor(self.pause())
        back.join()
        if not self.broker_is_back:
            raise AssertionError("the broker does not start again")

    def start_broker(self, away):
        self.broker_is_back = False
        time.sleep(away)
        with Inside(self.link.receiver.name):
            self.broker.start()
        self.broker_is_back = True

    def wait_until_delivered(self):
        deadline = time.monotonic() + 60
        while self.sensor.metric("zonelag_sensor_spool_waiting_events") > 100:  # the heartbeats go on
            if time.monotonic() > deadline:
                raise AssertionError(f"the spool is not delivered within 60 s:\n{self.sensor.get('/metrics')}")
            time.sleep(0.2)
        self.ended = self.sensor.stop()
        self.left = Files(self.spool)

    def sent(self):
        """What arrived at the sensor's interface: nothing but the load is on this link."""
        statistics = json.loads(ip("-n", self.link.receiver.name, "-j", "-s", "link", "show", self.link.receiver.interface))
        return statistics[0]["stats64"]["rx"]["packets"]

    def boots(self):
        """The runs in order, as the log tells: those that were killed before they captured made no event."""
        return re.findall(r'"boot":"?(\d+)', self.sensor.log.read_text())

    def records(self):
        command = self.link.receiver.command(sensor.DUMP, "--brokers", self.broker.facts["plain"], "--timeout", 300)
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            records = [record_of(json.loads(line)) for line in process.stdout]
        if process.returncode != 0:
            raise AssertionError(f"kafka_dump ends with {process.returncode}")
        return records


def record_of(line):
    event = line["event"]
    dropped = None
    if "status" in event:
        counters = {each["name"]: int(each.get("value", 0)) for each in event["status"].get("counters", [])}
        dropped = counters.get("queue_dropped", 0) + sum(n for name, n in counters.items() if name.startswith("spool_dropped_"))
    return Record(line["partition"], line["offset"], event["zone"], int(event["boot_id"]), int(event["sequence"]),
                  event.get("notify", {}).get("serial"), dropped)


class ChaosTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if OPTIONS.seed is None:
            OPTIONS.seed = random.SystemRandom().randrange(1 << 32)
        print(f"chaos_test: --kills {OPTIONS.kills} --seed {OPTIONS.seed} --rate {OPTIONS.rate}", file=sys.stderr)
        folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="zonelag-chaos-")))
        folder.chmod(0o755)
        link = cls.enterClassContext(Link(address=False))
        cls.chaos = Chaos(OPTIONS, folder, link)
        cls.addClassCleanup(cls.chaos.broker.close)
        cls.addClassCleanup(cls.chaos.sensor.kill)
        cls.chaos.run(OPTIONS.kills)
        cls.records = sorted(cls.chaos.records())
        cls.first = {}  # (boot, sequence) -> its first record; in order of partition and offset
        for record in cls.records:
            cls.first.setdefault((record.boot, record.sequence), record)
        cls.boots = {int(boot): number for number, boot in enumerate(cls.chaos.boots())}
        cls.report()

    @classmethod
    def report(cls):
        notifies = sum(1 for record in cls.first.values() if record.serial is not None)
        sent, waited = cls.chaos.sent(), cls.chaos.waited
        print(f"chaos_test: killed {dict(cls.chaos.kills)}; {len(cls.boots)} runs captured; spools held {len(cls.chaos.spooled)} events at "
              f"their sensor's death, at most {max(waited)} at once undelivered, none {waited.count(0)} times; {len(cls.first)} events arrived, "
              f"{len(cls.records) - len(cls.first)} repeats; of {sent} NOTIFYs sent {sent - notifies} ({100 * (1 - notifies / sent):.1f} %) "
              "were not seen: no sensor ran, or not yet, or it was killed with them in memory", file=sys.stderr)

    def test_load_was_there(self):
        self.assertEqual(self.chaos.kills.total(), OPTIONS.kills)
        self.assertGreater(self.chaos.kills["sensor"], self.chaos.kills["broker"])
        self.assertGreater(len(self.chaos.spooled), 100 * OPTIONS.kills)
        self.assertGreater(len(self.first), 0.3 * self.chaos.sent())

    def test_everything_that_was_spooled_arrived(self):
        missing = {who: what for who, what in self.chaos.spooled.items() if who not in self.first}
        self.assertEqual(missing, {}, f"{len(missing)} of {len(self.chaos.spooled)}")
        self.assertEqual({who: (what[1], self.first[who].zone) for who, what in self.chaos.spooled.items() if self.first[who].zone != what[1]}, {})

    def test_gaps_are_those_that_were_reported(self):
        sequences, reported = collections.defaultdict(set), collections.Counter()
        for boot, sequence in self.first:
            sequences[boot].add(sequence)
            reported[boot] = max(reported[boot], self.first[boot, sequence].dropped or 0)
        gaps = {boot: (max(seen) - len(seen), reported[boot]) for boot, seen in sequences.items()
                if not 0 <= max(seen) - len(seen) <= reported[boot]}
        self.assertEqual(gaps, {}, "runs and their gaps, against what they reported as dropped")

    def test_order_holds_for_each_zone(self):
        last, partition = {}, {}
        for record in self.first.values():
            self.assertEqual(partition.setdefault(record.zone, record.partition), record.partition, record)
            now = self.boots[record.boot], record.sequence
            self.assertLess(last.get(record.zone, (-1, 0)), now, record)
            last[record.zone] = now

    def test_serials_go_on_and_none_is_seen_twice(self):
        last = {}
        for record in self.first.values():
            if record.serial is not None:
                self.assertLess(last.get(record.zone, -1), record.serial, record)
                last[record.zone] = record.serial
        self.assertEqual(len(last), ZONES)

    def test_repeats_are_the_same_and_few(self):
        for record in self.records:
            first = self.first[record.boot, record.sequence]
            self.assertEqual(record._replace(offset=0), first._replace(offset=0))
        # What was under way at a kill, at most what librdkafka may hold.
        self.assertLess(len(self.records) - len(self.first), 10_000 * OPTIONS.kills)

    def test_the_end_is_orderly(self):
        code, seconds = self.chaos.ended
        self.assertEqual((code, self.chaos.left.undelivered()), (0, {}))
        self.assertLess(seconds, 5)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=OPTIONS.kills)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--rate", type=int, default=OPTIONS.rate)
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
