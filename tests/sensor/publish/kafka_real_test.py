#!/usr/bin/env python3
"""The producer against Apache Kafka itself: 4.1 plain, TLS, PLAIN, permissions, and killed; 3.9 with SCRAM.

One broker a version, shared by its tests. kafka_send is the sensor's producer, kafka_dump an independent consumer.
"""
import base64
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(os.environ["ZONELAG_SOURCE_DIR"]) / "tests" / "kafka"))
from broker import Broker  # noqa: E402

SEND = os.environ["KAFKA_SEND"]
DUMP = os.environ["KAFKA_DUMP"]
KEYS = 20
STAY = "; events stay in the spool"


def command(*arguments):
    return [SEND, *map(str, arguments)]


def begin(*arguments):
    return subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end(process):
    """exit code, its JSON line, its log lines"""
    out, log = process.communicate(timeout=120)
    return process.returncode, json.loads(out or "{}"), log.splitlines()


def run(*arguments):
    return end(begin(*arguments))


def dump(broker, topic, count):
    done = subprocess.run([DUMP, "--brokers", broker.facts["plain"], "--topic", topic, "--count", str(count)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    return [json.loads(line) for line in done.stdout.splitlines()]


BROKERS = {"4.1.0": ("--scram", "--acl"), "3.9.1": ("--scram", "--version", "3.9.1")}


def setUpModule():
    with concurrent.futures.ThreadPoolExecutor() as pool:
        starting = {version: pool.submit(Broker, *options) for version, options in BROKERS.items()}
    for version, broker in starting.items():
        BROKERS[version] = broker.result()
        unittest.addModuleCleanup(BROKERS[version].close)


class Case(unittest.TestCase):
    version = ""

    @classmethod
    def setUpClass(cls):
        cls.broker = BROKERS[cls.version]
        cls.facts = cls.broker.facts

    def topic(self):
        return self.id().rpartition(".")[2]

    def sends(self, *options, count=50):
        """all arrive; the log lines"""
        code, figures, log = run(*options, "--topic", self.topic(), "--create-topic", "--partitions", 4, count)
        self.assertEqual((code, figures.get("delivered")), (0, count), log)
        self.assertEqual(len(dump(self.broker, self.topic(), count)), count)
        return log

    def fails(self, problem, *options):
        """nothing arrives; `problem` is the one line that says why, to the log and to doctor"""
        sending = begin(*options, "--topic", self.topic(), "--timeout", 4, 5)
        checking = begin(*options, "--topic", self.topic(), "--timeout", 8, 0)
        code, figures, log = end(sending)
        self.assertEqual((code, figures["delivered"]), (1, 0))
        self.assertEqual(log, [f"kafka: {problem}{STAY}"])
        code, check, _ = end(checking)
        self.assertEqual((code, check["problem"]), (1, problem))
        self.assertLess(figures["close"], 2.5)

    def check_order(self, records, count):
        """every number is there, and within a key none is overtaken: repeats only"""
        highest = {}
        for record in records:
            number = int(base64.b64decode(record["value"]))
            before = highest.get(record["key"], number % KEYS - KEYS)
            self.assertLessEqual(number, before + KEYS, record)
            highest[record["key"]] = max(before, number)
        self.assertEqual(sorted(highest.values()), list(range(count - KEYS, count)))


def login(facts, mechanism, password_file=None, user="zonelag"):
    return ("--brokers", facts["sasl_ssl"], "--security", "sasl_ssl", "--tls-ca", facts["ca"], "--sasl-mechanism", mechanism,
            "--sasl-username", user, "--sasl-password-file", password_file or facts["password_file"])


class Kafka41(Case):
    version = "4.1.0"

    def tls(self, *more):
        return ("--brokers", self.facts["ssl"], "--security", "ssl", *more)

    def client(self, key="key"):
        return ("--tls-certificate", self.facts["certificate"], "--tls-key", self.facts[key])

    def test_plain(self):
        log = self.sends("--brokers", self.facts["plain"], count=2000)
        self.assertEqual(log, ["kafka: created topic 'test_plain': 4 partitions, replication 1"])

    def test_compressions(self):
        for compression in ("lz4", "none", "gzip", "snappy"):
            code, figures, log = run("--brokers", self.facts["plain"], "--topic", self.topic(), "--create-topic",
                                     "--compression", compression, 10)
            self.assertEqual((code, figures.get("delivered")), (0, 10), log)

    def test_client_certificate(self):
        self.sends(*self.tls("--tls-ca", self.facts["ca"], *self.client()))

    def test_encrypted_key(self):
        self.sends(*self.tls("--tls-ca", self.facts["ca"], *self.client("key_encrypted"),
                             "--tls-key-password-file", self.facts["key_password_file"]))

    def test_wrong_key_password(self):
        code, _, log = run(*self.tls("--tls-ca", self.facts["ca"], *self.client("key_encrypted"),
                                     "--tls-key-password-file", self.facts["password_file"]), 5)
        self.assertEqual((code, log), (2, [f"kafka.tls_key '{self.facts['key_encrypted']}': holds no key, or one with another password"]))

    def test_no_client_certificate(self):
        self.fails(f"{self.facts['ssl']}: wants a client certificate (kafka.tls_certificate and kafka.tls_key)",
                   *self.tls("--tls-ca", self.facts["ca"]))

    def test_wrong_ca(self):
        self.fails(f"{self.facts['ssl']}: its certificate is not signed by a CA in '{self.facts['other_ca']}'",
                   *self.tls("--tls-ca", self.facts["other_ca"], *self.client()))

    def test_no_tls_at_a_tls_port(self):
        self.fails(f"{self.facts['ssl']}: closes the connection: does it expect TLS or a login at this port? (kafka.security)",
                   "--brokers", self.facts["ssl"])

    def test_no_login_at_a_login_port(self):
        self.fails(f"{self.facts['sasl_ssl']}: closes the connection: does it expect TLS or a login at this port? (kafka.security)",
                   "--brokers", self.facts["sasl_ssl"], "--security", "ssl", "--tls-ca", self.facts["ca"])

    def test_plain_login(self):
        self.sends(*login(self.facts, "PLAIN"))

    def test_plain_login_wrong_password(self):
        self.fails(f"{self.facts['sasl_ssl']}: authentication of user 'zonelag' failed: invalid username or password",
                   *login(self.facts, "PLAIN", self.facts["key_password_file"]))

    def test_scram_says_the_known_problem(self):
        self.fails(f"{self.facts['sasl_ssl']}: librdkafka 2.0.2 can't log in with SCRAM-SHA-512 at Kafka 4 brokers even with the "
                   "right password (fixed in 2.6.1): use a newer librdkafka, PLAIN over TLS, or client certificates",
                   *login(self.facts, "SCRAM-SHA-512"))

    def test_no_permission(self):
        run("--brokers", self.facts["plain"], "--topic", self.topic(), "--create-topic", 1)
        self.fails(f"user 'stranger' has no permission for topic '{self.topic()}': it needs Describe and Write, before "
                   "Kafka 2.8 IdempotentWrite, too",
                   *login(self.facts, "PLAIN", user="stranger"))

    def test_topic_missing_then_created(self):
        late = begin("--brokers", self.facts["plain"], "--topic", self.topic(), 100)
        missing = f"topic '{self.topic()}' does not exist: create it, or start with --create-topics"
        self.assertEqual(late.stderr.readline(), f"kafka: {missing}{STAY}\n")
        _, check, _ = run("--brokers", self.facts["plain"], "--topic", self.topic(), "--timeout", 4, 0)
        self.assertEqual((check["reached"], check["topic_found"], check["problem"]), (True, False, missing))
        self.sends("--brokers", self.facts["plain"], count=1)
        code, figures, log = end(late)
        self.assertEqual((code, figures["delivered"], log), (0, 100, ["kafka: delivering again"]))

    def correct_password(self):
        """in the broker's file: what the file of the key's password has is the latecomer's from its next start on"""
        path = pathlib.Path(self.broker.folder) / "server.properties"
        password = pathlib.Path(self.facts["key_password_file"]).read_text().strip()
        text = path.read_text()
        path.write_text(re.sub('user_latecomer="[^"]*"', f'user_latecomer="{password}"', text))

    def test_killed_and_back(self):
        count = 6000
        sender = begin("--brokers", self.facts["plain"], "--topic", self.topic(), "--create-topic", "--rate", 600,
                       "--timeout", 90, count)
        latecomer = begin(*login(self.facts, "PLAIN", self.facts["key_password_file"], "latecomer"), "--topic", self.topic(),
                         "--timeout", 90, 1)
        self.assertIn("authentication of user 'latecomer' failed", latecomer.stderr.readline())
        self.correct_password()
        for _ in range(2):
            self.assertGreaterEqual(len(dump(self.broker, self.topic(), 300)), 300)
            self.broker.kill()
            self.broker.start()
        code, figures, log = end(sender)
        self.assertEqual((code, figures["delivered"]), (0, count), log)
        self.check_order(dump(self.broker, self.topic(), count), count)
        self.assertTrue(any(line.endswith(STAY) for line in log), log)
        self.assertEqual(log[-1], "kafka: delivering again")
        # It lets the latecomer in now, without a permission.
        heard = []
        while not heard or "has no permission" not in heard[-1]:
            heard.append(latecomer.stderr.readline())
            self.assertTrue(heard[-1], heard)
        latecomer.kill()
        latecomer.communicate()


class Kafka39(Case):
    version = "3.9.1"

    def test_scram(self):
        self.sends(*login(self.facts, "SCRAM-SHA-512"))

    def test_scram_256(self):
        self.sends(*login(self.facts, "SCRAM-SHA-256"))

    # The broker does not say its version before the login: the known problem is what is most likely.
    def test_scram_wrong_password(self):
        code, figures, log = run(*login(self.facts, "SCRAM-SHA-512", self.facts["key_password_file"]), "--timeout", 4, 5)
        self.assertEqual((code, figures["delivered"], len(log)), (1, 0, 1))
        self.assertIn("librdkafka 2.0.2 can't log in with SCRAM-SHA-512 at Kafka 4 brokers", log[0])


if __name__ == "__main__":
    unittest.main(verbosity=2)
