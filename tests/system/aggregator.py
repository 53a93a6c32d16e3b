"""The service for tests and benches: a real broker, a real PostgreSQL, real zonelag-aggregator processes, and what they
left in the database, in a form that can be compared. Standard library only; SQL through psql.

    with Service() as service:                     # a broker and a server
        service.make_database("prod", inventory)   # migrated, with an inventory
        service.feed("topic", [file], partitions=16)
        one = service.aggregator("prod", "topic")
        one.once()                                 # to the end of the topic
        tables = service.tables("prod")
"""
import collections
import contextlib
import difflib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

sys.path[:0] = [str(pathlib.Path(__file__).parents[1] / name) for name in ("kafka", "postgres", "system")]
from broker import Broker
from server import Server

SOURCE = pathlib.Path(os.environ.get("ZONELAG_SOURCE_DIR") or pathlib.Path(__file__).parents[2])
BIN = pathlib.Path(os.environ.get("ZONELAG_BIN") or SOURCE / "build/dev/bin")
# No test waits for a disk: what is killed is a process, never the machine.
FAST = ("--set", "fsync=off", "--set", "autovacuum=off", "--set", "max_connections=60", "--set", "shared_buffers=64MB")


def run(*command, seconds=120, **options):
    """Its standard output; a failure is an error with its own words."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=seconds, **options)
    if done.returncode:
        raise AssertionError(f"{' '.join(map(str, command))}: exit code {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def wait(condition, seconds, what):
    """condition()'s first true value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain for {what() if callable(what) else what}")
        time.sleep(0.02)
    return value


def toml(settings):
    """{section: {key: value}} as a file; a list of those is [[section]] each."""
    def body(values):
        return "".join(f"{json.dumps(key) if '.' in key else key} = {json.dumps(value)}\n" for key, value in values.items())
    return "".join(f"[{section}]\n{body(values)}" if isinstance(values, dict) else "".join(f"[[{section}]]\n{body(each)}" for each in values)
                   for section, values in settings.items())


class Aggregator:
    """One process of zonelag-aggregator; `settings`: sections of its file."""

    def __init__(self, folder, settings, port):
        self.folder, self.port, self.process = pathlib.Path(folder), port, None
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config, self.log = self.folder / "aggregator.toml", self.folder / "aggregator.log"
        self.config.write_text(toml(settings))

    def start(self, *options):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([BIN / "zonelag-aggregator", "--config", self.config, *map(str, options)], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        return self

    def once(self, seconds=120, code=0):
        """To the end of the topic; its log."""
        self.start("--once")
        try:
            found = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"--once has not ended after {seconds} s:\n{self.said()}") from None
        if found != code:
            raise AssertionError(f"--once ended with {found}, not {code}:\n{self.said()}")
        return self.said()

    def said(self):
        return self.log.read_text() if self.log.exists() else ""

    def running(self):
        return self.process is not None and self.process.poll() is None

    def wait_until_ready(self, seconds=30):
        def ready():
            if not self.running():
                raise AssertionError(f"the aggregator ended with {self.process.returncode}:\n{self.said()}")
            return self.get("/readyz")[0] == 200
        wait(ready, seconds, lambda: f"the aggregator to be ready:\n{self.said()}")
        return self

    def get(self, path):
        """(status, text); (0, "") when nobody listens."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def metric(self, name):
        """The sum over all labels of a metric's samples; a name with labels is that one sample. None: there is none."""
        values = [float(value) for sample, value in re.findall(r"(?m)^(\w+(?:\{[^}]*\})?) (\S+)$", self.get("/metrics")[1])
                  if sample == name or sample.split("{")[0] == name]
        return sum(values) if values else None

    def kill(self):
        """kill -9"""
        if self.running():
            self.process.kill()
            self.process.wait(10)

    def stop(self, seconds=10):
        """SIGTERM: the exit code, and how long it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds), time.monotonic() - began
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the aggregator has not ended {seconds} s after SIGTERM:\n{self.said()}") from None

    def cpu_seconds(self):
        """Of all its threads so far."""
        user, system = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def resident(self):
        """Bytes of its own memory."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"RssAnon:\s+(\d+)", status)[1]) * 1024


