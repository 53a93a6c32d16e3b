"""What is captured, and where: interfaces that go and come back, mirror ports, several interfaces, workers, signals, clock."""
import json
import os
import re
import socket
import subprocess
import unittest

import conduct
from conduct import RECEIVER, SENDER, Site, ip, notify, send_frames, soa_answer, txt_answer, wait, zones

OTHER = "192.0.2.53"  # a server that is not this host


class CaptureTest(unittest.TestCase):
    def setUp(self):
        self.site = self.enterContext(Site())
        self.receiver, self.sender = self.site.link.receiver, self.site.link.sender

    def started(self, settings=None, **options):
        return self.site.watch(settings, **options).start().wait_until_ready()

    def sees(self, watch, zone):
        """A NOTIFY sent now is seen; sent again while the interface is coming up."""
        number = iter(range(1, 1000))

        def seen():
            self.site.notify([f"{zone}{next(number)}.test"])
            return any(e["zone"].startswith(zone) for e in watch.events("notify"))
        wait(seen, 15, lambda: f"{zone}; log:\n" + watch.log.read_text())

    def bring_back(self):
        ip("-n", self.sender.name, "link", "add", "vg", "type", "veth", "peer", "name", "vr", "netns", self.receiver.name)
        for space in (self.sender, self.receiver):
            ip("-n", space.name, "address", "add", space.address + "/24", "dev", space.interface)
            ip("-n", space.name, "link", "set", space.interface, "up")


class InterfaceTest(CaptureTest):
    def up(self, watch):
        return watch.metric('zonelag_sensor_interface_up{interface="vr"}')

    def goes(self, watch, line, up):
        watch.wait_for_line(line)
        wait(lambda: self.up(watch) == up, 10, f"interface_up {up}")
        status, health = watch.health()
        self.assertEqual(status, 200 if up else 503)
        self.assertEqual(health["reasons"], [] if up else ["interface vr is down or gone"])

    def test_down_and_up(self):
        watch = self.started()
        self.sees(watch, "first")
        ip("-n", self.receiver.name, "link", "set", "vr", "down")
        self.goes(watch, "warning interface vr down", 0)
        ip("-n", self.receiver.name, "link", "set", "vr", "up")
        self.goes(watch, "info interface vr up", 1)
        self.sees(watch, "second")

    def test_gone_and_back(self):
        watch = self.started()
        status = watch.status()
        self.assertEqual((int(status["CapEff"], 16), status["Uid"].split()[0], status["Seccomp"].strip()), (0, "65534", "2"))
        self.sees(watch, "first")
        ip("-n", self.receiver.name, "link", "del", "vr")
        self.goes(watch, "warning interface vr gone", 0)
        self.bring_back()
        self.goes(watch, "info interface vr back", 1)
        self.sees(watch, "second")
        self.assertEqual([int(e["sequence"]) for e in watch.events()], list(range(1, len(watch.events()) + 1)))

    def test_two_workers_want_a_restart(self):
        watch = self.started({"capture": {"workers": 2}})
        self.sees(watch, "first")
        ip("-n", self.receiver.name, "link", "del", "vr")
        watch.wait_for_line("warning interface vr gone")
        self.assertIn("restart", watch.wait_for_line("interface vr failed"))
        wait(lambda: watch.health()[0] == 503, 10, "a health that says so")
        self.assertIsNone(watch.process.poll())
        self.bring_back()
        self.assertEqual(watch.process.wait(15), 75, watch.log.read_text())
        again = watch.start().wait_until_ready()
        self.sees(again, "second")

    def test_down_at_the_start(self):
        ip("-n", self.receiver.name, "link", "set", "vr", "down")
        watch = self.site.watch().start()
        self.assertEqual(watch.process.wait(10), 1)
        self.assertIn("capture on 'vr': the interface is down; ip link set vr up", watch.log.read_text())


