"""The live rows of scripts/bench: zonelag-sensor in a network namespace, beside libpcap's empty loop in the same run.

The generator is pinned to core 0, the reader to core 1. Where the sensor is not built (live_reader --pipeline in its
place), its rows are of the pipeline alone and say so.
"""
import contextlib
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = ROOT / "build/release/bin"
sys.path.insert(0, str(ROOT / "tests"))
from netns import Link, stop  # noqa: E402

RING = 64 << 20
METRICS = "127.0.0.1:9153"  # in the receiver's namespace
SERVERS = ["192.0.2.53", "2001:db8::53"]


def wait_for(what, seconds, attempt):
    """attempt()'s first true value; what has not come in time is an error."""
    deadline = time.monotonic() + seconds
    while True:
        value = attempt()
        if value:
            return value
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


class Reader:
    """A process that captures. This class and its children are all that knows how readers are started and read."""

    name = ""

    def __init__(self, link, ring=RING, cpu=1):
        self.link, self.ring, self.cpu, self.process = link, ring, cpu, None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        stop(self.process)
        if self.process.stdout:
            self.process.stdout.close()

    def launch(self, *command, **options):
        self.process = self.link.receiver.start(*command, cpu=self.cpu, **options)

    def cpu_ns(self):
        """Of all its threads so far."""
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task")
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir())

    def beyond_ring(self):
        """Resident bytes without the ring's mapping (of a socket, in smaps)."""
        text = pathlib.Path(f"/proc/{self.process.pid}/smaps").read_text()
        mappings = [part for part in re.split(r"(?m)^(?=[0-9a-f]+-[0-9a-f]+ )", text) if part]
        return sum(int(re.search(r"^Rss:\s+(\d+) kB", mapping, re.M)[1]) << 10
                   for mapping in mappings if "socket:[" not in mapping.split("\n", 1)[0])


