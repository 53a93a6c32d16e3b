"""scripts/soak service: the faults of tests/system/service_faults_test.py at length, until the tables are equal each time.

usage: scripts/soak service [--seed N] [--aggregator 200] [--database 50] [--broker 50] [--rebalance 60] [--stall 12] [--grow 8]

How often each thing happens can be set; 0 leaves it out. The seed decides what is hit and when; it is printed.
"""
import argparse
import os
import pathlib
import random
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
os.environ.setdefault("ZONELAG_BIN", str(ROOT / "build/release/bin"))
sys.path.insert(0, str(ROOT / "tests/system"))
import service_trial  # noqa: E402
from aggregator import Service  # noqa: E402

TARGETS = ("zonelag", "zonelag-aggregator", "event_load", "event_send", "kafka_dump")
# option: (what happens, how often, members, partitions, longest pause before it)
ROWS = {"aggregator": (service_trial.kill_member, 200, 2, 8, 0.3), "database": (service_trial.kill_server, 50, 2, 8, 0.5),
        "broker": (service_trial.kill_broker, 50, 2, 8, 0.5), "rebalance": (service_trial.come_and_go, 60, 3, 8, 0.5),
        "stall": (service_trial.stall, 12, 2, 8, 0.3), "grow": (service_trial.grow, 8, 2, 2, 1.0)}


def main(arguments):
    parser = argparse.ArgumentParser(prog="scripts/soak service", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    for name, (_, times, *_) in ROWS.items():
        parser.add_argument(f"--{name}", type=int, default=times)
    options = parser.parse_args(arguments)
    print(f"seed {options.seed}", flush=True)
    failed = 0
    with Service() as service:
        load = service_trial.Load(service, options.seed, zones=200, nodes=12, versions=5)
        print(f"undisturbed: {len(load.events)} events, {load.tables.size()} rows", flush=True)
        for name, (disturb, _, members, partitions, most_after) in ROWS.items():
            times = getattr(options, name)
            for order in ({}, {"shuffle": True, "repeat": 0.3}) if times else ():
                began = time.monotonic()
                try:
                    with service_trial.Trial(load, members=members, partitions=partitions, static=name not in ("rebalance", "stall")) as trial:
                        trial.run(disturb, (times + 1) // 2, most_after, **order)
                    told = "equal"
                except (AssertionError, RuntimeError, OSError) as error:
                    told, failed = f"FAILED\n{error}", failed + 1
                print(f"{name} x {(times + 1) // 2}{', shuffled, a third twice' if order else ''}: {time.monotonic() - began:.0f} s, tables {told}", flush=True)
    return 1 if failed else 0