class MirrorTest(CaptureTest):
    def promiscuity(self):
        return json.loads(ip("-n", self.receiver.name, "-d", "-j", "link", "show", "vr"))[0]["promiscuity"]

    def test_promiscuous_only_when_told(self):
        for mirror in (False, True):
            watch = self.started({"capture": {"mirror": mirror, "servers": [OTHER]}}, name=f"mirror-{mirror}")
            self.assertEqual(self.promiscuity(), int(mirror))
            watch.stop()
            self.assertEqual(self.promiscuity(), 0)

    def test_promiscuous_again_when_it_is_back(self):
        watch = self.started({"capture": {"mirror": True, "servers": [OTHER]}})
        ip("-n", self.receiver.name, "link", "del", "vr")
        watch.wait_for_line("warning interface vr gone")
        self.bring_back()
        watch.wait_for_line("info interface vr back")
        self.assertEqual(self.promiscuity(), 1)

    def test_copies_count_once_and_are_said(self):
        for workers in (1, 2):
            with self.subTest(workers=workers):
                self.copies(workers)

    def copies(self, workers):
        watch = self.started({"capture": {"mirror": True, "servers": [OTHER], "workers": workers}})
        frames = []
        for number, zone in enumerate(zones("d", 20), 1):
            message = notify(zone, 1, number)
            ports = (40000 + number, 53)
            frames += [conduct.frame(message, OTHER, "192.0.2.1", ports, number=number),
                       conduct.frame(message, OTHER, "192.0.2.1", ports, number=number, ttl=63, vlan=100)]
        send_frames(self.sender, frames)
        events = watch.wait_for_events("notify", 20)
        wait(lambda: watch.metric("zonelag_sensor_packets_total") == 40, 10, "all packets")
        copies = sum(watch.metric(f'zonelag_sensor_frames_not_used_total{{worker="{worker}",reason="duplicate"}}') for worker in range(workers))
        self.assertEqual(copies, 20)
        self.assertEqual(watch.metric("zonelag_sensor_segments_total"), 20)
        self.assertEqual({e["direction"] for e in events}, {"DIRECTION_TRANSIT"})
        self.assertEqual({e.get("node", "") for e in events}, {""})
        watch.stop()
        self.assertEqual(sorted(e["zone"] for e in watch.events("notify")), sorted(zones("d", 20)))

    def test_copies_count_twice_where_told(self):
        watch = self.started({"capture": {"deduplicate": "never"}})
        message = conduct.frame(soa_answer("never.test", 1), RECEIVER, SENDER)
        send_frames(self.sender, [message, message])
        wait(lambda: watch.metric("zonelag_sensor_segments_total") == 2, 10, "both")

    def test_only_answers_of_the_servers_count(self):
        watch = self.started({"capture": {"mirror": True, "servers": [OTHER]}})
        frames = [conduct.frame(soa_answer(zone, serial, number), source, "192.0.2.1", number=number)
                  for number, (zone, serial, source) in enumerate((("mine.test", 1, OTHER), ("other.test", 1, "192.0.2.54"),
                                                                   ("other.test", 2, "192.0.2.54"), ("mine.test", 2, OTHER)), 1)]
        send_frames(self.sender, frames)
        events = watch.wait_for_events("served", 2)
        self.assertEqual([(e["zone"], e["served"]["serial"], e["source"]["address"], e["direction"]) for e in events],
                         [("mine.test", 1, OTHER, "DIRECTION_TRANSIT"), ("mine.test", 2, OTHER, "DIRECTION_TRANSIT")])
        watch.stop()
        self.assertEqual(len(watch.events("served")), 2)

    def test_mirror_without_servers_is_warned_of(self):
        done = conduct.run("--capture-interfaces", "lo", "--capture-mirror", "true", "--output-events", "-", "--check")
        self.assertEqual(done.returncode, 0)
        self.assertIn("warning: capture.servers: none is given", done.stderr)


