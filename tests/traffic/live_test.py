"""zonelag-traffic sends what it says: counted by a reader of its own (AF_PACKET, Python's standard library)."""
import collections
import json
import os
import pathlib
import select
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from netns import Inside, Link  # noqa: E402

TRAFFIC = os.environ.get("ZONELAG_TRAFFIC") or str(pathlib.Path(__file__).parents[2] / "build/dev/bin/zonelag-traffic")
ETH_P_ALL = 3


class Reader:
    """Everything that an interface receives, by a thread; the namespace is left at once, the socket stays in it."""

    def __init__(self, space):
        with Inside(space.name):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
        self.socket.bind((space.interface, ETH_P_ALL))
        self.frames, self.bytes, self.stamps = [], 0, []
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._read)
        self.thread.start()

    def _read(self):
        while True:
            ready, _, _ = select.select([self.socket], [], [], 0.05)
            if ready:
                self.frames.append(self.socket.recv(65536))
                self.stamps.append(time.monotonic())
            elif self.stop.is_set():
                return

    def finish(self):
        """All frames. What was sent is in the socket's queue when the sender has ended."""
        self.stop.set()
        self.thread.join()
        self.socket.close()
        return self.frames


class LiveTest(unittest.TestCase):
    def setUp(self):
        self.link = self.enterContext(Link(address=False, mtu=9000))
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="zonelag-live-")))

    def traffic(self, *arguments, space=None):
        space = space or self.link.sender
        interface = [] if "--interface" in arguments else ["--interface", space.interface]
        return json.loads(space.run(TRAFFIC, *arguments, *interface))

    def file(self, *arguments):
        """Frames and summary of a file that zonelag-traffic writes."""
        path = self.folder / "frames.pcap"
        summary = json.loads(subprocess.run([TRAFFIC, *map(str, arguments), str(path)], stdout=subprocess.PIPE, check=True).stdout)
        data, at, frames = path.read_bytes(), 24, []
        while at < len(data):
            size = struct.unpack_from("<I", data, at + 8)[0]
            frames.append(data[at + 16:at + 16 + size])
            at += 16 + size
        return path, frames, summary

    def test_mix_arrives_as_counted_and_at_its_rate(self):
        reader = Reader(self.link.receiver)
        summary = self.traffic("mix", "--count", 20_000, "--pps", 20_000, "--period", 0.1, "--zones", 3)
        frames, live = reader.finish(), summary["live"]
        self.assertEqual((len(frames), sum(map(len, frames))), (20_000, live["sent_bytes"]))
        self.assertEqual((live["sent"], live["unsendable"]), (20_000, 0))
        opcodes = collections.Counter((frame[44] >> 3 & 15, frame[44] >> 7) for frame in frames)  # IPv4, UDP
        self.assertEqual((opcodes[4, 0], opcodes[4, 1]), (summary["classes"]["notify"], summary["classes"]["notify_ack"]))
        seconds = reader.stamps[-1] - reader.stamps[0]
        self.assertGreater(seconds, 0.9)  # never faster than asked for; slower only when the machine is
        self.assertGreater(summary["truth"]["notified"], 3 * 5)  # serials went on

    def test_notify_serials_go_on_and_are_unique(self):
        reader = Reader(self.link.receiver)
        summary = self.traffic("notify", "--count", 1003, "--pps", 10_000, "--zones", 10, "--first-serial", 500)
        seen = [(frame[54:frame.index(b"\x07example", 54)], frame[-20:-16]) for frame in reader.finish()]
        self.assertEqual((len(seen), len(set(seen))), (1003, 1003))
        serials = [int.from_bytes(serial, "big") for _, serial in seen]
        self.assertEqual((serials[0], serials[-1], serials), (500, 600, sorted(serials)))
        self.assertEqual(summary["truth"], {"zones": 10, "first_serial": 500, "last_serial": 600})
        self.assertEqual(summary["classes"], {"notify": 1003})

    def test_send_repeats_a_file(self):
        path, frames, _ = self.file("mix", "--count", 300)
        for method, space in (("mmsg", self.link.sender), ("inject", self.link.receiver)):
            with self.subTest(method):
                reader = Reader(self.link.receiver)
                summary = self.traffic("send", "--method", method, "--count", 1000, "--pps", 20_000, path, space=space)
                self.assertEqual(reader.finish(), (frames * 4)[:1000])
                self.assertEqual((summary["live"]["sent"], summary["live"]["sent_bytes"]),
                                 (1000, sum(map(len, (frames * 4)[:1000]))))

    def test_send_once(self):
        path, frames, _ = self.file("mix", "--count", 100)
        for method, space in (("mmsg", self.link.sender), ("inject", self.link.receiver)):
            with self.subTest(method):
                reader = Reader(self.link.receiver)
                self.traffic("send", "--method", method, path, space=space)
                self.assertEqual(reader.finish(), frames)

    def test_seconds_end_it(self):
        path, _, _ = self.file("mix", "--count", 100)
        for arguments in (["mix", "--pps", 1000], ["hostile", "--rate", 1], ["send", "--pps", 1000, path]):
            with self.subTest(arguments[0]):
                live = self.traffic(*arguments, "--seconds", 0.3)["live"]
                self.assertGreaterEqual(live["elapsed_us"], 300_000)
                self.assertLess(live["elapsed_us"], 3_000_000)  # the machine may be busy

    def test_hostile_frames_are_sent_or_counted(self):
        reader = Reader(self.link.receiver)
        summary = self.traffic("hostile", "--count", 3000)
        live = summary["live"]
        self.assertEqual(live["sent"] + live["unsendable"], summary["packets"])
        # The kernel drops a frame that ends within its VLAN tag (and two bytes more) before anybody sees it.
        cut_tags = [frame for frame in self.file("hostile", "--count", 3000)[1]
                    if len(frame) < 20 and frame[12:14] in (b"\x81\x00", b"\x88\xa8")]
        self.assertEqual(len(reader.finish()) + len(cut_tags), live["sent"])
        self.assertGreater(live["sent"], 2000)

    def test_longer_than_the_mtu_is_unsendable(self):
        live = self.traffic("axfr", "--records", 5000, "--segment", 65160)["live"]
        self.assertGreater(live["unsendable"], 0)
        self.assertGreater(live["sent"], 0)

    def refuse(self, word, *arguments):
        with self.assertRaisesRegex(RuntimeError, word):
            self.link.sender.run(TRAFFIC, *arguments)

    def test_refuses_other_interfaces(self):
        self.link.sender.run("ip", "link", "add", "br7", "type", "bridge")
        self.refuse("br7.*refusing", "mix", "--interface", "br7")
        self.refuse("nowhere", "mix", "--interface", "nowhere")
        self.link.sender.run("ip", "link", "set", "vg", "down")
        self.refuse("vg.*down", "mix", "--interface", "vg")
        self.assertEqual(self.traffic("mix", "--interface", "lo", "--count", 10)["live"]["sent"], 10)

    def test_refuses_what_it_cannot_send(self):
        path = self.folder / "empty.pcap"
        path.write_bytes(b"")
        self.refuse("empty.pcap.*pcap", "send", "--interface", "vg", path)
        self.refuse("missing.pcap", "send", "--interface", "vg", self.folder / "missing.pcap")
        self.refuse("file", "mix")
        self.refuse("--interface", "mix", "--seconds", 1, path)
        self.refuse("excludes", "mix", "--interface", "vg", path)
        self.refuse("seconds", "mix", "--interface", "vg", "--seconds", 5000)
        long_path, _, _ = self.file("axfr", "--records", 1000, "--segment", 8000)
        self.refuse("bytes; inject", "send", "--interface", "vg", "--method", "inject", long_path)


