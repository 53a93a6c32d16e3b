"""The DPDK source against the file source: the same events from the same packets, without hugepages; through net_pcap
without any privilege, through net_af_packet on a veth pair in a network namespace (which needs root)."""
import gzip
import json
import lzma
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

SOURCE = pathlib.Path(os.environ["ZONELAG_SOURCE_DIR"])
PLAIN = ["--no-huge", "--no-pci", "--no-shconf", "--no-telemetry", "-m", "64"]
DEADLINE = 60


def unpacked(name):
    """The bytes of a capture in pcaps/."""
    path = SOURCE / "pcaps" / name
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    if path.suffix == ".xz":
        return lzma.decompress(path.read_bytes())
    if path.suffix == ".zst":
        return subprocess.run(["zstd", "-dcq", path], stdout=subprocess.PIPE, check=True).stdout
    return path.read_bytes()


def frames(capture):
    """The frames of a little-endian pcap file."""
    at = 24
    while at < len(capture):
        size = struct.unpack_from("<I", capture, at + 8)[0]
        yield capture[at + 16:at + 16 + size]
        at += 16 + size


class Result:
    def __init__(self, done):
        self.code = done.returncode
        self.events = done.stdout.splitlines()
        self.errors = done.stderr
        self.last = done.stderr.splitlines()[-1] if done.stderr else ""

    def figures(self):
        return json.loads(self.last)


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="zonelag-dpdk-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.folder.chmod(0o755)
        # nobody may not be allowed into the build tree.
        self.program = self.folder / "dpdk_events"
        shutil.copy(os.environ["DPDK_EVENTS"], self.program)
        self.runtime = self.folder / "runtime"
        self.runtime.mkdir()
        self.runtime.chmod(0o777)

    def file(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        path.chmod(0o644)
        return path

    def run_as_nobody(self, *arguments):
        prefix = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.getuid() == 0 else []
        return Result(subprocess.run([*prefix, self.program, *arguments], text=True, capture_output=True,
                                     timeout=DEADLINE, env={**os.environ, "XDG_RUNTIME_DIR": str(self.runtime)}))

    def dpdk(self, options, vdev, eal=None):
        eal = PLAIN if eal is None else eal
        return self.run_as_nobody("dpdk", *options, "--", *eal, "--vdev", vdev)

    def assert_same(self, got, expected):
        """Lists of events; says the first difference (unittest's own diff takes minutes for a long list)."""
        for at, (one, other) in enumerate(zip(got, expected)):
            self.assertEqual(one, other, f"event {at}")
        self.assertEqual(len(got), len(expected))

    def from_file(self, path):
        result = self.run_as_nobody("file", path)
        self.assertEqual(result.code, 0, result.errors)
        return result


class SameEvents(Case):
    # Ethernet, in microseconds and nanoseconds, over TCP and UDP; big-A has segments of up to 47 kB, which come as
    # chains of mbufs. None was cut by a snapshot length, of which net_pcap does not tell.
    CAPTURES = ("chain-A/distribution.pcap.zst", "chain-B/customer.pcap.gz", "big-A/incoming.pcap.xz",
                "faults-A/s1.pcap.xz", "refresh-A/s5.pcap.zst", "udp-ixfr/customer.pcap", "measure-M1/incoming.pcap.zst")

    def test_as_from_the_file(self):
        for name in self.CAPTURES:
            with self.subTest(name):
                path = self.file("capture.pcap", unpacked(name))
                expected = self.from_file(path)
                self.assertEqual(expected.figures()["cut"], 0, "not a capture to compare with")
                self.assertGreater(len(expected.events), 10)
                got = self.dpdk(["idle=50"], f"net_pcap0,rx_pcap={path}")
                self.assertEqual(got.code, 0, got.errors)
                self.assert_same(got.events, expected.events)
                (queue,) = got.figures()
                self.assertEqual(queue["packets"], expected.figures()["packets"])
                self.assertEqual(queue["bytes"], path.stat().st_size - 24 - 16 * queue["packets"])
                self.assertEqual(queue["dropped"], 0)

    def test_each_queue_is_a_capture_of_its_own(self):
        paths = [self.file("a.pcap", unpacked("chain-A/distribution.pcap.zst")),
                 self.file("b.pcap", unpacked("udp-ixfr/customer.pcap"))]
        expected = [self.from_file(path).events for path in paths]
        got = self.dpdk(["idle=50", "queues=2"], f"net_pcap0,rx_pcap={paths[0]},rx_pcap={paths[1]}")
        self.assertEqual(got.code, 0, got.errors)
        of = {"0": [], "1": []}
        for line in got.events:
            event = json.loads(line)
            of[event.pop("sensor_id")].append(event)
        for queue, lines in enumerate(expected):
            self.assert_same(of[str(queue)], [{k: v for k, v in json.loads(line).items() if k != "sensor_id"}
                                              for line in lines])

    def test_filter(self):
        capture = unpacked("chain-A/distribution.pcap.zst")
        kept = sum(1 for frame in frames(capture) if frame[12:14] == b"\x08\x00" and frame[23] == 17)
        path = self.file("capture.pcap", capture)
        got = self.dpdk(["idle=50", "filter=ip proto 17"], f"net_pcap0,rx_pcap={path}")
        self.assertEqual(got.code, 0, got.errors)
        self.assertGreater(kept, 0)
        self.assertEqual(got.figures()[0]["packets"], kept)

    def test_a_device_that_may_go_on_is_idle_and_can_be_woken(self):
        path = self.file("capture.pcap", unpacked("udp-ixfr/customer.pcap"))
        packets = sum(1 for _ in frames(path.read_bytes()))
        got = self.dpdk([f"packets={packets}", "wake"], f"net_pcap0,rx_pcap={path}")
        self.assertEqual(got.code, 0, got.errors)
        self.assertEqual(got.figures()[0]["packets"], packets)


class Refused(Case):
    def refused(self, options, vdev=None, eal=None):
        path = self.file("capture.pcap", unpacked("udp-ixfr/customer.pcap"))
        result = self.dpdk(options, vdev or f"net_pcap0,rx_pcap={path}", eal)
        self.assertEqual(result.code, 1, result.errors)
        self.assertEqual(result.events, [])
        # EAL itself adds a line, "EAL: FATAL: ...", to some.
        ours = [line for line in result.errors.splitlines() if not line.startswith("EAL: FATAL: ")]
        self.assertEqual(len(ours), 1, result.errors)
        return ours[0]

    def test_no_such_port(self):
        self.assertRegex(self.refused(["port=3"]), r"no DPDK port 3: there is 0 \(net_pcap0, driver net_pcap\)")

    def test_no_port_at_all(self):
        result = self.run_as_nobody("dpdk", "--", *PLAIN)
        self.assertEqual(result.code, 1)
        self.assertRegex(result.last, "no DPDK port 0: EAL found no device.*--vdev")

    def test_more_queues_than_the_driver_has(self):
        self.assertRegex(self.refused(["queues=2"]), "driver net_pcap.* 1 to 1 receive queues, not 2")

    def test_bad_filter(self):
        self.assertRegex(self.refused(["filter=hots 1.2.3.4"]), 'filter "hots 1.2.3.4": .*pcap-filter')

    def test_driver_that_is_not_there(self):
        self.assertRegex(self.refused([], vdev="net_nonsense0"), "DPDK does not start with .*net_nonsense0")

    def test_file_that_is_not_there(self):
        self.assertRegex(self.refused([], vdev=f"net_pcap0,rx_pcap={self.folder}/none.pcap"), "none.pcap")

    def test_unknown_argument(self):
        self.assertRegex(self.refused([], eal=[*PLAIN, "--no-such-thing"]), "DPDK does not start with .*--no-such-thing")

    def test_pool_larger_than_memory(self):
        self.assertRegex(self.refused(["mbufs=200000"]), "pool of 200000 mbufs.*-m MEGABYTES must be larger")

    def test_hardly_any_memory(self):
        self.assertRegex(self.refused([], eal=[*PLAIN[:-1], "1"]), "-m MEGABYTES must be larger")

    def test_second_start(self):
        self.assertRegex(self.refused(["again"]), "once in a process")


def without_times(lines):
    """Events with RFC 3339 times and durations taken out."""
    def strip(value):
        if isinstance(value, dict):
            return {key: strip(inner) for key, inner in value.items()
                    if not (isinstance(inner, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z|-?[\d.]+s", inner))}
        return [strip(inner) for inner in value] if isinstance(value, list) else value
    return [strip(json.loads(line)) for line in lines]


class Live(Case):
    def setUp(self):
        super().setUp()
        self.assertEqual(os.getuid(), 0, "network namespaces need root")
        self.space = f"zl-dpdk-{os.getpid()}"
        subprocess.run(["ip", "netns", "add", self.space], check=True)
        self.addCleanup(subprocess.run, ["ip", "netns", "del", self.space], check=True)
        self.inside("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
        self.inside("ip", "link", "add", "here", "type", "veth", "peer", "name", "there")
        for name in ("here", "there"):
            self.inside("ip", "link", "set", name, "arp", "off", "up")

    def inside(self, *command):
        return subprocess.run(["ip", "netns", "exec", self.space, *command], check=True, timeout=DEADLINE)

    def test_all_packets_through_net_af_packet(self):
        path = self.file("capture.pcap", unpacked("udp-ixfr/customer.pcap"))
        count = sum(1 for _ in frames(path.read_bytes()))
        self.assertLessEqual(max(map(len, frames(path.read_bytes()))), 1514)
        expected = self.from_file(path).events
        sensor = subprocess.Popen(["ip", "netns", "exec", self.space, self.program, "dpdk", f"packets={count}",
                                   "seconds=20", "--", *PLAIN, "--vdev", "net_af_packet0,iface=there"], text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  env={**os.environ, "XDG_RUNTIME_DIR": str(self.runtime)})
        self.addCleanup(sensor.kill)
        self.assertEqual(sensor.stderr.readline(), "ready\n")
        self.inside(sys.executable, __file__, "send", "here", path)
        events, errors = sensor.communicate(timeout=DEADLINE)
        self.assertEqual(sensor.returncode, 0, errors)
        (queue,) = json.loads(errors.splitlines()[-1])
        self.assertEqual(queue["packets"], count)
        self.assertFalse(queue["drops_known"])
        self.assert_same(without_times(events.splitlines()), without_times(expected))


def send(interface, path):
    """A thousand frames a second."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as out:
        out.bind((interface, 0))
        due = time.monotonic()
        for frame in frames(pathlib.Path(path).read_bytes()):
            time.sleep(max(0, due - time.monotonic()))
            out.send(frame)
            due += 0.001


if __name__ == "__main__":
    if sys.argv[1:2] == ["send"]:
        send(*sys.argv[2:])
    else:
        unittest.main()
