"""A small fleet of real name servers, each in a network namespace of its own, joined by one bridge.

    customer (Knot) -> incoming (BIND) -> distribution (NSD) -> s1 (PowerDNS), s2 (BIND)

Needs root and Debian's bind9, knot, nsd, pdns-server, pdns-backend-sqlite3, iproute2. Nothing has a route out. Standard library only.
"""
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import tempfile
import time

BRIDGE = "10.54.0.1"
ANYCAST = "10.54.100.53"
SCHEMA = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql"
CHAIN = {"customer": ("knot", 10), "incoming": ("bind", 20), "distribution": ("nsd", 30), "s1": ("pdns", 41), "s2": ("bind", 42)}
UPSTREAM = {"incoming": "customer", "distribution": "incoming", "s1": "distribution", "s2": "distribution"}


class Host:
    def __init__(self, fleet, name):
        self.name, (self.software, number) = name, CHAIN[name]
        self.address = f"10.54.0.{number}"
        self.namespace = f"{fleet.prefix}{name}"
        self.folder = fleet.folder / name
        self.log = self.folder / "log"
        self.up = CHAIN[UPSTREAM[name]][1] if name in UPSTREAM else None
        self.down = [f"10.54.0.{CHAIN[n][1]}" for n, u in UPSTREAM.items() if u == name]
        self.listens = [self.address] + ([ANYCAST] if name.startswith("s") else [])
        self.server = None

    @property
    def primary(self):
        return f"10.54.0.{self.up}"


def bind_conf(host, zones):
    text = f"""options {{ directory "{host.folder}"; pid-file none; session-keyfile none; listen-on {{ {'; '.join(host.listens)}; }}; listen-on-v6 {{ none; }};
  recursion no; dnssec-validation no; empty-zones-enable no; notify explicit; allow-transfer {{ any; }}; }};
controls {{ }};
logging {{ channel e {{ stderr; severity info; }}; category default {{ e; }}; category xfer-in {{ e; }}; category notify {{ e; }}; }};
"""
    notify = "; ".join(host.down)
    for zone in zones:
        text += (f'zone "{zone}" {{ type secondary; file "{zone}.zone"; primaries {{ {host.primary}; }}; '
                 + (f"also-notify {{ {notify}; }}; " if notify else "") + "};\n")
    return text


def knot_conf(host, zones):
    remotes = "".join(f"  - id: d{i}\n    address: {a}@53\n" for i, a in enumerate(host.down))
    names = ", ".join(f"d{i}" for i in range(len(host.down)))
    text = f"""server:
    rundir: "{host.folder}"
    listen: [ {', '.join(a + '@53' for a in host.listens)} ]
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: info
database:
    storage: "{host.folder}/db"
remote:
{remotes}acl:
  - id: out
    address: [ {', '.join(host.down)} ]
    action: transfer
zone:
"""
    for zone in zones:
        text += (f'  - domain: {zone}\n    file: "{host.folder}/{zone}.zone"\n    zonefile-load: difference\n    zonefile-sync: 0\n'
                 f"    notify: [ {names} ]\n    acl: [ out ]\n")
    return text


def nsd_conf(host, zones):
    text = "server:\n" + "".join(f"    ip-address: {a}\n" for a in host.listens) + f"""    server-count: 1
    username: ""
    database: ""
    zonesdir: "{host.folder}"
    zonelistfile: "{host.folder}/zone.list"
    pidfile: "{host.folder}/nsd.pid"
    xfrdfile: "{host.folder}/xfrd.state"
    xfrdir: "{host.folder}"
    verbosity: 3
    rrl-ratelimit: 0
remote-control:
    control-enable: no
"""
    for zone in zones:
        text += (f'zone:\n    name: {zone}\n    zonefile: "{zone}.zone"\n    request-xfr: {host.primary} NOKEY\n    allow-notify: {host.primary} NOKEY\n'
                 + "".join(f"    notify: {a} NOKEY\n    provide-xfr: {a} NOKEY\n" for a in host.down) + "    store-ixfr: yes\n")
    return text


def pdns_conf(host, zones):
    with sqlite3.connect(host.folder / "pdns.sqlite") as db:
        db.executescript(pathlib.Path(SCHEMA).read_text())
        for zone in zones:
            db.execute("insert into domains(name,type,master) values(?,?,?)", (zone, "SLAVE", host.primary))
    return f"""launch=gsqlite3
gsqlite3-database={host.folder}/pdns.sqlite
daemon=no
guardian=no
setuid=
setgid=
chroot=
socket-dir={host.folder}
local-address={','.join(host.listens)}
secondary=yes
allow-notify-from={host.primary}
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
security-poll-suffix=
loglevel=5
"""


CONF = {"bind": ("named.conf", bind_conf), "knot": ("knot.conf", knot_conf), "nsd": ("nsd.conf", nsd_conf), "pdns": ("pdns.conf", pdns_conf)}
COMMAND = {"bind": ["/usr/sbin/named", "-f", "-n", "1", "-c", "{conf}"], "knot": ["/usr/sbin/knotd", "-c", "{conf}"],
           "nsd": ["/usr/sbin/nsd", "-d", "-c", "{conf}"], "pdns": ["/usr/sbin/pdns_server", "--config-dir={folder}"]}


