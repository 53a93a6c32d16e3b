"""A sensor's life: privileges, SIGHUP, SIGTERM and SIGINT, and what --read ends with."""
import fcntl
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import threading
import time
import unittest

import conduct
from conduct import Manager, SENSOR, SOURCE, Site, run, wait, zones

AMBIENT = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--inh-caps=-all,+net_raw", "--ambient-caps=-all,+net_raw",
           "--bounding-set=-all,+net_raw")
OF_ONE_RUN = ("sequence", "boot_id", "sensor_id", "provenance", "clock")


class PrivilegesTest(unittest.TestCase):
    def test_ambient_net_raw_is_enough_and_goes(self):
        with Site() as site:
            watch = site.watch({"privileges": {"user": None}}).start(prefix=AMBIENT).wait_until_ready()
            status = watch.status()
            self.assertEqual(status["Uid"].split(), ["65534"] * 4)
            for which in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
                self.assertEqual(int(status[which], 16), 0, which)
            self.assertEqual((status["NoNewPrivs"].strip(), status["Seccomp"].strip()), ("1", "2"))
            site.notify(zones("a", 3))
            self.assertEqual({e["zone"] for e in watch.wait_for_events("notify", 3)}, set(zones("a", 3)))

    def test_root_becomes_the_user_and_has_nothing_left(self):
        with Site() as site:
            status = site.watch().start().wait_until_ready().status()
            for which in ("CapInh", "CapPrm", "CapEff", "CapAmb", "CapBnd"):
                self.assertEqual(int(status[which], 16), 0, which)
            self.assertEqual((status["Uid"].split()[0], status["Groups"].split()), ("65534", ["65534"]))

    def test_only_root_can_become_another(self):
        done = run("--capture-interfaces", "lo", "--capture-ring", "1MiB", "--output-events", "-", "--metrics-listen", "off",
                   "--privileges-user", "root", prefix=AMBIENT)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("user 'root': only root can become another user, and this is nobody", done.stderr)


class ReloadTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = cls.enterClassContext(Site())

    def started(self, settings=None, **options):
        watch = self.site.watch(settings, **options).start().wait_until_ready()
        self.addCleanup(watch.kill)
        return watch

    def test_no_packet_is_lost_in_twenty_reloads(self):
        manager = Manager(self.site.folder / "reloads")
        self.addCleanup(manager.close)
        watch = self.site.watch()
        self.addCleanup(watch.kill)
        watch.start(env=manager.environment()).wait_until_ready()
        manager.told("READY=1")
        sent, stop = [], threading.Event()

        def stream():
            while not stop.is_set():
                batch = [f"r{len(sent) + number}.test" for number in range(20)]
                self.site.notify(batch)
                sent.extend(batch)
                time.sleep(0.005)

        sender = threading.Thread(target=stream)
        sender.start()
        try:
            for number in range(20):
                before = len(sent)
                watch.configure({"sensor": {"heartbeat": f"{number + 10}m"}, "capture": {"addresses": [f"192.0.2.{number}"]},
                                 "spool": {"max_size": f"{number + 64}MiB"}, "signals": {"served": number % 2 == 0}})
                watch.process.send_signal(signal.SIGHUP)
                manager.told("RELOADING=1")
                manager.told("READY=1")
                wait(lambda: len(sent) > before + 40, 10, "packets between two reloads")
        finally:
            stop.set()
            sender.join()
        self.assertIn("changed=sensor.heartbeat,capture.addresses,spool.max_size", watch.lines()[1])
        self.assertGreater(len(sent), 500)
        events = watch.wait_for_events("notify", len(sent), seconds=20)
        self.assertEqual(sorted(e["zone"] for e in events), sorted(sent))
        self.assertEqual([int(e["sequence"]) for e in watch.events()], list(range(1, len(watch.events()) + 1)))
        self.assertEqual(watch.metric("zonelag_sensor_packets_dropped_total"), 0)

    def test_signals_stamps_and_addresses(self):
        watch = self.started({"signals": {"served": False}})
        # Both answers are seen by the worker, one after the other, and only the second is wanted.
        self.site.answer([conduct.soa_answer("off.test", 1), conduct.soa_answer("off.test", 2)])
        wait(lambda: watch.metric("zonelag_sensor_packets_total") >= 2, 10, "the packets")
        watch.configure({"signals": {"served": True, "stamps": ["_s.a.test"]}})
        self.assertIn("signals.served", watch.hup())
        self.follows(watch, lambda serial: self.site.answer([conduct.soa_answer("on.test", serial)]), "served")
        self.site.answer([conduct.txt_answer("_s.a.test", "one")])
        self.assertEqual(watch.wait_for_events("stamp", 1)[0]["zone"], "a.test")
        self.assertEqual({e["zone"] for e in watch.events("served")}, {"on.test"})
        watch.configure({"signals": {"served": True}, "capture": {"addresses": ["192.0.2.77"]}})
        watch.hup()
        elsewhere = [conduct.frame(conduct.soa_answer("other.test", 7), "192.0.2.77", "192.0.2.1", number=9)]
        self.follows(watch, lambda _: conduct.send_frames(self.site.link.sender, elsewhere), "served",
                     lambda e: e["zone"] == "other.test" and e["direction"] == "DIRECTION_OUT")

    def follows(self, watch, send, kind, accept=lambda event: True):
        """Workers look for new orders once a second: what is wanted comes within some."""
        serial = iter(range(1, 10_000))

        def seen():
            send(next(serial))
            return any(map(accept, watch.events(kind)))
        wait(seen, 10, f"events '{kind}' after the reload")

    def test_spool_limits(self):
        watch = self.started({"output": {"events": None}, "kafka": {"brokers": ["127.0.0.1:1"]},
                              "spool": {"directory": str(self.site.folder / "limits"), "max_size": "64MiB", "segment_size": "64KiB"}})
        self.site.notify(zones("s", 8000))
        wait(lambda: watch.metric("zonelag_sensor_spool_waiting_events") >= 8000, 20, "8000 events in the spool")
        self.assertGreater(watch.metric('zonelag_sensor_spool_bytes{place="disk"}'), 1 << 20)
        watch.configure({"output": {"events": None}, "kafka": {"brokers": ["127.0.0.1:1"]},
                         "spool": {"directory": str(self.site.folder / "limits"), "max_size": "1MiB", "segment_size": "64KiB"}})
        self.assertIn("changed=spool.max_size", watch.hup())
        wait(lambda: watch.metric('zonelag_sensor_spool_bytes{place="disk"}') <= 1 << 20, 10, "a smaller spool")
        dropped = wait(lambda: watch.metric('zonelag_sensor_spool_dropped_total{reason="size"}'), 10, "events given up")
        wait(lambda: dropped + watch.metric("zonelag_sensor_spool_waiting_events") == watch.metric("zonelag_sensor_spool_appended_total"), 10,
             "every event to be waiting or given up")
        self.assertIn("the spool gives up events undelivered", watch.health()[1]["reasons"][0])

    def test_heartbeat(self):
        watch = self.started()
        watch.wait_for_events("status", 1)
        watch.configure({"sensor": {"heartbeat": "1s"}})
        self.assertIn("sensor.heartbeat", watch.hup())
        watch.wait_for_events("status", 3)  # and not an hour from now

    def test_log_level_and_format(self):
        manager = Manager(self.site.folder / "level")
        self.addCleanup(manager.close)
        watch = self.site.watch()
        self.addCleanup(watch.kill)
        watch.start(env=manager.environment()).wait_until_ready()
        manager.told("READY=1")
        watch.configure({"log": {"format": "json"}})
        line = json.loads(watch.hup())
        self.assertEqual((line["level"], line["message"], line["changed"]), ("info", "reloaded", "log.format"))
        manager.told("RELOADING=1")
        manager.told("READY=1")
        watch.configure({"log": {"level": "error", "format": "json"}})
        before = len(watch.lines())
        watch.process.send_signal(signal.SIGHUP)
        manager.told("RELOADING=1")
        manager.told("READY=1")
        self.assertEqual(len(watch.lines()), before, "info is off")
        watch.configure({"nonsense": {"a": 1}})
        self.assertEqual(json.loads(watch.hup("stays as it was"))["level"], "error")

    def test_a_bad_file_changes_nothing(self):
        watch = self.started()
        for text, reason in (("[capture]\nworkres = 1\n", ":2: unknown key 'capture.workres'"), ("[sensor\n", ":1: "),
                             ("", "capture.interfaces: no interface is given")):
            watch.config.write_text(text)
            line = watch.hup("reload: the configuration stays as it was")
            self.assertIn(" error ", line)
            self.assertIn(reason, line)
        zone = f"bad{os.getpid()}.test"
        self.site.notify([zone])
        wait(lambda: any(e["zone"] == zone for e in watch.events("notify")), 10, "the NOTIFY")

    def test_what_takes_a_restart_is_named(self):
        watch = self.started()
        watch.configure({"capture": {"ring": "8MiB", "workers": 2}, "sensor": {"heartbeat": "20m"}, "privileges": {"user": "daemon"}})
        after = len(watch.lines())
        self.assertIn("changed=sensor.heartbeat", watch.hup())
        line = watch.wait_for_line("reload: needs a restart to take effect", after=after)
        self.assertIn("settings=capture.workers,capture.ring,privileges.user", line)
        self.assertIn(" warning ", line)

    def test_a_file_that_the_user_can_not_read(self):
        watch = self.started()
        watch.config.chmod(0o600)
        line = watch.hup("reload: the configuration stays as it was")
        self.assertIn(f"{watch.config}: Permission denied", line)
        self.assertIn("nobody", line)


class EndTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = cls.enterClassContext(Site())

    def ends(self, number):
        # A small queue: what is in it at the end is written, however slow the machine, in much less than 5 s.
        watch = self.site.watch({"output": {"queue": 512}}).start().wait_until_ready()
        self.addCleanup(watch.kill)
        stop = threading.Event()

        def load():
            count = 0
            while not stop.is_set():
                self.site.notify([f"e{count + n}.test" for n in range(50)])
                count += 50
        thread = threading.Thread(target=load)
        thread.start()
        try:
            watch.wait_for_events("notify", 1000)
            began = time.monotonic()
            watch.process.send_signal(number)
            code = watch.process.wait(10)
            seconds = time.monotonic() - began
        finally:
            stop.set()
            thread.join()
        self.assertEqual(code, 0, watch.log.read_text())
        self.assertLess(seconds, 5)
        events = watch.events()
        numbers = [int(e["sequence"]) for e in events]
        self.assertEqual(numbers, sorted(set(numbers)))
        self.assertIn("status", events[-1])
        counters = {c["name"]: int(c.get("value", 0)) for c in events[-1]["status"]["counters"]}
        self.assertEqual(counters["queue_dropped"], numbers[-1] - len(numbers), "gaps are what was dropped")
        self.assertTrue(watch.events_file.read_text().endswith("\n"))
        self.assertIn(f"ended events={numbers[-1]}", watch.lines()[-1])

    def test_sigterm_under_load(self):
        self.ends(signal.SIGTERM)

    def test_sigint_under_load(self):
        self.ends(signal.SIGINT)

    def test_a_reader_that_goes_away_ends_it(self):
        """zonelag-sensor ... --output-events - | head -1"""
        watch = self.site.watch({"output": {"events": "-"}}).start(stdout=subprocess.PIPE).wait_until_ready()
        self.addCleanup(watch.kill)
        self.site.notify(["first.test"])
        self.assertIn(b"first.test", watch.process.stdout.readline())
        watch.process.stdout.close()
        self.site.notify(["second.test"])
        self.assertEqual(watch.process.wait(10), 1)
        self.assertIn("error the output is not complete", watch.log.read_text())
        self.assertIn("Broken pipe", watch.log.read_text())

    def test_a_full_disk_ends_it(self):
        watch = self.site.watch({"output": {"events": "/dev/full"}}).start().wait_until_ready()
        self.addCleanup(watch.kill)
        self.site.notify(["full.test"])
        self.assertEqual(watch.process.wait(10), 1)
        self.assertIn("events file '/dev/full': No space left on device", watch.log.read_text())

    def stuck(self, **options):
        """A sensor whose output is a pipe that nobody reads, with its queue full; and the pipe."""
        watch = self.site.watch()
        fifo = watch.folder / "fifo"
        os.mkfifo(fifo)
        fifo.chmod(0o666)
        watch.configure({"output": {"events": str(fifo), "queue": 16}})
        pipe = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, pipe)
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 4096)
        watch.start(**options).wait_until_ready()
        self.addCleanup(watch.kill)
        self.site.notify(zones("f", 2000))
        wait(lambda: watch.metric("zonelag_sensor_dns_messages_total") >= 2000, 10, "all packets")
        self.assertGreater(watch.metric("zonelag_sensor_event_queue_dropped_total"), 1000)
        return watch, pipe

    def test_an_output_that_takes_nothing_does_not_keep_it(self):
        watch, _ = self.stuck()
        began = time.monotonic()
        watch.process.terminate()
        self.assertEqual(watch.process.wait(10), 1, watch.log.read_text())
        self.assertLess(time.monotonic() - began, 5)
        self.assertIn("the output is not complete", watch.log.read_text())

    def test_the_last_word_is_not_dropped(self):
        manager = Manager(self.site.folder / "last")
        self.addCleanup(manager.close)
        watch, pipe = self.stuck(env=manager.environment())
        watch.process.terminate()
        manager.told("STOPPING=1")
        os.set_blocking(pipe, True)
        text = b"".join(iter(lambda: os.read(pipe, 65536), b"")).decode()
        self.assertEqual(watch.process.wait(10), 0, watch.log.read_text())
        events = list(map(json.loads, text.splitlines()))
        last = events[-1]
        self.assertEqual(int(last["status"]["dropped"]), int(last["sequence"]) - len(events))


