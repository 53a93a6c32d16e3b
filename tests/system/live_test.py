"""Sensors on four real name servers, live, to a real Kafka; beside them tcpdump on the same interfaces, read afterwards
by the same program, and the servers' own logs.

What a sensor sent must be what the capture holds (times to a millisecond: the kernel reads the clock anew for each of the
two); what the log says was transferred must have been seen.
"""
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "kafka"))
import fleet
import sensor
from broker import Broker

PORT = 19092
SENSORS = ("incoming", "distribution", "s1", "s2")
OF_ONE_RUN = ("sequence", "boot_id", "sensor_id", "provenance", "clock")  # what differs between live and replay


TIME = re.compile(r'"(\d{4}-\d\d-\d\dT[\d:.]+Z)"')


def comparable(events):
    """(what, times) of each event, in one order: times apart, since they differ a little."""
    texts = [json.dumps({k: v for k, v in e.items() if k not in OF_ONE_RUN}, sort_keys=True) for e in events if "status" not in e]
    return sorted((TIME.sub("TIME", text), [epoch(t) for t in TIME.findall(text)]) for text in texts)


class LiveTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="zonelag-live-")))
        cls.folder.chmod(0o755)
        cls.fleet = cls.enterClassContext(fleet.Fleet())
        with fleet.in_namespace(cls.fleet.hub):
            cls.broker = cls.enterClassContext(Broker(
                "--port", str(PORT), "--set", f"listeners=PLAIN://0.0.0.0:{PORT},CONTROLLER://127.0.0.1:{PORT + 3}",
                "--set", f"advertised.listeners=PLAIN://{fleet.BRIDGE}:{PORT}"))
        cls.sensors, cls.captures = {}, {}
        cls.run_fleet()
        with fleet.in_namespace(cls.fleet.hub):
            cls.records = sensor.dump(f"{fleet.BRIDGE}:{PORT}")

    @classmethod
    def settings(cls, name):
        return {"sensor": {"id": name, "heartbeat": "1s"}, "capture": {"interfaces": ["eth0"]},
                "signals": {"stamps": ["_stamp.alpha.test"]},
                "kafka": {"brokers": [f"{fleet.BRIDGE}:{PORT}"], "create_topics": True, "partitions": 4},
                "spool": {"directory": str(cls.folder / name / "spool")}, "privileges": {"user": "nobody"}}

    @classmethod
    def run_fleet(cls):
        for name in SENSORS:
            host = cls.fleet.hosts[name]
            path = cls.folder / f"{name}.pcap"
            cls.captures[name] = cls.fleet.popen(host.namespace, ["tcpdump", "-i", "eth0", "-s0", "-U", "-B", "8192", "-Z", "root", "-w", path,
                                                                  "--time-stamp-precision=nano"], stderr=subprocess.PIPE, text=True)
            while "listening" not in cls.captures[name].stderr.readline():
                pass
            one = sensor.Sensor(cls.folder / name, cls.settings(name), namespace=host.namespace)
            cls.sensors[name] = one.start()
            cls.addClassCleanup(one.kill)
        for one in cls.sensors.values():
            one.wait_until_ready()
        cls.process_status = {name: one.status() for name, one in cls.sensors.items()}
        cls.fleet.start_servers()
        cls.change_zones()
        cls.seen = {name: one.metric("zonelag_sensor_packets_total") for name, one in cls.sensors.items()}
        cls.fleet.wait(lambda: all(one.metric("zonelag_sensor_spool_waiting_events") == 0 for one in cls.sensors.values()), 10, "all to be delivered")
        cls.ended = {name: one.stop() for name, one in cls.sensors.items()}
        for process in cls.captures.values():
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=10)

    @classmethod
    def change_zones(cls):
        """Five changes of each zone, one after the other, each asked for until every host serves it."""
        cls.served = []  # (host, zone, serial, time by when a client had it)
        for _ in range(5):
            for zone in cls.fleet.zones:
                serial = cls.fleet.bump(zone)
                for name in cls.fleet.hosts:
                    cls.fleet.wait(lambda: cls.fleet.serial(name, zone) == serial, 30, f"{name} to serve {zone} {serial}")
                    cls.served.append((name, zone, serial, time.time()))
            for name in ("s1", "s2"):
                cls.ask_anycast(name)
                cls.fleet.ask(name, "_stamp.alpha.test", 16)

    @classmethod
    def ask_anycast(cls, name):
        cls.fleet.ip("route", "replace", f"{fleet.ANYCAST}/32", "via", cls.fleet.hosts[name].address, namespace=cls.fleet.hub)
        cls.fleet.ask(name, "alpha.test", 6, address=fleet.ANYCAST)

    def events(self, name):
        return [r["event"] for r in self.records if r["event"]["sensor_id"] == name]

    def of(self, name, kind):
        return [e for e in self.events(name) if kind in e]

    def replayed(self, name):
        host = self.fleet.hosts[name]
        addresses = [w for a in (*host.listens, "127.0.0.1") for w in ("--capture-addresses", a)]
        done = subprocess.run([sensor.SENSOR, "--read", str(self.folder / f"{name}.pcap"), "--output-events", "-", "--metrics-listen", "off",
                               "--sensor-id", name, "--sensor-node", name, *addresses, "--signals-stamps", "_stamp.alpha.test"],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_live_events_are_those_of_the_capture(self):
        for name in SENSORS:
            live, captured = comparable(self.events(name)), comparable(self.replayed(name))
            # Each change is waited for: NOTIFY and its answer, a transfer's start and end, and the new serial served.
            self.assertGreaterEqual(len(captured), 5 * sum(host == name for host, *_ in self.served), name)
            self.assertEqual([what for what, _ in live], [what for what, _ in captured], name)
            apart = max(abs(a - b) for one, other in zip(live, captured) for a, b in zip(one[1], other[1]))
            self.assertLess(apart, 0.001, name)

    def test_every_number_arrived_once(self):
        for name in SENSORS:
            numbers = sorted(int(e["sequence"]) for e in self.events(name))
            self.assertEqual(numbers, list(range(1, len(numbers) + 1)), name)
            self.assertEqual(len({e["boot_id"] for e in self.events(name)}), 1)

    def test_a_zone_has_one_partition_and_its_order(self):
        partition_of, last = {}, {}
        for record in self.records:
            event = record["event"]
            self.assertEqual(record["key"], event["zone"])
            self.assertEqual(partition_of.setdefault(record["key"], record["partition"]), record["partition"])
        for record in sorted(self.records, key=lambda r: (r["partition"], r["offset"])):
            event = record["event"]
            of = event["sensor_id"], event["zone"]
            self.assertGreater(int(event["sequence"]), last.get(of, 0))
            last[of] = int(event["sequence"])

    def test_every_transfer_that_a_log_tells_was_seen(self):
        bind = r"transfer of '(\S+)/IN' from \S+: Transfer completed: .*\(serial (\d+)\)"
        nsd = r"zone (\S+) serial \d+ is updated to (\d+)|zone (\S+) .*? commit.*? to serial (\d+)"
        for name, pattern in (("incoming", bind), ("s2", bind), ("distribution", nsd)):
            logged = {tuple(filter(None, m)) for m in re.findall(pattern, self.fleet.hosts[name].log.read_text())}
            address = self.fleet.hosts[name].address
            seen = {(e["zone"], str(e["transfer"]["last_serial"])) for e in self.of(name, "transfer")
                    if e["destination"]["address"] == address and e["transfer"]["phase"] == "TRANSFER_PHASE_COMPLETED" and "last_serial" in e["transfer"]}
            self.assertGreaterEqual(len(logged), 15, f"{name}: {self.fleet.hosts[name].log.read_text()[-2000:]}")
            self.assertEqual(logged - seen, set(), name)

    def test_what_clients_got_is_served(self):
        for name, zone, serial, at in self.served:
            if name not in SENSORS:
                continue
            times = [e["captured_at"] for e in self.of(name, "served") if e["zone"] == zone and e["served"]["serial"] == serial]
            self.assertTrue(times, (name, zone, serial))
            self.assertLess(min(map(epoch, times)), at + 0.001)

    def test_directions_and_nodes(self):
        for name in SENSORS:
            own = set(self.fleet.hosts[name].listens)
            for event in self.events(name):
                if "status" in event:
                    continue
                expected = "DIRECTION_OUT" if event["source"]["address"] in own else "DIRECTION_IN"
                self.assertEqual((event["direction"], event["node"]), (expected, name), event)

    def test_anycast_answers_are_the_nodes(self):
        for name in ("s1", "s2"):
            answers = [e for e in self.of(name, "served") if e["source"]["address"] == fleet.ANYCAST]
            self.assertGreaterEqual(len(answers), 1, name)
            self.assertEqual({e["node"] for e in answers}, {name})

    def test_stamps(self):
        serials = [str(2026112002 + i) for i in range(5)]
        for name in ("s1", "s2"):
            import base64
            values = [base64.b64decode(e["stamp"]["value"]).decode() for e in self.of(name, "stamp")]
            self.assertEqual(values, serials, name)

    def test_no_client_leaves_the_sensor(self):
        for record in self.records:
            event = record["event"]
            if "served" in event or "stamp" in event:
                self.assertNotIn("destination", event)
                self.assertNotIn(fleet.BRIDGE, json.dumps(event))

    def test_heartbeats_say_what_was_counted(self):
        for name in SENSORS:
            last = self.of(name, "status")[-1]
            counters = {c["name"]: int(c.get("value", 0)) for c in last["status"]["counters"]}
            self.assertGreaterEqual(counters["capture_packets"], self.seen[name])
            self.assertEqual(counters["capture_dropped"], 0)
            self.assertEqual(int(last["status"].get("dropped", 0)), 0)
            self.assertIn(self.fleet.hosts[name].address, last["status"]["own_addresses"])
            self.assertIn("clock", last)

    def test_privileges_are_gone(self):
        for name, status in self.process_status.items():
            for which in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
                self.assertEqual(int(status[which], 16), 0, (name, which))
            self.assertEqual(status["Uid"].split()[0], "65534")
            self.assertEqual((status["NoNewPrivs"].strip(), status["Seccomp"].strip()), ("1", "2"))

    def test_sigterm_is_obeyed(self):
        for name, (code, seconds) in self.ended.items():
            self.assertEqual(code, 0, name)
            self.assertLess(seconds, 5, name)


def epoch(text):
    whole, fraction = text.rstrip("Z").split(".") if "." in text else (text.rstrip("Z"), "0")
    import calendar
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float(f"0.{fraction}")


if __name__ == "__main__":
    unittest.main()
