"""What a sensor tells of itself: metrics, health, systemd, log lines; and how much memory it takes idle."""
import ctypes
import datetime
import json
import os
import pathlib
import re
import signal
import subprocess
import unittest
import urllib.error

import conduct
from conduct import Manager, SOURCE, Site, wait

# In docs/metrics.md, but only there when there is something to tell.
NOT_ALWAYS = {"zonelag_sensor_interface_packets_total",  # no source tells them apart yet
              "zonelag_sensor_last_packet_time_seconds"}


def documented():
    rows = re.findall(r"^\| `(zonelag_\w+)` \| (\w+) \| ([^|]*) \|", (SOURCE / "docs/metrics.md").read_text(), re.M)
    return {name: (kind, [label.strip() for label in labels.split(",") if label.strip()]) for name, kind, labels in rows}


class MetricsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = cls.enterClassContext(Site())

    def started(self, settings=None, **options):
        watch = self.site.watch(settings, **options)
        self.addCleanup(watch.kill)
        return watch.start().wait_until_ready()

    def test_every_metric_is_documented_and_there(self):
        watch = self.started()
        self.site.notify(["metrics.test"])
        wait(lambda: "zonelag_sensor_last_packet_time_seconds" in watch.get("/metrics"), 10, "a packet")
        text = watch.get("/metrics")
        kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
        there = documented()
        self.assertGreater(len(there), 50)
        self.assertEqual(set(kinds) - set(there), set(), "not in docs/metrics.md")
        self.assertEqual(set(there) - set(kinds) - NOT_ALWAYS, set(), "in docs/metrics.md only")
        for name, kind in kinds.items():
            self.assertEqual(kind, there[name][0], name)
        for sample in text.splitlines():
            if sample.startswith("#"):
                continue
            name, labels = re.match(r"(\w+)(?:\{(.*)\})? ", sample).groups()
            name = name if name in there else re.sub(r"_(bucket|sum|count)$", "", name)
            self.assertEqual([l for l in re.findall(r'(\w+)="', labels or "") if l != "le"], there[name][1], sample)
        self.assertEqual(watch.status()["Seccomp"].strip(), "2")

    def test_promtool_has_nothing_to_say(self):
        watch = self.started()
        done = subprocess.run(["promtool", "check", "metrics"], input=watch.get("/metrics"), capture_output=True, text=True, timeout=30)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_health_with_reasons(self):
        watch = self.started()
        self.assertEqual(watch.get("/health"), "ok\n")
        status, health = watch.health()
        self.assertEqual((status, health["status"], health["reasons"]), (200, "ok", []))
        conduct.ip("-n", self.site.link.receiver.name, "link", "set", "vr", "down")
        try:
            wait(lambda: watch.health()[0] == 503, 10, "503")
            with self.assertRaises(urllib.error.HTTPError) as caught:
                watch.get("/health")
            self.assertEqual(caught.exception.read(), b"interface vr is down or gone\n")
            self.assertEqual(watch.health()[1]["status"], "failing")
            self.assertEqual(watch.metric("zonelag_sensor_healthy"), 0)
        finally:
            conduct.ip("-n", self.site.link.receiver.name, "link", "set", "vr", "up")
        wait(lambda: watch.health()[0] == 200, 10, "200")

    def test_what_else_is_asked_for(self):
        watch = self.started()
        for path in ("/", "/metrics/x", "/health/"):
            with self.assertRaises(urllib.error.HTTPError) as caught:
                watch.get(path)
            self.assertEqual(caught.exception.code, 404)

    def test_metrics_off(self):
        watch = self.site.watch({"metrics": {"listen": "off"}})
        self.addCleanup(watch.kill)
        watch.start()
        watch.wait_for_line("capturing")
        self.site.notify(["off.test"])
        watch.wait_for_events("notify", 1)
        with self.assertRaises(OSError):
            watch.get("/metrics")

    def test_memory_of_an_idle_sensor(self):
        """Beyond its ring at most 32 MiB. A sanitizer's shadow is no part of the program, so it is only printed there."""
        watch = self.started({"capture": {"ring": "64MiB"}})
        fields = {key: int(value.split()[0]) for key, value in watch.status().items() if key.startswith(("VmRSS", "RssFile", "RssAnon", "RssShmem"))}
        smaps = pathlib.Path(f"/proc/{watch.process.pid}/smaps").read_text()
        ring = sum(int(rss) for rss in re.findall(r"socket:\[\d+\]\n(?:.*\n)*?Rss: +(\d+) kB", smaps))
        beyond = fields["VmRSS"] - ring
        print(f"\nidle: VmRSS {fields['VmRSS']} kB, ring {ring} kB, beyond the ring {beyond} kB (anonymous {fields['RssAnon']} kB, "
              f"files {fields['RssFile']} kB)")
        if b"__asan_init" not in pathlib.Path(conduct.SENSOR).read_bytes():
            self.assertLess(beyond, 32 << 10)


