"""What the tests of a sensor's conduct share: a sensor at the end of a veth pair, packets for it, its events in a file.

Needs root, and Debian's iproute2 and util-linux (setpriv). Standard library only.
"""
import ctypes
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from netns import Inside, Link, ip
import sensor

SENSOR = sensor.SENSOR
SOURCE = sensor.SOURCE
SENDER, RECEIVER = "10.99.0.1", "10.99.0.2"
NOBODY = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")
SOA, TXT = 6, 16


def wait(condition, seconds, what):
    """Polls until the condition gives something true, and gives that."""
    deadline = time.monotonic() + seconds
    while True:
        got = condition()
        if got:
            return got
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain for {what() if callable(what) else what}")
        time.sleep(0.02)


def run(*arguments, prefix=(), timeout=30, **options):
    """The program to its end, without a configuration but what is given."""
    return subprocess.run([*prefix, SENSOR, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=timeout, **options)


def adjtimex():
    """(status bits, greatest error in microseconds), as adjtimex(2) has them."""
    class Timex(ctypes.Structure):
        _fields_ = [("modes", ctypes.c_uint), ("offset", ctypes.c_long), ("freq", ctypes.c_long), ("maxerror", ctypes.c_long),
                    ("esterror", ctypes.c_long), ("status", ctypes.c_int), ("rest", ctypes.c_char * 512)]
    state = Timex()
    ctypes.CDLL(None).adjtimex(ctypes.byref(state))
    return state.status, state.maxerror


def clock_is_unsynchronised():
    STA_UNSYNC = 0x40
    return adjtimex()[0] & STA_UNSYNC != 0


def encoded(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def soa(zone, serial):
    data = encoded(f"ns.{zone}") + encoded(f"host.{zone}") + struct.pack(">IIIII", serial, 3600, 900, 86400, 60)
    return encoded(zone) + struct.pack(">HHIH", SOA, 1, 300, len(data)) + data


def notify(zone, serial, number=1):
    """A NOTIFY with the new SOA."""
    return struct.pack(">HHHHHH", number & 0xFFFF, 0x2400, 1, 1, 0, 0) + encoded(zone) + struct.pack(">HH", SOA, 1) + soa(zone, serial)


def soa_answer(zone, serial, number=1):
    """An authoritative answer to a question for the SOA."""
    return struct.pack(">HHHHHH", number & 0xFFFF, 0x8400, 1, 1, 0, 0) + encoded(zone) + struct.pack(">HH", SOA, 1) + soa(zone, serial)


def txt_answer(owner, value, number=1):
    data = bytes([len(value)]) + value.encode()
    return (struct.pack(">HHHHHH", number & 0xFFFF, 0x8400, 1, 1, 0, 0) + encoded(owner) + struct.pack(">HH", TXT, 1)
            + encoded(owner) + struct.pack(">HHIH", TXT, 1, 300, len(data)) + data)


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def frame(payload, source, destination, ports=(53, 40000), ttl=64, vlan=None, number=1):
    """An Ethernet frame of a UDP datagram; `number` is the IP header's identification."""
    udp = struct.pack(">HHHH", *ports, 8 + len(payload), 0) + payload
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), number, 0, ttl, 17, 0) + socket.inet_aton(source) + socket.inet_aton(destination)
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    tag = struct.pack(">HH", 0x8100, vlan) if vlan is not None else b""
    return b"\x02\0\0\0\0\2" + b"\x02\0\0\0\0\1" + tag + b"\x08\0" + head + udp


def send_frames(namespace, frames, interface=None):
    with Inside(namespace.name), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind((interface or namespace.interface, 0))
        for one in frames:
            raw.send(one)