class EmptyLoop(Reader):
    name = "libpcap's empty loop"
    arguments = []

    def start(self):
        self.launch(BIN / "live_reader", *self.arguments, self.link.receiver.interface, self.ring,
                    stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "capturing\n":
            raise RuntimeError("live_reader does not start")

    def settle(self, sent):
        """Packets and dropped ones, once all `sent` are accounted for."""
        self.process.send_signal(signal.SIGCONT)
        ns = self.cpu_ns()
        self.process.terminate()
        figures = json.loads(self.process.stdout.read())
        return figures["packets"], figures["dropped"], ns


class PipelineAlone(EmptyLoop):
    name = "pipeline alone"
    arguments = ["--pipeline"]


class Sensor(Reader):
    name = "zonelag-sensor"

    def __init__(self, link, ring=RING, cpu=1, folder=".", output=None, deduplicate="never"):
        super().__init__(link, ring, cpu)
        self.folder, self.deduplicate = pathlib.Path(folder), deduplicate
        self.output = output or f'[output]\nevents = "{self.nowhere()}"\n'

    def start(self):
        config, log = self.folder / "sensor.toml", self.folder / "sensor.log"
        config.write_text(f'[sensor]\nid = "bench"\n[capture]\ninterfaces = ["{self.link.receiver.interface}"]\n'
                          f'ring = "{self.ring >> 20}MiB"\nmirror = true\ndeduplicate = "{self.deduplicate}"\n'
                          f'servers = {json.dumps(SERVERS)}\n[metrics]\nlisten = "{METRICS}"\n{self.output}')
        with open(log, "wb") as errors:
            self.launch(BIN / "zonelag-sensor", "--config", config, stdout=subprocess.DEVNULL, stderr=errors)

        def ready():
            if self.process.poll() is not None:
                raise RuntimeError(f"zonelag-sensor ended with {self.process.returncode}: {log.read_text().strip()}")
            return self.try_metrics()
        wait_for("zonelag-sensor's metrics", 10, ready)

    def nowhere(self):
        """Events as Kafka would have them, protobuf: a name in .pb."""
        path = self.folder / "events.pb"
        if not path.is_symlink():
            path.symlink_to("/dev/null")
        return path

    def try_metrics(self):
        try:
            return self.metrics()
        except OSError:
            return None

    def metrics(self):
        """Name with labels to value."""
        text = self.link.receiver.get(f"http://{METRICS}/metrics")
        return {name: float(value) for name, value in re.findall(r"^(\w+(?:\{[^}]*\})?) (\S+)$", text, re.M)}

    def total(self, name, label="", metrics=None):
        values = self.metrics() if metrics is None else metrics
        return sum(value for key, value in values.items() if key.split("{")[0] == name and label in key)

    def settle(self, sent):
        self.process.send_signal(signal.SIGCONT)
        ns = self.cpu_ns()

        def figures():
            now = self.metrics()
            packets = int(self.total("zonelag_sensor_packets_total", metrics=now))
            dropped = int(self.total("zonelag_sensor_packets_dropped_total", 'reason="ring"', now))
            return packets, dropped
        try:
            wait_for("", 5, lambda: sum(figures()) >= sent)
        except RuntimeError:
            pass  # the caller compares
        return *figures(), ns

    def latencies(self):
        """Of packet to acknowledgement: (upper bound in seconds, events up to it), ascending."""
        return sorted((float(re.search(r'le="([^"]+)"', key)[1].replace("+Inf", "inf")), value)
                      for key, value in self.metrics().items() if key.startswith("zonelag_sensor_delivery_latency_seconds_bucket"))

    def acknowledged(self):
        return self.latencies()[-1][1]


@contextlib.contextmanager
def broker(link, folder):
    """A real broker in the receiver's namespace, on its loopback, and the sensor's settings for it."""
    facts = json.loads(link.receiver.run(ROOT / "scripts/kafka", "start", "--dir", folder, "--until", os.getpid(), timeout=600))
    try:
        yield f'[kafka]\nbrokers = ["{facts["plain"]}"]\ncreate_topics = true\n[spool]\ndirectory = "{folder}/spool"\n'
    finally:
        link.receiver.run(ROOT / "scripts/kafka", "stop", folder)


def sensor_is_built():
    """Whether this source tree has the program."""
    return (ROOT / "sensor/program/main.cc").exists()


def have_sensor():
    return (BIN / "zonelag-sensor").exists()


class LiveBench:
    """`row(name, figure, beside, ratio, goal, good)` prints and keeps a row."""

    def __init__(self, folder, quick, row):
        self.folder, self.quick, self.row = pathlib.Path(folder), quick, row
        self.seconds, self.rounds = (1, 3) if quick else (4, 5)

    def subject(self, link, **options):
        if have_sensor():
            return Sensor(link, folder=self.folder, **options)
        return PipelineAlone(link, **{key: options[key] for key in ("ring", "cpu") if key in options})

    @staticmethod
    def send(space, *arguments):
        return json.loads(space.run(BIN / "zonelag-traffic", *arguments, cpu=0, timeout=3700))["live"]

    def mix(self, link, pps, seconds):
        return self.send(link.sender, "mix", "--interface", link.sender.interface, "--pps", pps, "--seconds", seconds, "--period", 10)

    def inject(self, link, frames, seconds):
        return self.send(link.receiver, "send", "--interface", link.receiver.interface, "--method", "inject", "--seconds", seconds, frames)

    def frames(self):
        path = self.folder / "live.pcap"
        if not path.exists():
            subprocess.run([BIN / "zonelag-traffic", "mix", "--count", "65536", path], check=True, stdout=subprocess.DEVNULL)
        return path

    def full(self):
        """Nothing is lost at the generator's full speed."""
        with Link(address=False) as link:
            runs = []
            for make in (EmptyLoop, self.subject) * self.rounds:
                with make(link) as reader:
                    live = self.inject(link, self.frames(), self.seconds)
                    packets, dropped, ns = reader.settle(live["sent"])
                runs.append((reader.name, live["pps"], live["sent"] - packets, dropped, ns / live["sent"]))
        ours, floor = runs[1::2], runs[0::2]
        rate = statistics.median(run[1] for run in ours)
        lost = max(run[2] for run in ours)
        self.row(f"full rate, {ours[0][0]}", f"{lost} of {self.rounds} runs' packets lost at most"
                 if lost else f"0 lost at {rate / 1e6:.2f} M/s",
                 f"empty loop {max(run[2] for run in floor)} lost, {statistics.median(run[1] for run in floor) / 1e6:.2f} M/s",
                 "", "0 lost", all(run[2] == run[3] == 0 for run in ours))

    def cost(self):
        """CPU time of a packet, beside the empty loop's."""
        for pps in (100_000, 300_000):
            with Link(address=False) as link:
                costs = {"floor": [], "ours": []}
                for _ in range(self.rounds):
                    for key, make in (("floor", EmptyLoop), ("ours", self.subject)):
                        with make(link) as reader:
                            before = reader.cpu_ns()
                            live = self.mix(link, pps, self.seconds)
                            _, _, ns = reader.settle(live["sent"])
                        costs[key].append((ns - before) / live["sent"])
            ratio = statistics.median(ours / floor for ours, floor in zip(costs["ours"], costs["floor"]))
            self.row(f"CPU at {pps} packets/s, {reader.name}", f"{statistics.median(costs['ours']):.0f} ns/packet",
                     f"empty loop {statistics.median(costs['floor']):.0f} ns", f"{ratio:.2f}", "<= 3.0", ratio <= 3.0)

    def idle(self):
        seconds = 5 if self.quick else 20
        with Link(address=False) as link, self.subject(link) as reader:
            before = reader.cpu_ns()
            time.sleep(seconds)  # what is measured
            share = (reader.cpu_ns() - before) / (seconds * 1e9)
        self.row(f"idle, {reader.name}", f"{share * 100:.3f} % of a core", f"over {seconds} s", "", "< 0.1 %", share < 0.001)

    def honest(self):
        """Stopped now and then behind a ring of 2 MiB: what was counted and what was dropped is what was sent."""
        with Link(address=False) as link, self.subject(link, ring=2 << 20) as reader:
            generator = link.receiver.start(BIN / "zonelag-traffic", "send", "--interface", link.receiver.interface,
                                            "--method", "inject", "--seconds", self.seconds, self.frames(), cpu=0,
                                            stdout=subprocess.PIPE, text=True)
            while generator.poll() is None:
                for number in (signal.SIGSTOP, signal.SIGCONT):
                    reader.process.send_signal(number)
                    time.sleep(0.1)  # overload, not synchronisation
            sent = json.loads(generator.communicate()[0])["live"]["sent"]
            packets, dropped, _ = reader.settle(sent)
        self.row(f"overloaded, {reader.name}", f"{packets} counted, {dropped} dropped", f"{sent} sent",
                 f"{(packets + dropped) / sent:.4f}", "1, exactly, some dropped", packets + dropped == sent and dropped > 0)

    def memory(self):
        """Beyond the ring: idle, for each zone seen served, for each open transfer."""
        zones, transfers = (100_000, 10_000) if self.quick else (1_000_000, 100_000)
        idle = self.memory_after(None)
        self.row("memory beyond the ring, idle", f"{idle / 2**20:.1f} MiB", "", "", "<= 32 MiB", idle <= 32 << 20)
        # NXDOMAIN and SOA answers of every zone, by the order of templates: each zone once at least.
        served = self.memory_after(["mix", "--count", 2 * zones, "--zones", zones, "--templates", 2,
                                    "--mix", "soa=1", "--pps", 100_000]) - idle
        self.row("memory of a zone served", f"{served / zones:.0f} bytes", f"{zones} zones", "", "<= 160 bytes", served <= 160 * zones)
        opened = self.memory_after(["transfers", "--open", transfers, "--spread", transfers / 10_000]) - idle
        self.row("memory of an open transfer", f"{opened / transfers:.0f} bytes", f"{transfers} transfers", "",
                 "<= 2560 bytes", opened <= 2560 * transfers)

    def memory_after(self, traffic):
        with Link(address=False) as link, self.subject(link) as reader:
            if traffic:
                live = self.send(link.sender, *traffic, "--interface", link.sender.interface)
                if live["unsendable"]:
                    sys.exit(f"scripts/bench: memory: {live['unsendable']} frames are longer than the MTU")
                if have_sensor():
                    packets, dropped, _ = reader.settle(live["sent"])
                    if (packets, dropped) != (live["sent"], 0):
                        sys.exit(f"scripts/bench: memory: {live['sent']} sent, {packets} counted, {dropped} dropped")
                else:
                    time.sleep(0.2)
            return reader.beyond_ring()

    def kafka(self):
        """Packet to acknowledgement at 10,000 events/s. The broker is in the receiver's namespace, on its loopback."""
        if not have_sensor():
            sys.exit("scripts/bench: live-kafka needs build/release/bin/zonelag-sensor")
        seconds = 5 if self.quick else 30
        folder = self.folder / "kafka"
        with Link(address=False) as link, broker(link, folder) as output:
            with Sensor(link, folder=self.folder, output=output) as sensor:
                arguments = ["notify", "--interface", link.sender.interface, "--pps", 10_000]
                warm = self.send(link.sender, *arguments, "--seconds", 8)["sent"]  # the broker's JVM compiles in its first seconds
                wait_for("deliveries", 30, lambda: sensor.acknowledged() >= warm)
                before = sensor.latencies()
                live = self.send(link.sender, *arguments, "--seconds", seconds, "--seed", 2)
                wait_for("deliveries", 30, lambda: sensor.acknowledged() >= warm + live["sent"])
                buckets = [(bound, count - early) for (bound, count), (_, early) in zip(sensor.latencies(), before)]
            count = buckets[-1][1]
            p99 = next(bound for bound, below in buckets if below >= 0.99 * count)
        self.row("packet to acknowledgement, p99, broker warm", f"<= {p99 * 1000:.0f} ms", f"{count:.0f} events, {live['pps']} a second", "",
                 "<= 250 ms", p99 <= 0.25)


ROWS = {"live-full": LiveBench.full, "live-cpu": LiveBench.cost, "live-idle": LiveBench.idle, "live-honest": LiveBench.honest,
        "live-memory": LiveBench.memory, "live-kafka": LiveBench.kafka}