class ServiceTest(unittest.TestCase):
    def setUp(self):
        self.site = self.enterContext(Site())
        self.manager = Manager(self.site.folder / "notify")
        self.addCleanup(self.manager.close)
        self.told = self.manager.told

    def started(self, **environment):
        return self.site.watch().start(env=self.manager.environment(**environment))

    def test_ready_reload_stop(self):
        watch = self.started()
        self.told("READY=1", "STATUS=capturing")
        # Ready means that no packet is missed from here on.
        self.site.notify(["ready.test"])
        watch.wait_for_events("notify", 1)
        for text in (watch.config.read_text(), "[nonsense]\n"):
            watch.config.write_text(text)
            watch.process.send_signal(signal.SIGHUP)
            self.told("RELOADING=1", "MONOTONIC_USEC=")
            self.told("READY=1", "STATUS=capturing")
        watch.process.terminate()
        self.told("STOPPING=1")
        self.assertEqual(watch.process.wait(10), 0)

    def test_no_watchdog_where_none_is_wanted(self):
        watch = self.started()
        self.told("READY=1")
        self.site.notify(["w.test"])
        watch.wait_for_events("notify", 1)
        wait(lambda: watch.metric("zonelag_sensor_packets_total") >= 1, 10, "a tick")
        watch.stop()
        self.assertFalse([message for message in self.manager.rest() if "WATCHDOG" in message])

    def test_the_watchdog_is_fed(self):
        # WATCHDOG_PID would have to be the sensor's; without it, it is meant for whoever has the variable.
        self.started(WATCHDOG_USEC="2000000")
        self.told("READY=1")
        for _ in range(3):
            self.told("WATCHDOG=1")
        conduct.ip("-n", self.site.link.receiver.name, "link", "set", "vr", "down")
        self.told("STATUS=interface vr is down or gone")
        self.told("WATCHDOG=1")  # a restart would not mend that


class Stopped:
    """One thread of a process, held by the debugger's means; the others go on."""

    SEIZE, INTERRUPT, DETACH, WALL = 0x4206, 0x4207, 17, 0x40000000

    def __init__(self, thread):
        self.thread = thread
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]

    def call(self, request):
        if self.libc.ptrace(request, self.thread, None, None) != 0:
            raise OSError(ctypes.get_errno(), "ptrace")

    def __enter__(self):
        self.call(self.SEIZE)
        self.call(self.INTERRUPT)
        os.waitpid(self.thread, self.WALL)

    def __exit__(self, *_):
        self.call(self.DETACH)


