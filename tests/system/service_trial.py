"""Faults on purpose, and the proof that they changed nothing: a load of events is consumed once in peace, and once while
processes are killed, stopped and started; afterwards the tables are the same. Standard library only.

The load is fed in as many pieces as there are disturbances, so that there is always something on its way; how long after
a piece a process is hit is drawn from a seed. What is left to chance is what the machine does with it.
"""
import contextlib
import json
import random
import signal
import subprocess
import time

import result_records
from aggregator import BIN, wait

# A member that is silent for six seconds loses its partitions. Many small transactions: more places to be hit at.
QUICK = {"kafka.properties": {"session.timeout.ms": "6000", "heartbeat.interval.ms": "1000"}, "events": {"batch": 100, "gather": "20ms"}}


class Load:
    """Events of a fleet, and the tables that they give in peace."""

    def __init__(self, service, seed, zones=40, nodes=10, versions=4, partitions=8):
        self.service, self.seed, self.partitions = service, seed, partitions
        words = ["--kind", "fleet", "--zones", zones, "--nodes", nodes, "--versions", versions, "--missing", 1, "--seed", seed % 65536,
                 "--rate", 400, "--advance", 30]
        self.inventory = service.folder / f"load-{seed}.toml"
        self.inventory.write_text(subprocess.run([BIN / "event_load", "--inventory", "--nodes", str(nodes)], check=True, capture_output=True, text=True).stdout)
        self.topic = f"calm-{seed}"
        service.load(self.topic, *words, partitions=partitions)
        records = service.records(self.topic)
        self.events = [json.dumps(record["event"]) for record in sorted(records, key=lambda record: record["event"]["captured_at"])]
        service.make_database("calm", self.inventory)
        service.aggregator("calm", self.topic).once()
        self.tables = service.tables("calm")

    def pieces(self, count, shuffle=False, repeat=0.0, chance=None):
        """The events in so many lists. Shuffled: in no order at all; repeat: this share comes twice, at another place."""
        chance, events = chance or random.Random(self.seed), list(self.events)
        for event in chance.sample(self.events, int(len(events) * repeat)):
            events.insert(chance.randrange(len(events) + 1), event)
        if shuffle:
            chance.shuffle(events)
        return [events[len(events) * i // count:len(events) * (i + 1) // count] for i in range(count)]


class Trial:
    """One disturbed run: topic, database and members of its own."""

    number = 0

    def __init__(self, load, members=2, partitions=None, static=True, **sections):
        """static: members keep their place in the group while they are away, so that one that is started again goes on at once."""
        Trial.number += 1
        self.load, self.service = load, load.service
        self.chance = random.Random(f"{load.seed} {Trial.number}")
        self.database = f"rough{Trial.number}"
        self.topic = f"rough-{load.seed}-{Trial.number}"
        self.partitions = partitions or load.partitions
        self.service.make_database(self.database, load.inventory)
        self.service.feed(self.topic, [], partitions=self.partitions)
        sections = {**QUICK, **sections}
        names = [{"kafka": {"instance_id": f"{self.database}-{i}"}} if static else {} for i in range(members)]
        self.members = [self.service.aggregator(self.database, self.topic, listen=True, **sections, **name) for name in names]
        self.feeder = None

    def __enter__(self):
        for member in self.members:
            member.start()
        for member in self.members:
            member.wait_until_ready()
        self.open_feeder()
        return self

    def __exit__(self, *_):
        if self.feeder.poll() is None:
            self.feeder.kill()
            self.feeder.wait()
        self.feeder.stdin.close()
        for member in self.members:
            member.kill()

    def open_feeder(self):
        self.feeder = subprocess.Popen([BIN / "event_send", "--brokers", self.service.brokers, "--topic", self.topic, "-"], stdin=subprocess.PIPE,
                                       stdout=subprocess.DEVNULL, text=True)

    def close_feeder(self):
        self.feeder.stdin.close()
        if self.feeder.wait(120) != 0:
            raise AssertionError("not all events could be sent")

    def feed(self, piece):
        self.feeder.stdin.write("".join(event + "\n" for event in piece))
        self.feeder.stdin.flush()

    def run(self, disturb, times, most_after=0.3, **order):
        """disturb(self, i) once after each piece, at some moment up to `most_after` seconds later; then the check."""
        for i, piece in enumerate(self.load.pieces(times, chance=self.chance, **order)):
            self.feed(piece)
            time.sleep(self.chance.uniform(0, most_after))  # not to wait for something: any moment will do
            disturb(self, i)
        self.close_feeder()
        self.check()

    def start_again(self, member):
        if not member.running():
            member.start()

    def check(self, seconds=90):
        """All is consumed, and the tables become those of the undisturbed run; and stay."""
        for member in self.members:
            self.start_again(member)

        # Looked up anew each time: records that are not at home are sent home, behind all the others.
        def consumed():
            with contextlib.suppress(RuntimeError):
                ends = self.service.ends(self.topic)
                return {p: o for p, o in self.service.offsets(self.database).items() if o > 0} == ends
        wait(consumed, seconds, lambda: f"all to be consumed: {self.service.ends(self.topic)} against "
                                        f"{self.service.offsets(self.database)}\n{self.logs()}")
        wait(lambda: not self.difference(), 30, lambda: f"equal tables, seed {self.load.seed}:\n{self.difference()}\n{self.logs()}")
        for member in self.members:
            code, seconds = member.stop()
            if code != 0 or seconds > 5:
                raise AssertionError(f"SIGTERM: exit code {code} after {seconds:.1f} s:\n{member.said()}")
        if told := self.difference():
            raise AssertionError(f"the tables changed at the end, seed {self.load.seed}:\n{told}")
        if told := result_records.differences(self.service, self.database):
            raise AssertionError(f"the topics end otherwise than the tables, seed {self.load.seed}:\n" + "\n".join(told))

    def difference(self):
        return self.load.tables.difference(self.service.tables(self.database))

    def logs(self, lines=12):
        return "\n".join("\n".join([f"-- {member.folder.name}", *member.said().splitlines()[-lines:]]) for member in self.members)


# What can go wrong. Each takes the trial and the disturbance's number.

def kill_member(trial, i):
    """Mostly one that is at work; sometimes one that has just been started."""
    member = trial.chance.choice(trial.members)
    if trial.chance.random() < 0.8:
        member.wait_until_ready()
        time.sleep(trial.chance.uniform(0, 0.2))
    member.kill()
    member.start()


def kill_server(trial, i):
    trial.service.server.kill()
    time.sleep(trial.chance.uniform(0, 0.5))
    trial.service.server.start()


def kill_broker(trial, i):
    trial.service.broker.kill()
    time.sleep(trial.chance.uniform(0, 0.5))
    trial.service.broker.start()


def come_and_go(trial, i):
    """Members end in order, or come back: never the last one."""
    member = trial.chance.choice(trial.members)
    if not member.running():
        member.start()
    elif sum(other.running() for other in trial.members) > 1:
        member.stop()


def stall(trial, i):
    """A member stands still for longer than the group waits for it, with whatever it has in its hands; others take over."""
    member = trial.chance.choice(trial.members)
    member.process.send_signal(signal.SIGSTOP)
    time.sleep(trial.chance.uniform(6, 12) if i % 2 == 0 else 0.5)
    member.process.send_signal(signal.SIGCONT)


def grow(trial, i):
    """More partitions; who fed the topic before does not know of them yet."""
    trial.partitions += trial.chance.choice((1, 3, 8))
    trial.service.feed(trial.topic, [], partitions=trial.partitions)
    if i % 2:
        trial.close_feeder()
        trial.open_feeder()
