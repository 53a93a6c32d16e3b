"""The service and a database that refuses, is full, or is not as it should be: one clear line, no offset committed, and on it
goes once that is put right. And several databases at a time: each is fed by itself.
"""
import json
import os
import pathlib
import random
import subprocess
import tempfile
import unittest

import aggregator
from aggregator import FAST, Service, Tables, wait
from server import Server

SEED = random.SystemRandom().randrange(1 << 16)
NODES = ["--kind", "notify", "--nodes", "12", "--zones", "60", "--versions", "2", "--rate", "2000", "--seed", str(SEED)]


class Case(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        print(f"seed {SEED}", flush=True)
        # A disk of its own, small enough to be filled.
        cls.disk = pathlib.Path(tempfile.mkdtemp(prefix="zonelag-full-", dir="/tmp"))
        cls.addClassCleanup(cls.disk.rmdir)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m,mode=777", "tmpfs", cls.disk], check=True)
        cls.addClassCleanup(subprocess.run, ["umount", "-l", cls.disk], check=True)
        cls.service = cls.enterClassContext(Service())
        cls.inventory = cls.service.folder / "inventory.toml"
        cls.inventory.write_text(subprocess.run([aggregator.BIN / "event_load", "--inventory", *NODES], check=True, capture_output=True, text=True).stdout)
        cls.events = cls.service.load("events", *NODES, partitions=4)["events"]
        cls.service.make_database("calm", cls.inventory)
        cls.service.aggregator("calm", "events").once()
        cls.calm = cls.service.tables("calm")

    def consumed(self, database):
        return sum(self.service.offsets(database).values())

    def assert_resumes(self, one, database):
        wait(lambda: self.consumed(database) >= self.events, 60, lambda: f"all to be consumed:\n{one.said()}")
        wait(lambda: not self.calm.difference(self.service.tables(database)), 20, lambda: self.calm.difference(self.service.tables(database)))
        self.assertEqual(one.get("/readyz")[0], 200)
        self.assertEqual(one.stop()[0], 0, one.said())

    def assert_waits(self, one, words):
        """It says what is wrong, in one line; is alive, but not ready."""
        wait(lambda: words in one.said() or not one.running(), 30, lambda: f"'{words}':\n{one.said()}")
        self.assertIn(words, one.said())
        self.assertTrue(one.running(), one.said())
        lines = [line for line in one.said().splitlines() if words in line]
        self.assertLessEqual(len(lines), 3, "a problem that lasts is said again and again")
        self.assertEqual(one.get("/readyz")[0], 503)


class Database(Case):
    def test_server_is_away_at_the_start(self):
        self.service.make_database("away", self.inventory)
        self.service.server.stop()
        self.addCleanup(lambda: self.service.server.start() if not self.up() else None)
        one = self.service.aggregator("away", "events", listen=True).start()
        self.assert_waits(one, "Is the server running")
        self.service.server.start()
        self.assert_resumes(one, "away")

    def up(self):
        try:
            return self.service.server.query("SELECT 1") == [["1"]]
        except RuntimeError:
            return False

    def test_role_without_rights(self):
        self.service.make_database("rights", self.inventory)
        self.service.server.query("CREATE ROLE nothing LOGIN")
        settings = self.service.database_settings("rights", "events") | {"connection": self.service.server.uri("nothing", "rights")}
        one = self.service.aggregator("rights", "events", listen=True, database=settings).start()
        self.assert_waits(one, "permission denied")
        self.assertEqual(self.consumed("rights"), 0)
        self.service.server.query("GRANT zonelag_aggregator TO nothing")
        self.assert_resumes(one, "rights")  # with no right more than that role's

    def test_role_that_may_read_only(self):
        self.service.make_database("reading", self.inventory)
        self.service.server.query("CREATE ROLE reader LOGIN IN ROLE zonelag_reader")
        settings = self.service.database_settings("reading", "events") | {"connection": self.service.server.uri("reader", "reading")}
        one = self.service.aggregator("reading", "events", listen=True, database=settings).start()
        self.assert_waits(one, "permission denied")
        self.assertEqual(self.consumed("reading"), 0)
        self.assertEqual(one.stop()[0], 0, one.said())

    def test_not_migrated(self):
        self.service.server.query("CREATE DATABASE empty")
        one = self.service.aggregator("empty", "events").start("--once")
        wait(lambda: not one.running(), 60, "its end")
        self.assertEqual(one.process.returncode, 1)
        self.assertIn("zonelag db migrate", one.said())

    def test_migrated_half(self):
        """A migration that was not applied: it ends with what to do, nothing consumed; then it is done, and on it goes."""
        self.service.server.query("CREATE DATABASE half")
        self.service.zonelag("db", "migrate", database="half")
        uri = self.service.server.uri(database="half")
        last, name, when, checksum = self.service.server.query("DELETE FROM tlddns.schema_migrations WHERE version = (SELECT max(version) FROM tlddns.schema_migrations) "
                                                               "RETURNING version, name, applied_at, checksum", uri=uri)[0]
        one = self.service.aggregator("half", "events").start("--once")
        wait(lambda: not one.running(), 60, "its end")
        self.assertEqual(one.process.returncode, 1)
        self.assertIn("zonelag db migrate", one.said())
        self.assertEqual(self.consumed("half"), 0)
        self.service.server.query(f"INSERT INTO tlddns.schema_migrations (version, name, applied_at, checksum) VALUES ({last}, '{name}', '{when}', '{checksum}')", uri=uri)
        self.service.zonelag("inventory", "import", self.inventory, database="half")
        self.service.aggregator("half", "events").once()
        self.assertEqual(self.calm.difference(self.service.tables("half")), "")

    def test_schema_of_a_newer_program(self):
        self.service.make_database("newer", self.inventory)
        self.service.server.query("INSERT INTO tlddns.schema_migrations (version, name, applied_at, checksum) VALUES (999, 'of the future', now(), 'x')",
                                  uri=self.service.server.uri(database="newer"))
        one = self.service.aggregator("newer", "events").start("--once")
        wait(lambda: not one.running(), 60, "its end")
        self.assertEqual(one.process.returncode, 1)
        self.assertIn("newer", one.said())
        self.assertEqual(self.consumed("newer"), 0)

    def test_once_ends_though_more_comes(self):
        """One partition, so that its end is never seen. Another `--once`, when nothing comes any more, has it all."""
        self.service.make_database("busy", self.inventory)
        events = self.service.folder / "growing.events"
        events.write_text("".join(json.dumps(record["event"]) + "\n" for record in self.service.records("events")))
        self.service.feed("growing", [events], partitions=1)
        again = [aggregator.BIN / "event_send", "--brokers", self.service.brokers, "--topic", "growing", "--rate", "300", *[events] * 20]
        with subprocess.Popen(again, stdout=subprocess.DEVNULL) as writer:
            try:
                self.service.aggregator("busy", "growing").once(45)
                self.assertGreaterEqual(self.consumed("busy"), self.events)
                self.assertIsNone(writer.poll(), "it was to write all the time")
            finally:
                writer.kill()
        self.service.aggregator("busy", "growing").once()
        self.assertEqual(self.consumed("busy"), sum(self.service.ends("growing").values()))
        self.assertEqual(self.calm.difference(self.service.tables("busy")), "")

    def test_disk_is_full(self):
        server = self.service.server
        server.query(f"CREATE TABLESPACE small LOCATION '{self.small_folder()}'")
        server.query("CREATE DATABASE brim TEMPLATE migrated TABLESPACE small")
        self.service.zonelag("inventory", "import", self.inventory, database="brim")
        server.psql(uri=server.uri(database="brim"), text="CHECKPOINT")
        filler = self.disk / "filler"
        with open(filler, "wb", buffering=0) as file:
            self.fill(file)
        one = self.service.aggregator("brim", "events", listen=True).start()
        self.assert_waits(one, "No space left on device")
        self.assertLess(self.consumed("brim"), self.events)
        filler.unlink()
        self.assert_resumes(one, "brim")

    def small_folder(self):
        folder = self.disk / "tablespace"
        folder.mkdir()
        subprocess.run(["chown", "postgres:", folder], check=True)
        return folder

    @staticmethod
    def fill(file):
        block = b"\0" * (1 << 16)
        while len(block) >= 4096:
            try:
                if file.write(block) < len(block):
                    block = block[:len(block) // 2]
            except OSError:
                block = block[:len(block) // 2]


class Environments(Case):
    """One process, three databases; the server of one of them is another one, which dies."""

    def test_dead_one_holds_nobody_back(self):
        other = self.enterContext(Server(*FAST))
        os.chmod(other.folder, 0o755)
        other.query("CREATE DATABASE test")
        self.service.zonelag("db", "migrate", "--database", other.uri(database="test"))
        self.service.zonelag("inventory", "import", self.inventory, "--database", other.uri(database="test"))
        self.service.make_database("prod", self.inventory)
        self.service.make_database("dev", self.inventory)
        databases = [self.service.database_settings(name, "live") for name in ("prod", "test", "dev")]
        databases[1]["connection"] = other.uri(database="test")
        half = [self.service.folder / f"half{i}.json" for i in (0, 1)]
        events = [json.dumps(record["event"]) for record in self.service.records("events")]
        for i, file in enumerate(half):
            file.write_text("\n".join(events[i::2]) + "\n")
        self.service.feed("live", [half[0]], partitions=4)
        one = self.service.aggregator("prod", "live", listen=True, database=databases).start().wait_until_ready()

        def tests():
            return sum(int(row[0]) for row in other.query("SELECT next_offset FROM tlddns.kafka_offsets", uri=other.uri(database="test")))
        wait(lambda: min(self.consumed("prod"), self.consumed("dev"), tests()) >= len(events[0::2]), 30, lambda: f"the first half:\n{one.said()}")
        other.kill()
        self.service.feed("live", [half[1]])
        for name in ("prod", "dev"):
            wait(lambda name=name: self.consumed(name) >= len(events), 30, lambda name=name: f"{name} to have it all:\n{one.said()}")
            wait(lambda name=name: not self.calm.difference(self.service.tables(name)), 20, lambda name=name: self.calm.difference(self.service.tables(name)))
        other.start()
        wait(lambda: tests() >= len(events), 60, lambda: f"test to catch up:\n{one.said()}")
        wait(lambda: not self.calm.difference(Tables(other, other.uri(database="test"))), 20, "equal tables")
        code, seconds = one.stop()
        self.assertEqual(code, 0, one.said())
        self.assertLess(seconds, 5)


if __name__ == "__main__":
    unittest.main()