class LinkTest(unittest.TestCase):
    def names(self):
        return [name for name in os.listdir("/run/netns") if name.startswith(f"zl{os.getpid()}n")]

    def test_leaves_nothing_behind(self):
        with self.assertRaisesRegex(ValueError, "test"):
            with Link() as link:
                process = link.receiver.start("sleep", "100")
                self.assertEqual(len(self.names()), 2)
                with Inside(link.receiver.name):
                    server = socket.create_server((link.receiver.address, 0))
                with server, Inside(link.sender.name):
                    socket.create_connection(server.getsockname(), timeout=5).close()
                raise ValueError("test")
        self.assertIsNotNone(process.poll())
        self.assertEqual(self.names(), [])

    def test_leaves_nothing_behind_on_sigterm(self):
        code = ("import sys, time; sys.path.insert(0, sys.argv[1]); from netns import Link\n"
                "with Link() as link:\n print(link.receiver.name, link.receiver.start('sleep', '100').pid, flush=True)\n"
                " time.sleep(100)")
        child = subprocess.Popen([sys.executable, "-c", code, str(pathlib.Path(__file__).parents[1])],
                                 stdout=subprocess.PIPE, text=True)
        name, pid = child.stdout.readline().split()
        child.terminate()
        self.assertEqual(child.wait(20), 128 + 15)
        child.stdout.close()
        self.assertNotIn(name, os.listdir("/run/netns"))
        self.assertFalse(os.path.exists(f"/proc/{pid}"))


if __name__ == "__main__":
    unittest.main()