class Service:
    """Use as a context manager: whatever happens, the processes go."""

    def __init__(self, broker=(), server=FAST):
        self.options = broker, server
        self.aggregators = []
        self.migrated = False
        self.topics = set()

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zonelag-service-")))
            self.server = stack.enter_context(Server(*self.options[1]))
            os.chmod(self.server.folder, 0o755)  # its socket is in there, and an aggregator has no privileges, not even root's
            self.broker = stack.enter_context(Broker(*self.options[0]))
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        for one in self.aggregators:
            one.kill()
        self.stack.close()

    @property
    def brokers(self):
        return self.broker.facts["plain"]

    def zonelag(self, *words, database=None, code=0):
        """The operator's command; its standard output, and standard error where it fails as it should."""
        words = [*words, *(["--database", self.server.uri(database=database)] if database else [])]
        done = subprocess.run([BIN / "zonelag", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
        if done.returncode != code:
            raise AssertionError(f"zonelag {' '.join(map(str, words))}: exit code {done.returncode}, not {code}: {done.stderr}")
        return done.stderr if code else done.stdout

    def make_database(self, name, inventory=None):
        """One of its own, migrated: the first from the migrations, others as copies of it."""
        if not self.migrated:
            self.server.query("CREATE DATABASE migrated")
            self.zonelag("db", "migrate", database="migrated")
            self.migrated = True
        self.server.query(f"DROP DATABASE IF EXISTS {name}")
        self.server.query(f"CREATE DATABASE {name} TEMPLATE migrated")
        if inventory:
            self.zonelag("inventory", "import", inventory, database=name)

    def settings(self, database, topic, /, **sections):
        """One database's consumer, with a group and topics for results of its own."""
        settings = {"kafka": {"brokers": [self.brokers]}, "database": self.database_settings(database, topic), "metrics": {"listen": "off"}}
        for section, values in sections.items():
            settings[section] = values if isinstance(values, list) else {**settings.get(section, {}), **values}
        return settings

    def database_settings(self, database, topic):
        results = {name: f"{database}.{name}" for name in ("lags", "slas")}
        for name in results.values():
            if name not in self.topics:
                self.feed(name, [], partitions=3)
                self.topics.add(name)
        return {"name": database, "connection": self.server.uri(database=database), "topic": topic, "group": f"{database}.{topic}",
                **{f"{name}_topic": topic for name, topic in results.items()}}

    def aggregator(self, database, topic, /, name=None, listen=False, **sections):
        """Not started yet."""
        name = name or f"{database}-{len(self.aggregators)}"
        port = free_port() if listen else 0
        if listen:
            sections["metrics"] = {"listen": f"127.0.0.1:{port}"}
        one = Aggregator(self.folder / name, self.settings(database, topic, **sections), port)
        self.aggregators.append(one)
        return one

    def feed(self, topic, files, partitions=0, **options):
        """Events of files, in their order."""
        words = [word for key, value in options.items() for word in (f"--{key}", value)]
        return json.loads(run(BIN / "event_send", "--brokers", self.brokers, "--topic", topic, *(["--partitions", partitions] if partitions else []),
                              *words, *files))["events"]

    def load(self, topic, *words, partitions=16, seconds=300):
        """event_load's figures."""
        return json.loads(run(BIN / "event_load", "--brokers", self.brokers, "--topic", topic, "--partitions", partitions, *words, seconds=seconds))

    def records(self, topic):
        """All of a topic, in order of partition and offset: partition, offset, key, and event or value."""
        text = run(BIN / "kafka_dump", "--brokers", self.brokers, "--topic", topic)
        return sorted(map(json.loads, text.splitlines()), key=lambda record: (record["partition"], record["offset"]))

    def offsets(self, database):
        """{partition: next offset}, as committed."""
        return {int(partition): int(offset) for partition, offset in
                self.server.query("SELECT partition, next_offset FROM tlddns.kafka_offsets", uri=self.server.uri(database=database))}

    def ends(self, topic):
        """{partition: offset behind its last record}"""
        ends = collections.Counter()
        for record in self.records(topic):
            ends[record["partition"]] = max(ends[record["partition"]], record["offset"] + 1)
        return dict(ends)

    def tables(self, database):
        return Tables(self.server, self.server.uri(database=database))


def free_port():
    import socket
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


# What a run leaves, but for ids and when it was computed. Sensors' ids are their names; orders are of the keys.
SENSOR = "(SELECT s.name FROM tlddns.sensors s WHERE s.id = e.{}_sensor)"
KINDS = ("announced", "offered", "served", "received")
TABLES = {
    "serials": "SELECT {columns} FROM tlddns.serials ORDER BY zone, serial, srcip",
    "versions": "SELECT {columns} FROM tlddns.versions ORDER BY zone, serial",
    "slas": "SELECT {columns} FROM tlddns.slas ORDER BY zone, serial",
    "evidence": "SELECT e.zone, e.serial, e.day, e.srcip, e.hostname, "
                + ", ".join(f"e.{kind}_ns, {SENSOR.format(kind)} AS {kind}_sensor, e.{kind}_error_us" for kind in KINDS)
                + ", e.lower_ns, e.lower_serial, e.receptions FROM tlddns.evidence e ORDER BY e.zone, e.serial, e.srcip",
    "verdicts": "SELECT {columns} FROM tlddns.verdicts ORDER BY zone, serial, policy",
    "transfers": "SELECT (SELECT s.name FROM tlddns.sensors s WHERE s.id = t.sensor) AS sensor, {columns} FROM tlddns.transfers t ORDER BY sensor, {columns}",
    "candidates": "SELECT {columns} FROM tlddns.candidates ORDER BY {columns}",
    "service_changes": "SELECT {columns} FROM tlddns.service_changes ORDER BY {columns}",
}
NOT_COMPARED = {"id", "calculated_at", "decided_at", "sensor"}


class Tables(dict):
    """{table: [row as text]}, canonical."""

    def __init__(self, server, uri):
        super().__init__()
        for table, statement in TABLES.items():
            columns = [name for name, in server.query("SELECT column_name FROM information_schema.columns WHERE table_schema = 'tlddns' AND "
                                                      f"table_name = '{table}' ORDER BY ordinal_position", uri=uri) if name not in NOT_COMPARED]
            text = server.psql("-c", f"COPY ({statement.format(columns=', '.join(columns))}) TO STDOUT", uri=uri)
            self[table] = text.splitlines()

    def size(self):
        return sum(map(len, self.values()))

    def difference(self, other, lines=40):
        """Nothing, or what differs, for people."""
        told = []
        for table in self:
            if self[table] != other[table]:
                told += [f"{table}: {len(self[table])} and {len(other[table])} rows",
                         *list(difflib.unified_diff(self[table], other[table], "expected", "found", n=0, lineterm=""))[2:lines]]
        return "\n".join(told)
