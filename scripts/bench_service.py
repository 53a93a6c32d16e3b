"""The service's rows of scripts/bench: release binaries, a real Kafka and a real PostgreSQL (which syncs to disk), all on
this machine. What the rows in the database cost is compared with a bare COPY of the very same rows, in the same run.
"""
import contextlib
import itertools
import json
import os
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = ROOT / "build/release/bin"
os.environ["ZONELAG_BIN"] = str(BIN)
sys.path.insert(0, str(ROOT / "tests/system"))
from aggregator import Service, wait  # noqa: E402

TOOL = 480e-6  # seconds of CPU that the Python tool takes for a NOTIFY (docs/service.md says how that was measured)
TARGETS = ("zonelag", "zonelag-aggregator", "event_load", "event_send", "kafka_dump")
SERVER = ("--set", "track_commit_timestamp=on", "--set", "shared_buffers=1GB", "--set", "max_wal_size=8GB", "--set", "checkpoint_timeout=30min")
# What a load writes; in the order in which a COPY may put the rows back.
TABLES = ("sensors", "versions", "serial_rows", "evidence", "verdicts", "transfers")
PARTITIONS = 16
QUIET = 8  # seconds: for sweeps, in which versions leave, and for what was freed to be given back


class Database:
    """One with a load's inventory, and what a run has left in it."""

    def __init__(self, service, name, *load):
        self.service, self.name, self.uri = service, name, service.server.uri(database=name)
        inventory = service.folder / f"{name}.toml"
        inventory.write_text(run_load("--inventory", *load))
        service.make_database(name, inventory)

    def query(self, statement):
        return self.service.server.query(statement, uri=self.uri)

    def number(self, statement):
        return float(self.query(statement)[0][0] or 0)

    def rows(self):
        return {table: int(self.number(f"SELECT count(*) FROM tlddns.{table}")) for table in TABLES}

    def commits(self):
        """(transactions, seconds from the first's end to the last's, rows of evidence of the first): what the load took, without
        the start of the process."""
        found = self.query("SELECT count(*), extract(epoch FROM max(at) - min(at)), (array_agg(n ORDER BY at))[1] FROM "
                           "(SELECT pg_xact_commit_timestamp(xmin) AS at, count(*) AS n FROM tlddns.evidence GROUP BY xmin::text, 1) t")[0]
        return int(found[0]), float(found[1]), int(found[2])


def run_load(*words):
    import subprocess
    return subprocess.run([BIN / "event_load", *map(str, words)], check=True, stdout=subprocess.PIPE, text=True).stdout


