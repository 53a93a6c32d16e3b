"""Beside a collector of NOTIFYs (docs/collector.md): all name servers already send it every new serial. One sensor on its
host, with its port among the sensor's, sees what it is sent; no name server's host needs anything new.

A stand-in for the collector takes real datagrams from many addresses, and rows are made of them in the way of the Python
tool serial-logger, as its documentation has it; ours are compared with those. They are equal but for what is said at each
test: there the tool's are wrong, or of another form. Root only: a network namespace.
"""
import ipaddress
import pathlib
import random
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import sensor
from aggregator import Service, wait
from netns import Inside, Link, ip

PORT = 5053
COLLECTOR = {4: "10.99.0.2", 6: "fd99::2"}
CUSTOMER, ACCOUNT, STRANGER = "10.99.1.1", "Example GmbH", "10.99.1.99"
# hostname: (role, addresses, location, name of the location)
NODES = {"in1": ("incoming", ["10.99.1.11"], "in1", "Incoming 1"), "dist1": ("distribution", ["10.99.1.21"], "dist1", "Distribution 1"),
         "vie1": ("secondary", ["10.99.1.31", "fd99::31"], "vie", "Vienna"), "vie2": ("secondary", ["10.99.1.32"], "vie", "Vienna"),
         "par1": ("secondary", ["fd99::33"], "par", "Paris"), "lon1": ("secondary", ["10.99.1.34"], "lon", "London"),
         "tst1": ("secondary", ["10.99.1.35"], "tst", "Test Linz")}
NODE_OF = {address: name for name, node in NODES.items() for address in node[1]}
NONE, UNKNOWN = 0.0, -1.0  # seconds: a lag that does not apply; one whose reference is not known
# The collector's clock is read in a program, the sensor's in the kernel.
TOLERANCE = 0.1


def inventory():
    text = "".join(f'[[customer_nameserver]]\nip = "{CUSTOMER}"\nzone = "{zone}"\naccountname = "{ACCOUNT}"\n\n' for zone in ("own.test", "late.test", "skip.test"))
    for name, (role, addresses, location, long_name) in NODES.items():
        text += f'[[nameserver]]\nhostname = "{name}"\n' + "".join(f'ip{ipaddress.ip_address(a).version} = "{a}"\n' for a in addresses)
        text += f'loc = "{location}"\ndsc_name = "{long_name}"\nns_type = "{role}"\nstatus = "production"\n\n'
    return text


def notify(zone, serial, number):
    name = b"".join(bytes([len(label)]) + label.encode() for label in zone.split(".")) + b"\0"
    soa = b"\2ns\xc0\x0c" + b"\4host\xc0\x0c" + struct.pack(">IIIII", serial, 3600, 600, 86400, 300)
    return (struct.pack(">HHHHHH", number, 0x2400, 1, 1, 0, 0) + name + struct.pack(">HH", 6, 1)
            + b"\xc0\x0c" + struct.pack(">HHIH", 6, 1, 0, len(soa)) + soa)


def labels(data):
    found, at = [], 12
    while data[at]:
        found.append(data[at + 1:at + 1 + data[at]].decode())
        at += data[at] + 1
    return ".".join(found)


