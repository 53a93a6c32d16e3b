"""The whole sensor against Apache Kafka: every way to log in, brokers that are away, silent or without the topic, and
disks that are full. Root only: everything runs in network namespaces of its own.

Packets come from zonelag-traffic: NOTIFY messages that are all different, one event each; from a file where a live
capture adds nothing. Each test has a topic and a spool of its own.
"""
import collections
import errno
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parents[1]), str(pathlib.Path(__file__).parents[1] / "kafka")]
import sensor
from broker import Broker
from fleet import Fleet
from netns import Inside, Link, stop
from spool_files import Files

wait = Fleet.wait
COUNT = 3000
MIB = 1 << 20
STAY = "; events stay in the spool"
WAITING = "zonelag_sensor_spool_waiting_events"
DELIVERED = 'zonelag_sensor_kafka_records_total{result="delivered"}'
SCRAM_AT_4 = ("can't log in with SCRAM-SHA-512 at Kafka 4 brokers even with the right password (fixed in 2.6.1): use a newer librdkafka, "
              "PLAIN over TLS, or client certificates")


class Case(unittest.TestCase):
    maxDiff = 2000
    options = ("--scram",)
    away = False

    @classmethod
    def setUpClass(cls):
        cls.link = cls.enterClassContext(Link(address=False))
        cls.home = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="zonelag-kafka-test-")))
        cls.home.chmod(0o755)
        with Inside(cls.link.receiver.name):
            cls.broker = cls.enterClassContext(Broker(*cls.options))
        cls.facts = cls.broker.facts
        cls.pcap = cls.home / "notify.pcap"
        subprocess.run([sensor.TRAFFIC, "notify", "--count", str(COUNT), "--zones", "20", cls.pcap], check=True, stdout=subprocess.DEVNULL)

    def setUp(self):
        self.topic = self.id().rpartition(".")[2]
        self.folder = self.home / self.topic
        self.spool = self.folder / "spool"
        self.folder.mkdir()

    def kill_broker(self):
        self.broker.kill()
        type(self).away = True
        self.addCleanup(self.start_broker)

    def start_broker(self):
        """After kill_broker(); for the next test at the latest."""
        with Inside(self.link.receiver.name):
            if self.away:
                self.broker.start()
        type(self).away = False

    def sensor(self, brokers=None, name="sensor", kafka=None, **sections):
        """A sensor that is not started yet; it can read files, or capture live, as a user without privileges."""
        settings = {"sensor": {"id": "s1", "heartbeat": "1s"}, "capture": {"interfaces": [self.link.receiver.interface], "ring": "8MiB"},
                    "kafka": {"brokers": [brokers or self.facts["plain"]], "topic": self.topic, **(kafka or {})},
                    "spool": {"directory": str(self.spool)}, "output": {"queue": 65536}, "privileges": {"user": "nobody"}}
        for section, values in sections.items():
            settings[section] = {**settings.get(section, {}), **values}
        one = sensor.Sensor(self.folder / name, settings, namespace=self.link.receiver.name)
        self.addCleanup(one.kill)
        return one

    def reads(self, one, *options):
        """Starts it, and waits until all of the file is delivered; its log."""
        one.start("--read", self.pcap, *options)
        return self.is_delivered(one)

    def is_delivered(self, one):
        """One that reads a file ends by itself, when all of it is."""
        wait(lambda: one.process.poll() is not None, 60, lambda: f"the end of the sensor:\n{one.log.read_text()}")
        self.assertEqual(one.process.returncode, 0, one.log.read_text())
        return one.log.read_text()

    def load(self, rate=2000, count=None):
        words = ["--count", count] if count else ["--seconds", 600]
        generator = self.link.sender.start(sensor.TRAFFIC, "notify", "--interface", self.link.sender.interface, "--pps", rate, "--zones", 20, *words,
                                           stdout=subprocess.DEVNULL)
        self.addCleanup(stop, generator)
        return generator

    def records(self):
        """The topic, without repeats: {(boot, sequence): event}, in order for each zone."""
        with Inside(self.link.receiver.name):
            lines = sensor.dump(self.facts["plain"], self.topic, timeout=200)
        first, last = {}, {}
        for line in sorted(lines, key=lambda line: (line["partition"], line["offset"])):
            event = line["event"]
            boot, sequence = int(event["boot_id"]), int(event["sequence"])
            if (boot, sequence) not in first:
                first[boot, sequence] = event
                self.assertGreater(sequence, last.get((boot, event["zone"]), 0), "order of a zone")
                last[boot, event["zone"]] = sequence
        return first

    def gaps(self, records):
        """{boot: numbers that are missing}"""
        seen = collections.defaultdict(set)
        for boot, sequence in records:
            seen[boot].add(sequence)
        return {boot: sorted(set(range(1, max(those) + 1)) - those) for boot, those in seen.items()}

    def assert_all(self, notifies=COUNT, runs=1):
        """Every event arrived: the file's, and the status events between them."""
        records = self.records()
        self.assertEqual(sum("notify" in event for event in records.values()), notifies)
        self.assertEqual(list(self.gaps(records).values()), [[]] * runs)
        self.assertEqual(Files(self.spool).undelivered(), {})

    def problems(self, one):
        """Lines of the log on Kafka, without time and level."""
        return re.findall(r"(?:warning|info|error) (kafka: .*)", one.log.read_text())

    def wait_for_problem(self, one, problem, seconds=30):
        wait(lambda: f"kafka: {problem}{STAY}" in self.problems(one), seconds, lambda: f"'{problem}' in the log:\n{one.log.read_text()}")

    def ends(self, one):
        """SIGTERM is obeyed in time."""
        code, seconds = one.stop(10)
        self.assertEqual(code, 0, one.log.read_text())
        self.assertLess(seconds, 5)