def copied(database, transactions):
    """Seconds that the same rows take by COPY, in as many transactions, into the same tables emptied before."""
    folder = pathlib.Path(database.service.server.folder) / f"copy-{database.name}"
    folder.mkdir()
    os.chmod(folder, 0o777)
    script = []
    for table in TABLES:
        whole = folder / table
        database.query(f"COPY (SELECT * FROM tlddns.{table}) TO '{whole}'")
        with open(whole, "rb") as lines:
            rows = lines.readlines()
        for i in range(transactions):
            part = folder / f"{table}.{i}"
            part.write_bytes(b"".join(rows[len(rows) * i // transactions:len(rows) * (i + 1) // transactions]))
            os.chmod(part, 0o644)
    database.query("TRUNCATE " + ", ".join(f"tlddns.{table}" for table in TABLES) + " CASCADE; CHECKPOINT")
    for i in range(transactions):
        script += ["BEGIN;", *(f"COPY tlddns.{table} FROM '{folder}/{table}.{i}';" for table in TABLES), "COMMIT;"]
    began = time.monotonic()
    database.service.server.psql(uri=database.uri, text="\n".join(script))
    return time.monotonic() - began


def cpu_of(process):
    """Waits for its end; seconds of CPU, all threads."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


class ServiceBench:
    """`row(name, figure, beside, ratio, goal, good)` prints and keeps a row."""

    def __init__(self, quick, row):
        self.quick, self.row, self.stack, self.started = quick, row, contextlib.ExitStack(), None
        self.topics = itertools.count()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stack.close()

    @property
    def service(self):
        """Broker and server of all rows, started when first needed."""
        if self.started is None:
            self.started = self.stack.enter_context(Service(server=SERVER))
        return self.started

    def consume(self, name, topic, load, aggregators=1):
        """(database, CPU seconds of all aggregators) of the topic, to its end."""
        database = Database(self.service, name, *load)
        running = [self.service.aggregator(name, topic).start("--once") for _ in range(aggregators)]
        cpu = sum(cpu_of(one.process) for one in running)
        for one in running:
            if one.process.returncode != 0:
                raise RuntimeError(f"zonelag-aggregator failed:\n{one.said()}")
        return database, cpu

    def topic(self, *load):
        """(its name, its number of events), filled."""
        name = f"load{next(self.topics)}"
        return name, self.service.load(name, *load, partitions=PARTITIONS)["events"]

    def rate(self):
        for kind, zones in (("notify", 20_000), ("fleet", 4_000)):
            load = ["--kind", kind, "--nodes", 22, "--zones", zones // 10 if self.quick else zones]
            topic, events = self.topic(*load)
            database, cpu = self.consume(f"rate_{kind}", topic, load)
            rows, (transactions, seconds, first) = database.rows(), database.commits()
            total, share = sum(rows.values()), 1 - first / rows["evidence"]
            if rows["versions"] != load[-1]:
                raise RuntimeError(f"{rows['versions']} versions of {load[-1]}")
            ours, floor = total * share / seconds, total / copied(database, transactions)
            self.row(f"{kind}: events to committed rows", f"{ours:.0f} rows/s {events * share / seconds:.0f} events/s",
                     f"COPY {floor:.0f} rows/s, {total / transactions:.0f} a tx", f"{ours / floor:.2f}", ">= 0.6", ours >= 0.6 * floor)
            self.row(f"{kind}: CPU of an event", f"{cpu / events * 1e6:.2f} us", f"the Python tool {TOOL * 1e6:.0f} us", f"1/{TOOL / (cpu / events):.0f}",
                     "<= 1/50", cpu / events <= TOOL / 50)

    def latency(self):
        """Event time is the wall clock; each node of a version has one event, and so one row of evidence, written once."""
        warm, seconds = 10, 10 if self.quick else 60
        load = ["--kind", "notify", "--nodes", 22, "--zones", 10_000, "--versions", 10]
        name = f"load{next(self.topics)}"
        self.service.feed(name, [], partitions=PARTITIONS)
        database = Database(self.service, "latency", *load)
        one = self.service.aggregator("latency", name, listen=True).start().wait_until_ready()
        began = time.time()
        told = json.loads(run_load("--brokers", self.service.brokers, "--topic", name, *load, "--paced", "--rate", 5000, "--seconds", warm + seconds))
        wait(lambda: sum(self.service.offsets("latency").values()) >= told["events"], 30, "all to be committed")
        one.stop()
        p50, p99, most, count = database.query(
            "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY late), percentile_cont(0.99) WITHIN GROUP (ORDER BY late), max(late), count(*) FROM "
            "(SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 - announced_ns / 1e9 AS late FROM tlddns.evidence "
            f"WHERE announced_ns > {int((began + warm) * 1e9)}) t")[0]
        self.row("event to committed row, p99", f"{float(p99) * 1000:.0f} ms", f"p50 {float(p50) * 1000:.0f} ms, worst {float(most) * 1000:.0f} ms, {count} events",
                 "", "<= 1000 ms", float(p99) <= 1)

    def scaling(self):
        load = ["--kind", "notify", "--nodes", 22, "--zones", 2_000 if self.quick else 20_000]
        topic, events = self.topic(*load)
        costs, tables = {}, {}
        for aggregators in (1, 2, 4):
            database, cpu = self.consume(f"scaling{aggregators}", topic, load, aggregators)
            costs[aggregators] = cpu / events
            if (found := database.rows()["versions"]) != load[-1]:
                raise RuntimeError(f"{found} versions of {load[-1]}")
            tables[aggregators] = self.service.tables(f"scaling{aggregators}")
        same = all(not tables[1].difference(tables[n]) for n in (2, 4))
        for aggregators in (2, 4):
            ratio = costs[aggregators] / costs[1]
            self.row(f"CPU of an event, {aggregators} aggregators", f"{costs[aggregators] * 1e6:.2f} us", f"one {costs[1] * 1e6:.2f} us, tables {'equal' if same else 'DIFFER'}",
                     f"{ratio:.2f}", "<= 1.25", ratio <= 1.25 and same)

    def resident_after(self, name, topic, load, events):
        """(bytes beyond those of one that has nothing, the aggregator)"""
        Database(self.service, name, *load)
        one = self.service.aggregator(name, topic, listen=True).start().wait_until_ready()
        wait(lambda: sum(self.service.offsets(name).values()) >= events, 1200, "all to be committed")
        time.sleep(QUIET)
        return one.resident() - self.idle(), one

    def idle(self):
        if not hasattr(self, "idle_bytes"):
            Database(self.service, "idle", "--nodes", 22)
            self.service.feed("idle", [], partitions=PARTITIONS)
            one = self.service.aggregator("idle", "idle", listen=True).start().wait_until_ready()
            time.sleep(2)
            self.idle_bytes = one.resident()
            one.stop()
        return self.idle_bytes

    def zones(self):
        """One event each, of a customer: with no secondary in the inventory nothing is open; and time goes on by an hour."""
        count = 100_000 if self.quick else 1_000_000
        load = ["--kind", "notify", "--nodes", 1, "--zones", count, "--rate", 100_000]
        topic, events = self.topic(*load, "--advance", 3600)
        size, one = self.resident_after("zones", topic, load, events)
        one.stop()
        self.row("memory of a zone with nothing open", f"{size / count:.0f} bytes", f"{count} zones", "", "<= 256 bytes", size <= 256 * count)

    def open(self):
        """Versions that wait for one more node: what they take, and how long a start with them does."""
        count = 10_000 if self.quick else 100_000
        load = ["--kind", "notify", "--nodes", 21, "--zones", count, "--missing", 1, "--rate", 100_000]
        topic, events = self.topic(*load)
        size, one = self.resident_after("open", topic, load, events)
        pairs = count * 20
        self.row("memory of an open (version, node)", f"{size / pairs:.0f} bytes", f"{pairs} pairs, one node open each", "", "<= 150 bytes", size <= 150 * pairs)
        one.stop(30)
        began = time.monotonic()
        one.start().wait_until_ready(300)
        seconds = time.monotonic() - began
        time.sleep(QUIET)
        size = one.resident() - self.idle()
        one.stop(30)
        self.row(f"start with {count} open versions", f"{seconds:.1f} s", f"{pairs} pairs read back, then {size / pairs:.0f} bytes each", "", "<= 30 s", seconds <= 30)


ROWS = {"service-rate": ServiceBench.rate, "service-latency": ServiceBench.latency, "service-scaling": ServiceBench.scaling,
        "service-zones": ServiceBench.zones, "service-open": ServiceBench.open}