class Collector(threading.Thread):
    """Takes NOTIFYs, answers them, and keeps (source, zone, serial, when)."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.bind(("::", PORT))
        self.taken = []

    def run(self):
        while True:
            data, address = self.socket.recvfrom(4096)
            when = time.time()
            source = address[0].removeprefix("::ffff:")
            self.taken.append((source, labels(data), struct.unpack(">I", data[-20:-16])[0], when))
            self.socket.sendto(data[:2] + struct.pack(">HHHHH", 0xA400, 1, 0, 0, 0) + data[12:], address)


def in_the_tools_way(taken):
    """Rows {(srcip, zone, serial): row}: each NOTIFY in the order in which it came; of equal ones the first counts. A lag is the
    time since the first NOTIFY of that serial by the customer, an incoming, a distribution node, if one came before. What
    comes of addresses that are not registered is left out."""
    first, rows = {}, {}
    for source, zone, serial, when in taken:
        role = "customer" if source == CUSTOMER else NODES[NODE_OF[source]][0] if source in NODE_OF else None
        if role is None or (role == "customer" and zone not in ("own.test", "late.test", "skip.test")):
            continue
        if role != "secondary":
            first.setdefault((role, zone, serial), when)
        applies = {"customer": (), "incoming": ("customer",), "distribution": ("customer", "incoming"),
                   "secondary": ("customer", "incoming", "distribution")}[role]
        lags = {reference: (when - first[reference, zone, serial] if (reference, zone, serial) in first else UNKNOWN) if reference in applies else NONE
                for reference in ("customer", "incoming", "distribution")}
        rows.setdefault((source, zone, serial), {"role": role, "at": when, **lags})
    return rows


class CollectorTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.link = cls.enterClassContext(Link())
        cls.sources = [CUSTOMER, STRANGER, *NODE_OF]
        cls.prepare_addresses()
        cls.enterClassContext(Inside(cls.link.receiver.name))
        cls.service = cls.enterClassContext(Service())
        cls.collector = Collector()
        cls.collector.start()
        (cls.service.folder / "inventory.toml").write_text(inventory())
        for database in ("plain", "legacy"):
            cls.service.make_database(database, cls.service.folder / "inventory.toml")
        cls.sensor = sensor.Sensor(cls.service.folder / "sensor", {
            "sensor": {"id": "collector", "heartbeat": "1s"}, "capture": {"interfaces": [cls.link.receiver.interface], "ports": [53, PORT], "ring": "8MiB"},
            "kafka": {"brokers": [cls.service.brokers], "topic": "events", "create_topics": True, "partitions": 4},
            "spool": {"directory": str(cls.service.folder / "sensor" / "spool")}}).start()
        cls.addClassCleanup(cls.sensor.kill)
        cls.sensor.wait_until_ready()
        cls.aggregators = [cls.service.aggregator("plain", "events", listen=True), cls.service.aggregator("legacy", "events", listen=True, database={"legacy_lags": True})]
        for one in cls.aggregators:
            one.start().wait_until_ready()
        cls.play()

    @classmethod
    def prepare_addresses(cls):
        for space, addresses in ((cls.link.sender, cls.sources), (cls.link.receiver, [COLLECTOR[6]])):
            with Inside(space.name):
                for scope in ("all", "default", space.interface):
                    pathlib.Path(f"/proc/sys/net/ipv6/conf/{scope}/disable_ipv6").write_text("0")
            for address in addresses:
                wide = [f"{address}/64", "nodad"] if ":" in address else [f"{address}/16"]
                ip("-n", space.name, "address", "add", *wide, "dev", space.interface)
        ip("-n", cls.link.receiver.name, "address", "add", "10.99.0.2/16", "dev", cls.link.receiver.interface)

    @classmethod
    def send(cls, source, zone, serial, pause=0.02):
        """One NOTIFY, again until it is answered; then a pause, so that lags are not all alike."""
        family = ipaddress.ip_address(source).version
        with Inside(cls.link.sender.name), socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6, socket.SOCK_DGRAM) as one:
            one.settimeout(5)
            one.bind((source, 0))
            one.sendto(notify(zone, serial, random.randrange(65536)), (COLLECTOR[family], PORT))
            one.recv(4096)
        time.sleep(pause)

    @classmethod
    def play(cls):
        secondaries = [address for name in ("vie1", "vie2", "par1", "lon1", "tst1") for address in NODES[name][1]]
        for serial in (101, 102, 103):  # as it should be: each after what it refers to, some twice
            for source in (CUSTOMER, "10.99.1.11", "10.99.1.21", *secondaries, "10.99.1.34"):
                cls.send(source, "own.test", serial)
        for source in ("10.99.1.31", "10.99.1.11", CUSTOMER, "10.99.1.21", "10.99.1.34"):  # references come late
            cls.send(source, "late.test", 7)
        for source, serial in ((CUSTOMER, 1), ("10.99.1.11", 1), (CUSTOMER, 2), ("10.99.1.11", 2), ("10.99.1.34", 2)):  # lon1 never has 1
            cls.send(source, "skip.test", serial)
        cls.send("10.99.1.34", "UPPER.test", 5)
        cls.send(STRANGER, "own.test", 103)
        cls.send(CUSTOMER, "foreign.test", 1)
        cls.tool = in_the_tools_way(list(cls.collector.taken))

        def all_there():
            return all(int(cls.service.server.query("SELECT count(*) FROM tlddns.serials WHERE zone IN ('upper.test', 'skip.test')",
                                                    uri=cls.service.server.uri(database=name))[0][0]) >= 7 for name in ("plain", "legacy"))
        wait(all_there, 30, lambda: "the last rows:\n" + "\n".join(one.said() for one in cls.aggregators))

    def rows(self, database, where):
        found = {}
        for row in self.service.server.query(
                "SELECT srcip, zone, serial, ns_type, extract(epoch FROM received_at), extract(epoch FROM customer_lag), extract(epoch FROM incoming_lag), "
                f"extract(epoch FROM distribution_lag), hostname, loc, dsc_name, status, superseded_by FROM tlddns.serials WHERE {where}",
                uri=self.service.server.uri(database=database)):
            times = [None if value is None else float(value) for value in row[4:8]]
            found[row[0], row[1], int(row[2])] = dict(zip(("role", "at", "customer", "incoming", "distribution", "hostname", "loc", "dsc_name", "status", "superseded_by"),
                                                          [row[3], *times, *row[8:]]))
        return found

    def assert_alike(self, ours, tools, legacy):
        self.assertEqual(ours["role"], tools["role"])
        self.assertAlmostEqual(ours["at"], tools["at"], delta=TOLERANCE)
        for name in ("customer", "incoming", "distribution"):
            if not legacy and tools[name] in (NONE, UNKNOWN):
                self.assertIsNone(ours[name], name)
            elif tools[name] in (NONE, UNKNOWN):
                self.assertEqual(ours[name], tools[name], name)
            else:
                self.assertAlmostEqual(ours[name], tools[name], delta=TOLERANCE)

    def test_rows_are_the_tools(self):
        """One difference: a node with two addresses has one row, under its ip4, with the earlier time; the tool has two."""
        for database in ("plain", "legacy"):
            ours, tools = self.rows(database, "zone = 'own.test' AND ns_type IS NOT NULL"), {k: v for k, v in self.tool.items() if k[1] == "own.test"}
            both = [key for key in tools if key[0] == "fd99::31"]
            self.assertEqual(len(both), 3)
            for key in both:
                del tools[key]
            self.assertEqual(ours.keys(), tools.keys())
            for key, row in tools.items():
                with self.subTest(key, database=database):
                    self.assert_alike(ours[key], row, database == "legacy")

    def test_names(self):
        """A customer's row has no host name, and the account's name for its location; the tool has the account's name for the
        host's, and the address for the location's."""
        for (source, zone, _), row in self.rows("legacy", "zone = 'own.test' AND ns_type IS NOT NULL").items():
            if source == CUSTOMER:
                self.assertEqual((row["hostname"], row["dsc_name"]), (None, ACCOUNT))
            else:
                _, _, location, long_name = NODES[NODE_OF[source]]
                self.assertEqual((row["hostname"], row["loc"], row["dsc_name"], row["status"]), (NODE_OF[source], location, long_name, "production"))

    def test_references_that_come_late(self):
        """The tool says -1 s for ever; here the row is corrected, and says that the node was earlier than what it refers to."""
        ours = self.rows("legacy", "zone = 'late.test'")
        at = {key[0]: row["at"] for key, row in self.tool.items() if key[1] == "late.test"}
        early = self.tool["10.99.1.31", "late.test", 7]
        self.assertEqual((early["customer"], early["incoming"], early["distribution"]), (UNKNOWN,) * 3)
        found = ours["10.99.1.31", "late.test", 7]
        for name, reference in (("customer", CUSTOMER), ("incoming", "10.99.1.11"), ("distribution", "10.99.1.21")):
            self.assertAlmostEqual(found[name], at["10.99.1.31"] - at[reference], delta=TOLERANCE)
            self.assertLess(found[name], 0)
        self.assert_alike(ours["10.99.1.34", "late.test", 7], self.tool["10.99.1.34", "late.test", 7], True)

    def test_serial_that_was_skipped(self):
        """A node that went from 0 to 2 has 1 with 2: a row that says so. The tool has none, and 1 would never be anywhere."""
        ours = self.rows("plain", "zone = 'skip.test' AND srcip = '10.99.1.34'")
        self.assertNotIn(("10.99.1.34", "skip.test", 1), self.tool)
        self.assertEqual(ours["10.99.1.34", "skip.test", 1]["superseded_by"], "2")
        self.assertEqual(ours["10.99.1.34", "skip.test", 1]["at"], ours["10.99.1.34", "skip.test", 2]["at"])

    def test_one_spelling_of_a_zone(self):
        """The tool keeps a name as it was sent."""
        self.assertIn(("10.99.1.34", "UPPER.test", 5), self.tool)
        self.assertEqual(list(self.rows("plain", "lower(zone) = 'upper.test'")), [("10.99.1.34", "upper.test", 5)])

    def test_sources_that_are_not_registered(self):
        """The tool has a line in its log; here they are listed, and the customer's attempt is recorded as that."""
        self.assertFalse([key for key in self.tool if key[0] == STRANGER or key[1] == "foreign.test"])
        found = self.service.server.query("SELECT srcip, foreign_customer FROM tlddns.candidates ORDER BY srcip", uri=self.service.server.uri(database="plain"))
        self.assertEqual(found, [[CUSTOMER, "t"], [STRANGER, "f"]])

    def test_slas_are_the_tools(self):
        """Of a version that every location has, but those that begin with Test; the tool's once a minute, here at once."""
        for serial in (101, 102, 103):
            places = {}
            for (source, zone, number), row in self.tool.items():
                place = NODES[NODE_OF[source]][3] if source in NODE_OF else ""
                if (zone, number, row["role"]) == ("own.test", serial, "secondary") and not place.startswith("Test"):
                    places[place] = min(places.get(place, row["incoming"]), row["incoming"])
            lags = sorted(places.values())
            found, = self.service.server.query(
                "SELECT ns_count, " + ", ".join(f"extract(epoch FROM {name})" for name in ("min_lag", "max_lag", "avg_lag", "median_lag", "percentile_90_lag"))
                + f" FROM tlddns.slas WHERE zone = 'own.test' AND serial = {serial}", uri=self.service.server.uri(database="legacy"))
            self.assertEqual(int(found[0]), 3)
            p90 = statistics.quantiles(lags, n=10, method="inclusive")[8]
            for ours, tools in zip(map(float, found[1:]), (min(lags), max(lags), statistics.mean(lags), statistics.median(lags), p90)):
                self.assertAlmostEqual(ours, tools, delta=TOLERANCE)


if __name__ == "__main__":
    unittest.main()