class SeveralTest(CaptureTest):
    def second_link(self):
        """vg2 - vr2, beside the first."""
        ip("-n", self.sender.name, "link", "add", "vg2", "type", "veth", "peer", "name", "vr2", "netns", self.receiver.name)
        for name, space in (("vg2", self.sender), ("vr2", self.receiver)):
            ip("-n", space.name, "link", "set", name, "up")

    def through_both(self, watch):
        for number, interface in enumerate(("vg", "vg2"), 1):
            send_frames(self.sender, [conduct.frame(notify(f"{interface}.test", 1, number), SENDER, RECEIVER, (40000, 53), number=number)], interface)
        self.assertEqual({e["zone"] for e in watch.wait_for_events("notify", 2)}, {"vg.test", "vg2.test"})

    def test_two_interfaces(self):
        self.second_link()
        watch = self.started({"capture": {"interfaces": ["vr", "vr2"]}})
        self.through_both(watch)
        ip("-n", self.receiver.name, "link", "set", "vr2", "down")
        watch.wait_for_line("warning interface vr2 down")
        wait(lambda: "interface vr2 is down or gone" in watch.health()[1]["notes"], 10, "a note")
        self.assertEqual(watch.health()[0], 200)
        self.assertEqual(watch.metric('zonelag_sensor_interface_up{interface="vr"}'), 1)
        self.assertEqual(watch.metric('zonelag_sensor_interface_up{interface="vr2"}'), 0)
        self.site.notify(["after.test"])
        watch.wait_for_events("notify", 3)

    def test_any(self):
        self.second_link()
        for workers in (1, 2):
            with self.subTest(workers=workers):
                watch = self.started({"capture": {"interfaces": ["any"], "workers": workers}})
                self.through_both(watch)
                watch.stop()
                self.assertEqual(len(watch.events("notify")), 2)

    def test_three_workers_number_without_gaps(self):
        watch = self.started({"capture": {"workers": 3}, "sensor": {"heartbeat": "1s"}})
        sockets = []
        with conduct.Inside(self.sender.name):
            for _ in range(64):  # flows
                one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                one.connect((RECEIVER, 53))
                sockets.append(one)
        names = zones("w", 1920)
        for number, zone in enumerate(names):
            try:
                sockets[number % 64].send(notify(zone, 1, number))
            except ConnectionRefusedError:  # of the one before: nobody listens there
                sockets[number % 64].send(notify(zone, 1, number))
        for one in sockets:
            one.close()
        events = watch.wait_for_events("notify", len(names))
        self.assertEqual(sorted(e["zone"] for e in events), sorted(names))
        for worker in range(3):
            wait(lambda: watch.metric(f'zonelag_sensor_packets_total{{worker="{worker}"}}') > 0, 10, f"packets of worker {worker}")
        watch.stop()
        self.assertEqual([int(e["sequence"]) for e in watch.events()], list(range(1, len(watch.events()) + 1)))


class AddressTest(CaptureTest):
    ANYCAST = "192.0.2.99"

    def test_an_anycast_address_that_comes_and_goes_is_followed(self):
        watch = self.started()
        serial = iter(range(1, 1000))

        def answered():
            """From the address, whosoever it is; what became of it."""
            zone = f"any{next(serial)}.test"
            send_frames(self.sender, [conduct.frame(soa_answer(zone, 1), self.ANYCAST, "192.0.2.1"),
                                      conduct.frame(notify(zone, 1), SENDER, RECEIVER, (40000, 53))])
            wait(lambda: any(e["zone"] == zone for e in watch.events("notify")), 10, "the NOTIFY behind it")
            return [(e["node"], e["direction"]) for e in watch.events("served") if e["zone"] == zone]

        self.assertEqual(answered(), [])
        ip("-n", self.receiver.name, "address", "add", f"{self.ANYCAST}/32", "dev", "lo")
        watch.wait_for_line("the host's addresses changed")
        self.assertEqual(wait(answered, 10, "answers to count"), [("s1", "DIRECTION_OUT")])
        ip("-n", self.receiver.name, "address", "del", f"{self.ANYCAST}/32", "dev", "lo")
        wait(lambda: not answered(), 10, "answers not to count any more")