class StuckTest(unittest.TestCase):
    def capture_thread(self, process):
        """The one that waits 250 ms for packets (poll's third argument); the HTTP server's wait for ever."""
        POLL, PPOLL = 7, 271

        def found():
            for thread in pathlib.Path(f"/proc/{process.pid}/task").iterdir():
                words = (thread / "syscall").read_text().split()
                if words[0] == str(POLL) and words[3] == hex(250):
                    return int(thread.name)
                self.assertNotEqual(words[0], str(PPOLL), "poll() is ppoll() on this architecture: this test does not know it")
        return wait(found, 10, "the capture thread in poll()")

    def test_a_stuck_worker_is_told_and_the_watchdog_is_not_fed(self):
        with Site() as site:
            manager = Manager(site.folder / "notify")
            self.addCleanup(manager.close)
            watch = site.watch().start(env=manager.environment(WATCHDOG_USEC="1000000"))
            manager.told("READY=1")
            manager.told("WATCHDOG=1")
            with Stopped(self.capture_thread(watch.process)):
                wait(lambda: watch.health()[0] == 503, 20, "a health that says so")
                self.assertRegex(watch.health()[1]["reasons"][0], r"^capture worker 0 has made no progress for 1\d s$")
                list(manager.rest())
                manager.socket.settimeout(10)
                for _ in range(2):  # it lives, and says what is wrong, but is to be restarted
                    self.assertIn("STATUS=capture worker 0 has made no progress", "\n".join(manager.told("STATUS=")))
                self.assertFalse([message for message in manager.rest() if "WATCHDOG" in message])
                manager.socket.settimeout(10)
            manager.told("WATCHDOG=1")
            wait(lambda: watch.health()[0] == 200, 10, "a health that is well again")


TEXT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (error|warning|info|debug) \S.*$")


class LogTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = cls.enterClassContext(Site())

    def life(self, settings, **options):
        """Of a sensor that starts, is told of an address, reloads and ends."""
        watch = self.site.watch(settings)
        self.addCleanup(watch.kill)
        watch.start(**options).wait_until_ready()
        watch.hup()
        self.assertEqual(watch.stop()[0], 0)
        return watch

    def test_text(self):
        watch = self.life({})
        self.assertGreaterEqual(len(watch.lines()), 3)
        for line in watch.lines():
            self.assertRegex(line, TEXT)
            self.assertNotIn("\x1b", line)
        self.assertRegex(watch.lines()[0], r" info capturing sensor=s1 from=vr workers=1 boot=\d+$")

    def test_json(self):
        watch = self.life({"log": {"format": "json"}})
        lines = list(map(json.loads, watch.lines()))
        self.assertGreaterEqual(len(lines), 3)
        for line in lines:
            self.assertEqual(list(line)[:3], ["time", "level", "message"])
            datetime.datetime.strptime(line["time"], "%Y-%m-%dT%H:%M:%S.%fZ")
        self.assertEqual((lines[0]["message"], lines[0]["sensor"], lines[0]["workers"]), ("capturing", "s1", 1))

    def test_colour_is_for_terminals(self):
        import pty
        ours, theirs = pty.openpty()
        watch = self.site.watch()
        self.addCleanup(watch.kill)
        watch.start(stderr=theirs).wait_until_ready()
        os.close(theirs)
        self.assertIn(b"\x1b[32minfo\x1b[0m capturing", os.read(ours, 4096))
        watch.stop()
        os.close(ours)

    def test_many_of_a_kind_are_counted_not_written(self):
        manager = Manager(self.site.folder / "rate")
        self.addCleanup(manager.close)
        watch = self.site.watch()
        self.addCleanup(watch.kill)
        watch.start(env=manager.environment())
        manager.told("READY=1")
        watch.wait_until_ready()
        count = 200
        for _ in range(count):  # an operator's script gone wild
            watch.process.send_signal(signal.SIGHUP)
            manager.told("RELOADING=1")
            manager.told("READY=1")
        wait(lambda: watch.metric("zonelag_sensor_log_lines_suppressed_total"), 10, "suppressed lines")
        watch.stop()
        written = [line for line in watch.lines() if " info reloaded changed=nothing" in line]
        said = re.findall(r" info reloaded: (\d+) more like this suppressed$", watch.log.read_text(), re.M)
        self.assertEqual(len(written) + sum(map(int, said)), count, watch.lines())
        self.assertLess(len(watch.lines()), 50)


if __name__ == "__main__":
    unittest.main()