def comparable(text):
    return sorted(json.dumps({k: v for k, v in json.loads(line).items() if k not in OF_ONE_RUN}, sort_keys=True)
                  for line in text.splitlines() if '"status"' not in line)


class ReadTest(unittest.TestCase):
    CAPTURES = ("udp-ixfr/distribution.pcap.zst", "chain-A/s1.pcap.zst", "provision/s4.pcapng", "links/incoming.sll.pcap")

    def read(self, *files, **options):
        return run("--output-events", "-", "--metrics-listen", "off", "--read", *files, **options)

    def test_events_are_those_of_replay(self):
        zonelag = os.environ.get("ZONELAG") or str(pathlib.Path(SENSOR).with_name("zonelag"))
        for name in self.CAPTURES:
            with self.subTest(name=name):
                path = SOURCE / "pcaps" / name
                replayed = subprocess.run([zonelag, "replay", "--events", "-", path], capture_output=True, text=True, timeout=60)
                done = self.read(path)
                self.assertEqual((replayed.returncode, done.returncode), (0, 0), done.stderr + replayed.stderr)
                self.assertGreater(len(comparable(done.stdout)), 5)
                self.assertEqual(comparable(done.stdout), comparable(replayed.stdout))

    def test_standard_input(self):
        data = (SOURCE / "pcaps/chain-A/customer.pcap").read_bytes()
        piped = subprocess.run([SENSOR, "--output-events", "-", "--metrics-listen", "off", "--read", "-"], input=data, capture_output=True, timeout=30)
        self.assertEqual(piped.returncode, 0, piped.stderr)
        file = self.read(SOURCE / "pcaps/chain-A/customer.pcap")
        self.assertEqual(comparable(piped.stdout.decode()), comparable(file.stdout))

    def test_exit_codes(self):
        whole = SOURCE / "pcaps/chain-A/customer.pcap"
        data = whole.read_bytes()
        with tempfile.TemporaryDirectory(prefix="zonelag-read-") as folder:
            # What a file may hold, the code, and what is said of it. The capture that was under way when the host went down is whole.
            for name, content, code, said in (("cut", data[:-10], 0, "warning {}: cut in packet 414"),
                                              ("broken", data[:20_000] + b"\xff" * 2000, 3, "error {}: "),
                                              ("text", b"no capture\n", 1, "error {}: not a pcap or pcapng capture"),
                                              ("none", None, 1, "error {}: No such file or directory")):
                path = pathlib.Path(folder) / name
                if content is not None:
                    path.write_bytes(content)
                done = self.read(path)
                self.assertEqual(done.returncode, code, (name, done.stderr))
                self.assertIn(said.format(path), done.stderr)
                self.assertEqual(bool(done.stdout), code in (0, 3), name)

    def test_ctrl_c_ends_a_pipe_that_does_not(self):
        data = (SOURCE / "pcaps/chain-A/customer.pcap").read_bytes()
        for number in (signal.SIGINT, signal.SIGTERM):
            with subprocess.Popen([SENSOR, "--output-events", "-", "--metrics-listen", "off", "--read", "-"], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
                try:
                    process.stdin.write(data)
                    process.stdin.flush()
                    self.assertTrue(process.stdout.readline())  # the first event: it reads, and now waits for more
                    began = time.monotonic()
                    process.send_signal(number)
                    code = process.wait(8)
                    self.assertLess(time.monotonic() - began, 5)
                    self.assertEqual(code, 0, process.stderr.read())
                finally:
                    process.kill()


if __name__ == "__main__":
    unittest.main()
