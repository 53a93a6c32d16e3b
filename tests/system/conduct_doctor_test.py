"""zonelag-sensor doctor: a host where all is well, and every fault on its own, with what to do about it.

Beside a running sensor it changes nothing: the sensor's spool and port are in use, and that is well.
"""
import json
import os
import pathlib
import pty
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "kafka"))
import conduct
from broker import Broker
from conduct import NOBODY, SENSOR, run, wait


class DoctorTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.broker = cls.enterClassContext(Broker())
        cls.brokers = cls.broker.facts["plain"]

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="zonelag-doctor-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.folder.chmod(0o755)
        self.spool = self.folder / "spool"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.listen = f"127.0.0.1:{free.getsockname()[1]}"

    def words(self, **changed):
        settings = {"capture-interfaces": "lo", "capture-ring": "1MiB", "kafka-brokers": self.brokers, "kafka-create-topics": "true",
                    "metrics-listen": self.listen, "spool-directory": self.spool, "privileges-user": "nobody"}
        settings.update({key.replace("_", "-"): value for key, value in changed.items()})
        return [word for key, value in settings.items() if value is not None for word in (f"--{key}", str(value))]

    def doctor(self, prefix=(), **changed):
        """Exit code and findings by check."""
        done = run("doctor", "--format", "json", *self.words(**changed), prefix=prefix)
        self.assertEqual(done.stderr, "")
        lines = list(map(json.loads, done.stdout.splitlines()))
        for line in lines:
            self.assertEqual(list(line), ["check", "finding", "found", "advice"])
            self.assertIn(line["finding"], ("ok", "warning", "failed"))
        failed = any(line["finding"] == "failed" for line in lines)
        self.assertEqual(done.returncode, 1 if failed else 0)
        return {line["check"]: line for line in lines}

    def faults(self, found):
        """Whatever is not well, but for this machine's clock, which may not be synchronised, and the topic's absence."""
        return {check: line for check, line in found.items() if line["finding"] != "ok" and check not in ("clock", "topic zonelag.events")}

    def only_fault(self, check, finding, found, advice, **changed):
        faults = self.faults(self.doctor(**changed))
        self.assertEqual(list(faults), [check], faults)
        self.assertEqual(faults[check]["finding"], finding)
        self.assertIn(found, faults[check]["found"])
        self.assertIn(advice, faults[check]["advice"] or "")

    def test_all_is_well(self):
        found = self.doctor()
        self.assertEqual(self.faults(found), {})
        self.assertEqual(list(found), ["interface lo", "privileges", "capture", "clock", f"metrics {self.listen}", f"spool {self.spool}",
                                       f"broker {self.brokers}", "topic zonelag.events"])
        self.assertIn("root may open packet sockets, then runs as nobody", found["privileges"]["found"])
        self.assertEqual(found[f"broker {self.brokers}"]["found"], "reached, 1 broker")
        self.assertFalse(self.spool.exists(), "doctor makes nothing")

    def test_text(self):
        done = run("doctor", *self.words())
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertNotIn("\x1b", done.stdout)
        lines = done.stdout.splitlines()
        self.assertRegex(lines[0], r"^ok    interface lo +is up$")
        self.assertRegex(lines[-1], r"^0 failed, \d warnings?, \d ok$")

    def test_colour_is_for_terminals(self):
        ours, theirs = pty.openpty()
        with subprocess.Popen([SENSOR, "doctor", *map(str, self.words(kafka_brokers=None, output_events="-"))], stdin=subprocess.DEVNULL,
                              stdout=theirs, stderr=subprocess.DEVNULL) as process:
            os.close(theirs)
            text = b""
            try:
                while data := os.read(ours, 4096):
                    text += data
            except OSError:  # EIO: the other end is closed
                pass
            os.close(ours)
        self.assertEqual(process.returncode, 0)
        self.assertIn(b"\x1b[32mok  \x1b[0m", text)

    def test_an_interface_that_is_not_there(self):
        self.only_fault("interface nope0", "failed", "is not there", "set capture.interfaces; there are: ", capture_interfaces="nope0")

    def test_an_interface_that_is_down(self):
        with conduct.Site() as site:
            conduct.ip("-n", site.link.receiver.name, "link", "set", "vr", "down")
            done = run("doctor", "--format", "json", *self.words(capture_interfaces="vr", kafka_brokers=None, output_events="-"),
                       prefix=("ip", "netns", "exec", site.link.receiver.name))
            found = {line["check"]: line for line in map(json.loads, done.stdout.splitlines())}
            self.assertEqual(found["interface vr"], {"check": "interface vr", "finding": "failed", "found": "is down", "advice": "ip link set vr up"})
            self.assertEqual((done.returncode, "capture" in found), (1, False), found)

    def test_no_privilege(self):
        own = self.folder / "own"
        own.mkdir()
        own.chmod(0o777)
        found = self.faults(self.doctor(prefix=NOBODY, spool_directory=own, privileges_user=None))
        self.assertEqual(list(found), ["privileges"], found)
        self.assertIn("nobody may not open packet sockets", found["privileges"]["found"])
        for way in ("systemd", "root", "setcap cap_net_raw"):
            self.assertIn(way, found["privileges"]["advice"])

    def test_root_that_stays_root(self):
        self.only_fault("privileges", "warning", "root, and stays root", "set privileges.user", privileges_user=None)

    def test_a_user_that_is_not_there(self):
        self.only_fault("privileges", "failed", "there is no user 'nosuchuser'", "useradd --system nosuchuser", privileges_user="nosuchuser")

    def test_the_clock(self):
        """Against what adjtimex(2) says here; only the kernel knows."""
        unsynchronised = conduct.clock_is_unsynchronised()
        state = self.doctor(kafka_brokers=None, output_events="-")["clock"]
        self.assertEqual("not synchronised" in state["found"], unsynchronised, state)
        if unsynchronised:
            self.assertEqual((state["finding"], state["advice"]), ("warning", "run chrony or ntpd"))

    def test_a_broker_that_is_not_there(self):
        self.only_fault("broker 127.0.0.1:1", "failed", "127.0.0.1:1: connection refused", "kafka.brokers", kafka_brokers="127.0.0.1:1")

    def test_a_key_that_only_root_can_read(self):
        for name in ("certificate.pem", "key.pem"):
            (self.folder / name).write_text("no PEM, and nobody gets so far\n")
        (self.folder / "key.pem").chmod(0o600)
        tls = {"kafka_security": "ssl", "kafka_tls_certificate": self.folder / "certificate.pem", "kafka_tls_key": self.folder / "key.pem"}
        said = f"kafka.tls_key '{self.folder}/key.pem': Permission denied"
        self.only_fault(f"broker {self.brokers}", "failed", said, "the sensor reads it as nobody", **tls)
        done = run(*self.words(**tls))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn(f"error {said} for user 'nobody'\n", done.stderr)

    def test_a_topic_that_is_not_there(self):
        topic = "topic not.there"
        missing = self.doctor(kafka_topic="not.there", kafka_create_topics="false")[topic]
        self.assertEqual(missing["finding"], "failed")
        self.assertIn("--create-topics", missing["advice"])
        created = self.doctor(kafka_topic="not.there")[topic]
        self.assertEqual((created["finding"], created["advice"]), ("warning", "the sensor creates it at its start (kafka.create_topics)"))

    def test_a_spool_that_is_not_writable(self):
        self.spool.mkdir(mode=0o755)  # root's, and the sensor runs as nobody
        self.only_fault(f"spool {self.spool}", "failed", "Permission denied", "must belong to nobody")

    def test_a_spool_that_can_not_be_reached(self):
        (self.folder / "closed").mkdir(mode=0o700)
        spool = self.folder / "closed" / "spool"
        self.only_fault(f"spool {spool}", "failed", "Permission denied", "must belong to nobody", spool_directory=spool)
        spool = self.folder / "file"
        spool.write_text("")
        self.only_fault(f"spool {spool}", "failed", "Not a directory", "", spool_directory=spool)

    def test_a_spool_that_can_not_be_made(self):
        check = self.doctor(prefix=NOBODY, privileges_user=None)[f"spool {self.spool}"]
        self.assertEqual(check["finding"], "failed")
        self.assertIn(f"is not there, and nobody can't make it in {self.folder}: Permission denied", check["found"])

    def test_it_leaves_nothing_in_the_sensors_way(self):
        self.spool.mkdir()
        shutil.chown(self.spool, "nobody", "nogroup")
        self.assertEqual(self.faults(self.doctor()), {})
        for path in self.spool.iterdir():
            self.assertEqual(path.owner(), "nobody", path)

    def test_a_port_that_another_has(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            listen = f"127.0.0.1:{taken.getsockname()[1]}"
            self.only_fault(f"metrics {listen}", "failed", "Address already in use", "set metrics.listen", metrics_listen=listen)

    def test_beside_a_running_sensor(self):
        with open(self.folder / "log", "w") as log:
            running = subprocess.Popen([SENSOR, *map(str, self.words(sensor_id="running", sensor_heartbeat="1s"))], stdin=subprocess.DEVNULL,
                                       stdout=log, stderr=log)
        try:
            import sensor
            watch = sensor.Sensor(self.folder / "none", {}, port=int(self.listen.rsplit(":", 1)[1]))
            watch.process, watch.log = running, self.folder / "log"
            watch.wait_until_ready()
            wait(lambda: watch.metric("zonelag_sensor_kafka_topic_ready") == 1, 20, "the topic")
            found = self.doctor()
            self.assertEqual(self.faults(found), {})
            self.assertEqual(found[f"spool {self.spool}"]["found"], f"in use by the running sensor (PID {running.pid})")
            self.assertEqual(found[f"metrics {self.listen}"]["found"], "in use by the running sensor, which is well")
            self.assertEqual(found["topic zonelag.events"]["finding"], "ok")
            before = watch.metric("zonelag_sensor_events_total")
            wait(lambda: watch.metric("zonelag_sensor_events_total") > before and watch.metric("zonelag_sensor_spool_waiting_events") == 0, 10,
                 "the running sensor to go on")
            self.assertEqual(watch.metric("zonelag_sensor_spool_write_failures_total"), 0)
        finally:
            running.terminate()
            self.assertEqual(running.wait(10), 0, (self.folder / "log").read_text())


if __name__ == "__main__":
    unittest.main()