class Watch(sensor.Sensor):
    """A sensor whose events go to a file that anyone may read, on the receiver's interface unless told otherwise."""

    def __init__(self, folder, settings=None, namespace=None, port=9153):
        folder = pathlib.Path(folder)
        self.events_file = folder / "events.json"
        self.defaults = {"sensor": {"id": "s1", "heartbeat": "1h"}, "capture": {"interfaces": ["vr"], "ring": "4MiB"},
                         "output": {"events": str(self.events_file)}, "privileges": {"user": "nobody"}}
        super().__init__(folder, self.merged(settings or {}), namespace, port)
        folder.chmod(0o777)

    def merged(self, settings):
        both = {section: dict(values) for section, values in self.defaults.items()}
        for section, values in settings.items():
            both.setdefault(section, {}).update(values)
        return {section: {k: v for k, v in values.items() if v is not None} for section, values in both.items()}

    def configure(self, settings):
        """Writes the file anew; it is read at the next SIGHUP."""
        text = "".join(f"[{section}]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in values.items())
                       for section, values in {"metrics": {"listen": f"127.0.0.1:{self.port}"}, **self.merged(settings)}.items())
        new = self.config.with_suffix(".new")
        new.write_text(text)
        new.replace(self.config)

    def start(self, prefix=(), **options):
        words = [*(["ip", "netns", "exec", self.namespace] if self.namespace else []), *prefix, SENSOR, "--config", self.config]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(list(map(str, words)), **{"stdin": subprocess.DEVNULL, "stderr": log, "stdout": log, **options})
        return self

    def lines(self):
        return self.log.read_text().splitlines()

    def wait_for_line(self, *words, seconds=15, after=0):
        """A line of the log, behind the first `after` ones, with all the words."""
        return wait(lambda: next((l for l in self.lines()[after:] if all(w in l for w in words)), None), seconds,
                    lambda: f"{words} in the log:\n" + "\n".join(self.lines()))

    def hup(self, *words):
        """Reloads, and waits for the line that says it is done."""
        after = len(self.lines())
        self.process.send_signal(signal.SIGHUP)
        return self.wait_for_line(*(words or ("reloaded",)), after=after)

    def events(self, kind=None):
        if not self.events_file.exists():
            return []
        whole = [line for line in self.events_file.read_text().splitlines(keepends=True) if line.endswith("\n")]
        return [e for e in map(json.loads, whole) if kind is None or kind in e]

    def wait_for_events(self, kind, count, seconds=15):
        return wait(lambda: (lambda got: got if len(got) >= count else None)(self.events(kind)), seconds,
                    lambda: f"{count} events '{kind}', there are {len(self.events(kind))}; log:\n" + "\n".join(self.lines()))

    def health(self):
        """(status, object of reasons and notes)"""
        import urllib.error
        try:
            return 200, json.loads(self.get("/health?format=json"))
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())


class Manager:
    """What systemd is to a service: it hears what the service says of itself."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        path.chmod(0o777)
        self.socket.settimeout(10)

    def environment(self, **more):
        return {**os.environ, "NOTIFY_SOCKET": str(self.path), **more}

    def close(self):
        self.socket.close()

    def told(self, *words):
        """The next message that has them all, of those that come."""
        while True:
            lines = self.socket.recv(4096).decode().splitlines()
            if all(any(line.startswith(word) for line in lines) for word in words):
                return lines

    def rest(self):
        self.socket.setblocking(False)
        try:
            while True:
                yield self.socket.recv(4096).decode()
        except BlockingIOError:
            pass


class Site:
    """A veth pair, a folder, and packets from its far end; for the time of a test class or a test."""

    def __init__(self):
        self.link = Link()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="zonelag-conduct-"))
        self.folder.chmod(0o755)
        self.watches = []
        self.number = 0

    def __enter__(self):
        self.link.__enter__()
        return self

    def __exit__(self, *_):
        for watch in self.watches:
            watch.kill()
        self.link.__exit__()
        shutil.rmtree(self.folder, ignore_errors=True)

    def watch(self, settings=None, name=None, **options):
        """A sensor at the receiver's end, not started yet."""
        one = Watch(self.folder / (name or f"w{len(self.watches)}"), settings, self.link.receiver.name, **options)
        self.watches.append(one)
        return one

    def notify(self, zones, serial=1):
        """NOTIFYs for the receiver, one for each zone."""
        with Inside(self.link.sender.name), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for zone in zones:
                self.number += 1
                sender.sendto(notify(zone, serial, self.number), (RECEIVER, 53))

    def answer(self, messages):
        """Answers from the receiver's own address."""
        with Inside(self.link.receiver.name), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind((RECEIVER, 53))
            for message in messages:
                server.sendto(message, (SENDER, 40000))


def zones(prefix, count):
    return [f"{prefix}{number}.test" for number in range(count)]
