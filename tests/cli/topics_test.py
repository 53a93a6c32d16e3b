"""`zonelag topics create` with a real Apache Kafka."""
import sys
import unittest

from command import SOURCE, CommandTest, zonelag

sys.path.insert(0, str(SOURCE / "tests" / "kafka"))
from broker import Broker  # noqa: E402

TOPICS = ["zonelag.events", "zonelag.events.dead", "zonelag.lags", "zonelag.slas"]


def setUpModule():
    global broker
    broker = Broker()


def tearDownModule():
    broker.close()


class Topics(CommandTest):
    def test_create(self):
        plain = broker.facts["plain"]
        trial = zonelag("topics", "create", "-b", plain, "--partitions", 6, "--replication", 1, "--dry-run")
        self.assertEqual((trial.code, trial.err), (0, ""))
        for topic in TOPICS:
            self.assertIn(f"  {topic} ", trial.out)
        first = zonelag("topics", "create", "-b", plain, "--partitions", 6, "--replication", 1)
        self.expect(first, 0, [], "zonelag.events: created, 6 partitions\nzonelag.events.dead: created, 1 partition\n"
                                  "zonelag.lags: created, 6 partitions\nzonelag.slas: created, 6 partitions\n")
        again = zonelag("topics", "create", "-b", plain, "--partitions", 6, "--replication", 1)
        self.expect(again, 0, [], first.out.replace("created", "present"))
        other = zonelag("topics", "create", "-b", plain, "--partitions", 8, "--replication", 1)
        self.assertEqual(other.code, 0)
        self.assertRegex(other.out, r"(?m)^zonelag\.events: differs, 6 partitions")
        config = self.file("aggregator.toml", f'[kafka]\nbrokers = ["{plain}"]\n[database]\ntopic = "other.events"\n'
                                              'lags_topic = "off"\n')
        named = zonelag("topics", "create", "--config", config, "--partitions", 2)
        self.assertEqual((named.code, named.err), (0, ""))
        self.assertIn("other.events: created, 2 partitions\n", named.out)
        self.assertNotIn("zonelag.lags", named.out)

    def test_no_broker(self):
        result = zonelag("topics", "create", "-b", "127.0.0.1:1")
        self.assertEqual((result.code, result.out, len(result.err.splitlines())), (1, "", 1))
        self.assertIn("127.0.0.1:1", result.err)

    def test_too_many_copies(self):
        result = zonelag("topics", "create", "-b", broker.facts["plain"], "-t", "copies.events", "--replication", 3)
        self.assertEqual(result.code, 1)
        self.assertIn("copies.events", result.err)


if __name__ == "__main__":
    unittest.main()
