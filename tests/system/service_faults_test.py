"""The service under faults, in short: whatever is killed, comes and goes, stands still, comes twice or in no order, the
tables end as those of an undisturbed run. scripts/soak service does the same at length.
"""
import contextlib
import random
import subprocess
import sys
import unittest

import service_trial
from aggregator import Service, wait
from service_trial import Load, Trial

SEED = int(sys.argv.pop(sys.argv.index("--seed") + 1)) if "--seed" in sys.argv else random.SystemRandom().randrange(1 << 31)
if "--seed" in sys.argv:
    sys.argv.remove("--seed")


class Case(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        print(f"seed {SEED}", flush=True)
        cls.service = cls.enterClassContext(Service())
        cls.load = Load(cls.service, SEED)


class Processes(Case):
    def test_aggregator_is_killed(self):
        with Trial(self.load, members=2) as trial:
            trial.run(service_trial.kill_member, 12)

    def test_database_is_killed(self):
        with Trial(self.load, members=2) as trial:
            trial.run(service_trial.kill_server, 4)

    def test_broker_is_killed(self):
        with Trial(self.load, members=2) as trial:
            trial.run(service_trial.kill_broker, 3)


class Group(Case):
    def test_members_come_and_go(self):
        with Trial(self.load, members=3, static=False) as trial:
            trial.run(service_trial.come_and_go, 10)

    def test_member_stands_still(self):
        with Trial(self.load, members=2, static=False) as trial:
            trial.run(service_trial.stall, 2)

    def test_member_stands_still_while_events_come_in_no_order(self):
        """What it still has to send when it goes on is old by then, and of the same event time."""
        with Trial(self.load, members=2, static=False) as trial:
            trial.run(service_trial.stall, 4, shuffle=True, repeat=0.3)

    def test_topic_grows(self):
        with Trial(self.load, members=2, partitions=2) as trial:
            trial.run(service_trial.grow, 4)

    def test_repeated_and_in_no_order(self):
        with Trial(self.load, members=2) as trial:
            trial.run(service_trial.kill_member, 6, shuffle=True, repeat=0.5)


if __name__ == "__main__":
    unittest.main()