def login(facts, mechanism):
    return {"security": "sasl_ssl", "tls_ca": facts["ca"], "sasl_mechanism": mechanism, "sasl_username": facts["user"],
            "sasl_password_file": facts["password_file"], "create_topics": True}


class Kafka41(Case):
    def test_plain_and_create_topics(self):
        log = self.reads(self.sensor(), "--create-topics", "--kafka-partitions", 3)
        self.assertIn(f"kafka: created topic '{self.topic}': 3 partitions, replication 1", log)
        self.assert_all()

    def test_client_certificate(self):
        tls = {"security": "ssl", "tls_ca": self.facts["ca"], "tls_certificate": self.facts["certificate"], "tls_key": self.facts["key"]}
        self.reads(self.sensor(self.facts["ssl"], kafka=tls), "--create-topics")
        self.assert_all()

    def test_plain_login(self):
        self.reads(self.sensor(self.facts["sasl_ssl"], kafka=login(self.facts, "PLAIN")))
        self.assert_all()

    def test_scram_is_said_not_to_work_and_nothing_is_lost(self):
        one = self.sensor(self.facts["sasl_ssl"], kafka=login(self.facts, "SCRAM-SHA-512"))
        one.start("--read", self.pcap)
        wait(lambda: any(SCRAM_AT_4 + STAY in line for line in self.problems(one)), 30, lambda: f"the one line:\n{one.log.read_text()}")
        wait(lambda: one.metric(WAITING) >= COUNT, 30, "all to be spooled")
        one.process.terminate()
        self.assertEqual(one.process.wait(6), 3, one.log.read_text())  # not all was delivered
        self.assertEqual(len(self.problems(one)), 1)
        self.assertNotIn("uthentication", one.log.read_text())
        # As root, as the sensor was that reads files: nobody may not read the keys.
        doctor = self.link.receiver.command(sensor.SENSOR, "doctor", "--config", one.config, "--privileges-user", "root")
        said = subprocess.run(doctor, capture_output=True, text=True, timeout=60)
        self.assertEqual(said.returncode, 1, said)
        self.assertRegex(said.stdout, f"(?m)^FAIL  broker {self.facts['sasl_ssl']} .*{re.escape(SCRAM_AT_4)}$")
        self.reads(self.sensor(self.facts["sasl_ssl"], name="again", kafka=login(self.facts, "PLAIN")))
        self.assert_all(2 * COUNT, runs=2)

    def test_topic_is_missing_and_made_later(self):
        one = self.sensor()
        one.start("--read", self.pcap)
        self.wait_for_problem(one, f"topic '{self.topic}' does not exist: create it, or start with --create-topics")
        other = self.sensor(name="other", metrics={"listen": "off"}, spool={"directory": str(self.folder / "other-spool")})
        self.reads(other, "--create-topics")
        self.is_delivered(one)
        self.assertEqual(self.problems(one)[1:], ["kafka: delivering again"])
        self.assert_all(2 * COUNT, runs=2)

    def test_broker_comes_after_the_sensor(self):
        self.kill_broker()
        one = self.sensor()
        one.start("--read", self.pcap, "--create-topics")
        self.wait_for_problem(one, f"{self.facts['plain']}: connection refused")
        self.start_broker()
        self.is_delivered(one)
        self.assert_all()

    def test_spool_that_is_not_ours(self):
        self.spool.mkdir(mode=0o700)
        one = self.sensor()
        one.start()
        self.assertEqual(one.process.wait(20), 1)
        self.assertRegex(one.log.read_text(), rf"(?m)^\S+ error spool '{self.spool}': cannot be written: Permission denied for user 'nobody'$")

    def test_spool_where_a_file_is(self):
        self.spool.write_text("")
        one = self.sensor()
        one.start()
        self.assertEqual(one.process.wait(20), 1)
        self.assertRegex(one.log.read_text(), rf"(?m)^\S+ error spool '{self.spool}': .*Not a directory$")