class Fleet:
    """Use as a context manager: whatever happens, the namespaces and processes go."""

    def __init__(self, zones=("alpha.test", "bravo.test", "charlie.test")):
        self.prefix = f"zs{os.getpid() % 100000}"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="zonelag-fleet-"))
        self.folder.chmod(0o755)
        self.zones = {zone: 2026112001 for zone in zones}
        self.hosts = {name: Host(self, name) for name in CHAIN}
        self.hub = f"{self.prefix}hub"
        self.processes = []

    def __enter__(self):
        try:
            self.build()
            return self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
        for process in reversed(self.processes):
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
        for namespace in [h.namespace for h in self.hosts.values()] + [self.hub]:
            listed = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True)
            for pid in listed.stdout.split():  # what a server forked and left, in our own namespaces only
                try:
                    os.kill(int(pid), signal.SIGKILL)
                except ProcessLookupError:
                    pass
            subprocess.run(["ip", "netns", "del", namespace], capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def ip(self, *words, namespace=None):
        subprocess.run(["ip", *(["-n", namespace] if namespace else []), *words], check=True, capture_output=True)

    def build(self):
        self.ip("netns", "add", self.hub)
        self.ip("link", "set", "lo", "up", namespace=self.hub)
        self.ip("link", "add", "br0", "type", "bridge", namespace=self.hub)
        self.ip("addr", "add", f"{BRIDGE}/24", "dev", "br0", namespace=self.hub)
        self.ip("link", "set", "br0", "up", namespace=self.hub)
        for host in self.hosts.values():
            (host.folder / "db").mkdir(parents=True)
            self.ip("netns", "add", host.namespace)
            self.ip("link", "set", "lo", "up", namespace=host.namespace)
            port = f"p{host.name[:10]}"
            self.ip("link", "add", "eth0", "netns", host.namespace, "type", "veth", "peer", "name", port, "netns", self.hub)
            self.ip("link", "set", port, "master", "br0", "up", namespace=self.hub)
            self.ip("addr", "add", f"{host.address}/24", "dev", "eth0", namespace=host.namespace)
            self.ip("link", "set", "eth0", "up", namespace=host.namespace)
            if ANYCAST in host.listens:
                self.ip("addr", "add", f"{ANYCAST}/32", "dev", "lo", namespace=host.namespace)

    def popen(self, namespace, command, **options):
        process = subprocess.Popen(["ip", "netns", "exec", namespace, *map(str, command)], stdin=subprocess.DEVNULL, **options)
        self.processes.append(process)
        return process

    def write_zone(self, zone):
        serial = self.zones[zone]
        text = (f"{zone}. 300 IN SOA ns.{zone}. host.{zone}. {serial} 3600 900 86400 60\n{zone}. 300 IN NS ns.{zone}.\n"
                f"ns.{zone}. 300 IN A 192.0.2.1\n_stamp.{zone}. 300 IN TXT \"{serial}\"\n")
        text += "".join(f"h{i}.{zone}. 300 IN A 192.0.2.{i + 2}\n" for i in range(20))
        path = self.hosts["customer"].folder / f"{zone}.zone"
        path.with_suffix(".new").write_text(text)
        path.with_suffix(".new").replace(path)

    def start_server(self, host):
        name, make = CONF[host.software]
        conf = host.folder / name
        conf.write_text(make(host, self.zones))
        command = [word.format(conf=conf, folder=host.folder) for word in COMMAND[host.software]]
        with open(host.log, "ab") as log:
            host.server = self.popen(host.namespace, command, stdout=log, stderr=subprocess.STDOUT, cwd=host.folder)

    def start_servers(self):
        """From the customer down, so that each finds its primary; waits until all zones are served everywhere."""
        for zone in self.zones:
            self.write_zone(zone)
        for host in self.hosts.values():
            self.start_server(host)
            self.wait(lambda host=host: all(self.serial(host.name, z) == s for z, s in self.zones.items()), 30, f"{host.name} to serve its zones")

    def bump(self, zone):
        """A new serial at the customer."""
        self.zones[zone] += 1
        self.write_zone(zone)
        customer = self.hosts["customer"]
        subprocess.run(["/usr/sbin/knotc", "-s", customer.folder / "knot.sock", "zone-reload", zone], check=True, capture_output=True)
        return self.zones[zone]

    def ask(self, host, name, qtype, address=None):
        """The answer's bytes, asked from the host's own namespace's neighbour (the hub); None: no answer within 0.5 s."""
        question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
        query = struct.pack(">HHHHHH", os.getpid() & 0xFFFF, 0, 1, 0, 0, 0) + question + struct.pack(">HH", qtype, 1)
        with in_namespace(self.hub), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(0.5)
            try:
                s.sendto(query, (address or self.hosts[host].address, 53))
                return s.recv(4096)
            except OSError:
                return None

    def serial(self, host, zone):
        """The serial of an authoritative SOA answer; None: there is none."""
        answer = self.ask(host, zone, 6)
        if answer is None or len(answer) < 12 or not answer[2] & 4 or answer[3] & 15 or answer[7] == 0:
            return None
        return struct.unpack(">I", answer[soa_end(answer) - 20:soa_end(answer) - 16])[0]

    @staticmethod
    def wait(condition, seconds, what):
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {seconds} s in vain for {what() if callable(what) else what}")
            time.sleep(0.05)


def soa_end(answer):
    """Where the first answer record, an SOA, ends."""
    at = 12
    while answer[at]:
        at += answer[at] + 1
    at += 5
    at += 2 if answer[at] & 0xC0 else next(i + 1 for i in range(len(answer)) if answer[at + i] == 0)
    return at + 10 + struct.unpack(">H", answer[at + 8:at + 10])[0]


class in_namespace:
    """This thread, for a while, in a network namespace."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        import ctypes
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        self.enter(f"/run/netns/{self.name}")

    def enter(self, path):
        there = os.open(path, os.O_RDONLY)
        if self.libc.setns(there, 0) != 0:
            raise OSError("setns")
        os.close(there)

    def __exit__(self, *_):
        self.libc.setns(self.before, 0)
        os.close(self.before)