class SignalsTest(CaptureTest):
    def test_each_can_be_switched_off(self):
        everything = {"notify": True, "transfer": True, "served": True, "stamps": ["_s.a.test"]}
        for off in ("notify", "served", "stamps", None):
            with self.subTest(off=off):
                signals = {**everything, **({off: [] if off == "stamps" else False} if off else {})}
                watch = self.started({"signals": signals}, name=f"off-{off}")
                self.site.notify(["a.test"])
                self.site.answer([soa_answer("a.test", 1), txt_answer("_s.a.test", "one")])
                wait(lambda: watch.metric("zonelag_sensor_segments_total") == 3, 10, "three packets")
                self.assertEqual(watch.stop()[0], 0)
                kinds = {kind for kind in ("notify", "served", "stamp") if watch.events(kind)}
                self.assertEqual(kinds, {"notify", "served", "stamp"} - {{"stamps": "stamp"}.get(off, off)})

    def test_transfer(self):
        """Of a real transfer in a capture, through the same program."""
        path = conduct.SOURCE / "pcaps/chain-A/customer.pcap"
        for wanted in ("true", "false"):
            done = conduct.run("--read", path, "--output-events", "-", "--metrics-listen", "off", "--signals-transfer", wanted)
            self.assertEqual(done.returncode, 0, done.stderr)
            events = list(map(json.loads, done.stdout.splitlines()))
            self.assertEqual(any("transfer" in e for e in events), wanted == "true")
            self.assertTrue(any("notify" in e for e in events))


class ClockTest(CaptureTest):
    def test_events_and_metrics_say_what_the_kernel_does(self):
        watch = self.started({"sensor": {"heartbeat": "1s"}})
        before = conduct.adjtimex()[1]
        self.site.notify(["clock.test"])
        event = watch.wait_for_events("notify", 1)[0]
        sync = "CLOCK_SYNC_UNSYNCHRONISED" if conduct.clock_is_unsynchronised() else "CLOCK_SYNC_SYNCHRONISED"
        for one in (event, watch.wait_for_events("status", 1)[0]):
            self.assertEqual(one["clock"]["sync"], sync)
            error = float(one["clock"]["max_error"].rstrip("s"))
            self.assertAlmostEqual(error, before / 1e6, delta=0.1)
        self.assertEqual(watch.metric("zonelag_sensor_clock_synchronised"), 0 if "UNSYNC" in sync else 1)
        self.assertAlmostEqual(watch.metric("zonelag_sensor_clock_max_error_seconds"), before / 1e6, delta=0.1)
        self.assertEqual("the clock is not synchronised" in " ".join(watch.health()[1]["notes"]), "UNSYNC" in sync)


class QueueTest(CaptureTest):
    def test_gaps_are_what_is_reported_as_dropped(self):
        watch = self.site.watch()
        fifo = watch.folder / "fifo"
        os.mkfifo(fifo)
        fifo.chmod(0o666)
        watch.configure({"output": {"events": str(fifo), "queue": 16}})
        read = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        watch.start().wait_until_ready()
        sent = 0
        while watch.metric("zonelag_sensor_event_queue_dropped_total") < 100:  # nobody reads: pipe and queue fill
            self.site.notify([f"q{sent + n}.test" for n in range(200)])
            sent += 200
            self.assertLess(sent, 100_000)
        wait(lambda: watch.metric("zonelag_sensor_dns_messages_total") >= sent, 10, "all packets")
        os.set_blocking(read, True)
        chunks = []

        def drain():
            while data := os.read(read, 65536):
                chunks.append(data)
        import threading
        thread = threading.Thread(target=drain)
        thread.start()
        wait(lambda: watch.metric("zonelag_sensor_event_queue_events") == 0, 10, "the queue to be empty")
        dropped = watch.metric("zonelag_sensor_event_queue_dropped_total")
        pushed = watch.metric("zonelag_sensor_event_queue_pushed_total")
        self.assertIn("events are dropped between workers and spool", " ".join(watch.health()[1]["notes"]))
        self.assertEqual(watch.stop()[0], 0)
        thread.join()
        os.close(read)
        events = [json.loads(line) for line in b"".join(chunks).decode().splitlines()]
        numbers = [int(e["sequence"]) for e in events]
        self.assertEqual(numbers, sorted(set(numbers)))
        last = numbers[-1]
        self.assertEqual(last - len(numbers), dropped)
        self.assertEqual(last, pushed + 1)  # the status event of the end
        self.assertEqual(int(events[-1]["status"]["dropped"]), dropped)


if __name__ == "__main__":
    unittest.main()