class Kafka39(Case):
    options = ("--version", "3.9.1", "--scram")

    def test_scram(self):
        self.reads(self.sensor(self.facts["sasl_ssl"], kafka=login(self.facts, "SCRAM-SHA-512")))
        self.assert_all()


class Trouble(Case):
    """Live, under load."""

    options = ()

    def dropped(self, one):
        return int(one.metric("zonelag_sensor_spool_dropped_total"))

    def deliver(self, one, generator):
        """Until the load has ended and is delivered; what the metrics then say was dropped."""
        stop(generator)
        wait(lambda: one.metric(WAITING) < 50, 60, "the backlog to be delivered")
        dropped = self.dropped(one)
        self.ends(one)
        return dropped

    def assert_dropped(self, records, missing):
        """The status events' counters are what is missing, exactly: what librdkafka held when the spool gave it up arrived."""
        dropped, counters = self.last_status(records)
        self.assertEqual((counters["spool_dropped_size"], counters["queue_dropped"]), (len(missing), 0))
        self.assertEqual(dropped, len(missing) + counters["capture_dropped"])
        self.assertGreater(len(missing), 2000)

    def last_status(self, records):
        status = [event for _, event in sorted(records.items()) if "status" in event][-1]["status"]
        counters = {each["name"]: int(each.get("value", 0)) for each in status["counters"]}
        return int(status.get("dropped", 0)), counters

    def small_spool(self, **kafka):
        return self.sensor(kafka={"create_topics": True, **kafka}, spool={"directory": str(self.spool), "max_size": "1MiB", "segment_size": "64KiB"})

    def test_oldest_go_when_the_spool_is_full(self):
        self.kill_broker()
        one = self.small_spool().start().wait_until_ready()
        generator = self.load()
        wait(lambda: self.dropped(one) > 3000, 60, "3000 events to be dropped")
        self.assertIn("the spool gives up events undelivered", one.health())
        self.start_broker()
        wait(lambda: one.metric(DELIVERED) > 0, 30, "events to arrive")
        dropped = self.deliver(one, generator)
        records = self.records()
        missing, = self.gaps(records).values()
        self.assert_dropped(records, missing)
        self.assertEqual(dropped, len(missing))
        self.assertLess(missing[0], 3)  # the oldest: all but the one that the producer was offered before

    def test_oldest_go_while_a_connected_broker_is_away(self):
        one = self.small_spool().start().wait_until_ready()
        generator = self.load()
        wait(lambda: one.metric(DELIVERED) > 2000, 30, "events to arrive")
        self.kill_broker()
        wait(lambda: self.dropped(one) > 3000, 60, "3000 events to be dropped")
        self.start_broker()
        before = one.metric(DELIVERED)
        wait(lambda: one.metric(DELIVERED) > before + 500, 30, "events to arrive again")
        dropped = self.deliver(one, generator)
        records = self.records()
        missing, = self.gaps(records).values()
        self.assert_dropped(records, missing)
        self.assertEqual(dropped, len(missing))

    def test_broker_that_never_answers(self):
        with Inside(self.link.receiver.name):
            silent = self.enterContext(socket.create_server(("127.0.0.1", 0)))
        address = "127.0.0.1:%d" % silent.getsockname()[1]
        one = self.sensor(address).start().wait_until_ready()
        before = resident(one)
        generator = self.load(rate=8000)
        wait(lambda: one.metric(WAITING) > 70_000, 90, "more events than are timed (65,536) to be spooled")
        then = resident(one)
        wait(lambda: one.metric(WAITING) > 100_000, 90, "even more to be spooled")
        if not with_sanitizer(one):
            self.assertLess(then - before, 16 * MIB)
            self.assertLess(resident(one) - then, 2 * MIB)
        self.wait_for_problem(one, f"{address}: does not answer", 60)
        stop(generator)
        self.ends(one)
        kept = Files(self.spool).undelivered()
        self.assertGreater(len(kept), 100_000)
        again = self.sensor(name="again", kafka={"create_topics": True}).start().wait_until_ready()
        wait(lambda: again.metric(DELIVERED) >= len(kept), 90, "all that was spooled to be delivered")
        self.ends(again)
        records = self.records()
        self.assertEqual(kept.keys() - records.keys(), set())
        self.assertEqual(list(self.gaps(records).values()), [[], []])

    def test_disk_is_full(self):
        disk = self.folder / "disk"
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=755", "tmpfs", disk], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=True)
        one = self.sensor(kafka={"create_topics": True}, spool={"directory": str(disk / "spool"), "segment_size": "64KiB"})
        one.start().wait_until_ready()
        generator = self.load()
        wait(lambda: one.metric(DELIVERED) > 1000, 30, "events to arrive")
        filler = self.enterContext(open(disk / "filler", "wb", buffering=0))

        def full(condition):
            """Fills again what a segment leaves when it goes."""
            fill(filler)
            return condition()

        wait(lambda: full(lambda: "the spool's disk takes no events: No space left on device" in one.health()), 30, "health to say it")
        before, failures = one.metric(DELIVERED), one.metric("zonelag_sensor_spool_write_failures_total")
        wait(lambda: full(lambda: one.metric(DELIVERED) > before + 5000), 60, "events to arrive with a full disk")
        self.assertGreater(one.metric("zonelag_sensor_spool_write_failures_total"), failures)
        filler.truncate(0)
        wait(lambda: one.metric("zonelag_sensor_spool_write_error") == 0, 10, "the disk to take events again")
        wait(lambda: one.metric('zonelag_sensor_spool_bytes{place="disk"}') > 10_000, 10, "events to be on disk")
        self.assertNotIn("disk takes no events", one.health())
        self.deliver(one, generator)
        records = self.records()
        self.assertEqual(list(self.gaps(records).values()), [[]])
        self.assertEqual([n for name, n in self.last_status(records)[1].items() if name.startswith("spool_dropped")], [0, 0, 0])
        self.assertEqual(Files(disk / "spool").undelivered(), {})


def fill(file):
    """Every byte that there is."""
    block = b"\0" * 4096
    while True:
        try:
            if file.write(block) < len(block):
                return
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            return


def resident(one):
    """Bytes of its own memory: the ring is the kernel's."""
    return int(one.status()["RssAnon"].split()[0]) * 1024


def with_sanitizer(one):
    """Its shadow memory is terabytes of address space; memory that it holds back says nothing of the program."""
    return int(one.status()["VmSize"].split()[0]) > 1 << 30


if __name__ == "__main__":
    unittest.main()
