"""Kafka by SCRAM over TLS and PostgreSQL by password over TLS (sslmode=verify-full), all of it from the configuration file: what is
wrong is one clear line, nothing is consumed, and on it goes by itself when that is put right.
"""
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import unittest

import aggregator
from aggregator import FAST, Service, wait

SEED = random.SystemRandom().randrange(1 << 16)
NODES = ["--kind", "notify", "--nodes", "8", "--zones", "20", "--versions", "2", "--rate", "500", "--seed", str(SEED)]
RIGHT, WRONG = "fjord-lamp-7", "wrong-lamp-8"
LIBRARIES = aggregator.SOURCE / "build/kafka/3.9.1/lib"


class Keys:
    """An authority, the server's certificate by it (for 127.0.0.1), and another authority, as files that anybody may read."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="zonelag-keys-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.ca, self.other = (self.authority(name) for name in ("ca", "other"))
        self.openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server")
        (self.folder / "names").write_text("subjectAltName=IP:127.0.0.1")
        self.openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30", "-out", "server.crt",
                     "-extfile", "names")
        self.key, self.certificate = self.folder / "server.key", self.folder / "server.crt"
        self.key.chmod(0o600)
        shutil.chown(self.key, "postgres" if os.geteuid() == 0 else None)

    def authority(self, name):
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-keyout", f"{name}.key", "-out", f"{name}.crt", "-subj", f"/CN=test {name}")
        return self.folder / f"{name}.crt"

    def openssl(self, *words):
        aggregator.run("openssl", *words, cwd=self.folder)

    def remove(self):
        shutil.rmtree(self.folder)


class Case(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        print(f"seed {SEED}", flush=True)
        cls.keys = Keys()
        cls.addClassCleanup(cls.keys.remove)
        tls = ["--set", "ssl=on", "--set", f"ssl_cert_file={cls.keys.certificate}", "--set", f"ssl_key_file={cls.keys.key}"]
        # Debian's librdkafka has no SCRAM for Kafka 4.
        cls.service = cls.enterClassContext(Service(broker=("--version", "3.9.1", "--scram"), server=(*FAST, *tls)))
        cls.facts = cls.service.broker.facts
        cls.inventory = cls.service.folder / "inventory.toml"
        cls.inventory.write_text(subprocess.run([aggregator.BIN / "event_load", "--inventory", *NODES], check=True, capture_output=True, text=True).stdout)
        cls.events = cls.service.load("events", *NODES, partitions=4)["events"]
        cls.service.feed("zonelag.events.dead", [], partitions=1)
        cls.service.make_database("calm", cls.inventory)
        cls.service.aggregator("calm", "events").once()
        cls.calm = cls.service.tables("calm")
        # By TLS and password alone.
        data = pathlib.Path(cls.service.server.facts["data"])
        rules = (data / "pg_hba.conf").read_text()
        (data / "pg_hba.conf").write_text("hostnossl all all all reject\nhostssl all all 127.0.0.1/32 scram-sha-256\n" + rules)
        cls.service.server.query("SELECT pg_reload_conf()")
        cls.service.server.query(f"CREATE ROLE secure LOGIN PASSWORD '{RIGHT}' IN ROLE zonelag_aggregator")

    def setUp(self):
        self.name = self.id().rpartition(".test_")[2]
        self.folder = self.service.folder / f"{self.name}-files"
        self.folder.mkdir()
        self.password, self.ca, self.kafka_password, self.kafka_ca = (self.folder / name for name in ("password", "ca", "kafka-password", "kafka-ca"))
        self.password.write_text(RIGHT + "\n")
        self.ca.write_text(self.keys.ca.read_text())
        self.kafka_password.write_text(pathlib.Path(self.facts["password_file"]).read_text())
        self.kafka_ca.write_text(pathlib.Path(self.facts["ca"]).read_text())
        for file in self.folder.iterdir():
            file.chmod(0o644)
        self.service.make_database(self.name, self.inventory)

    def aggregator(self, host="127.0.0.1", extra="sslmode=verify-full", mechanism="SCRAM-SHA-512"):
        server = self.service.server.facts
        database = self.service.database_settings(self.name, "events") | {
            "connection": f"host={host} port={server['port']} dbname={self.name} user=secure sslrootcert={self.ca} {extra}", "password_file": str(self.password)}
        kafka = {"brokers": [self.facts["sasl_ssl"]], "security": "sasl_ssl", "tls_ca": str(self.kafka_ca), "sasl_mechanism": mechanism,
                 "sasl_username": self.facts["user"], "sasl_password_file": str(self.kafka_password)}
        return self.service.aggregator(self.name, "events", listen=True, database=database, kafka=kafka)

    def consumed(self):
        return sum(max(0, offset) for offset in self.service.offsets(self.name).values())

    def assert_waits(self, one, words):
        wait(lambda: words in one.said() or not one.running(), 40, lambda: f"'{words}':\n{one.said()}")
        self.assertIn(words, one.said())
        self.assertTrue(one.running(), one.said())
        self.assertLessEqual(sum(words in line for line in one.said().splitlines()), 3, f"said again and again:\n{one.said()}")
        self.assertEqual(one.get("/readyz")[0], 503)
        self.assertEqual(self.consumed(), 0)
        for secret in (WRONG, RIGHT, self.kafka_password.read_text().strip()):
            self.assertNotIn(secret, one.said())

    def assert_resumes(self, one):
        wait(lambda: self.consumed() >= self.events, 60, lambda: f"all to be consumed:\n{one.said()}")
        wait(lambda: not self.calm.difference(self.service.tables(self.name)), 20, lambda: self.calm.difference(self.service.tables(self.name)))
        wait(lambda: one.get("/readyz")[0] == 200, 20, one.said)
        self.assertEqual(one.stop()[0], 0, one.said())

    def assert_goes_on_anew(self, one):
        """Kafka's client reads its files at the start: with another content, it wants to be started again."""
        code, seconds = one.stop()
        self.assertEqual(code, 0, one.said())
        self.assertLess(seconds, 5)
        self.assert_resumes(one.start())

    def checked(self, one, code):
        done = subprocess.run([aggregator.BIN / "zonelag-aggregator", "--check", "--connect", "--config", one.config], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr


class Database(Case):
    def test_all_right(self):
        one = self.aggregator()
        self.checked(one, 0)
        one.start().wait_until_ready()
        encrypted = self.service.server.query("SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'secure'")
        self.assertEqual(encrypted, [["t"]])
        self.assert_resumes(one)

    def test_authority_of_the_database(self):
        self.ca.write_text(self.keys.other.read_text())
        one = self.aggregator()
        self.assertIn("certificate verify failed", self.checked(one, 1))
        self.assert_waits(one.start(), "certificate verify failed")
        self.ca.write_text(self.keys.ca.read_text())
        self.assert_resumes(one)

    def test_name_of_the_database(self):
        """The certificate is for 127.0.0.1 and not for localhost."""
        one = self.aggregator(host="localhost")
        self.assert_waits(one.start(), "does not match host name")
        self.assertEqual(one.stop()[0], 0, one.said())

    def test_database_without_encryption(self):
        one = self.aggregator(extra="sslmode=disable")
        self.assert_waits(one.start(), "no encryption")
        self.assertEqual(one.stop()[0], 0, one.said())

    def test_password_of_the_database(self):
        self.password.write_text(WRONG + "\n")
        one = self.aggregator()
        self.assertIn("password authentication failed", self.checked(one, 1))
        self.assert_waits(one.start(), "password authentication failed for user")
        self.password.write_text(RIGHT + "\n")
        self.assert_resumes(one)


class Kafka(Case):
    def test_authority_of_kafka(self):
        self.kafka_ca.write_text(pathlib.Path(self.facts["other_ca"]).read_text())
        one = self.aggregator()
        words = f"its certificate is not signed by a CA in '{self.kafka_ca}'"
        self.assertIn(words, self.checked(one, 1))
        self.assert_waits(one.start(), words)
        self.kafka_ca.write_text(pathlib.Path(self.facts["ca"]).read_text())
        self.assert_goes_on_anew(one)

    def test_password_of_kafka(self):
        self.kafka_password.write_text(WRONG + "\n")
        one = self.aggregator(mechanism="PLAIN")
        self.assertIn("authentication of user 'zonelag' failed", self.checked(one, 1))
        self.assert_waits(one.start(), "authentication of user 'zonelag' failed")
        self.kafka_password.write_text(pathlib.Path(self.facts["password_file"]).read_text())
        self.assert_goes_on_anew(one)

    def test_password_that_the_broker_learns(self):
        right = self.kafka_password.read_text().strip()
        self.kafka_password.write_text(WRONG + "\n")
        one = self.aggregator()
        # Debian's librdkafka gets the same answer of a broker that is too new for it, and cannot know.
        self.assert_waits(one.start(), f"{self.facts['sasl_ssl']}: librdkafka 2.0.2 can't log in with SCRAM-SHA-512")
        self.addCleanup(self.set_password, right)
        self.set_password(WRONG)
        self.assert_resumes(one)

    def set_password(self, password):
        aggregator.run("java", "-Xmx128m", "-cp", f"{LIBRARIES}/*", "kafka.admin.ConfigCommand", "--bootstrap-server", self.facts["plain"], "--alter",
                       "--add-config", f"SCRAM-SHA-512=[password={password}]", "--entity-type", "users", "--entity-name", self.facts["user"])


if __name__ == "__main__":
    unittest.main()
