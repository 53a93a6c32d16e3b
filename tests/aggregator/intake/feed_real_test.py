#!/usr/bin/python3
"""The feed against Apache Kafka: a group that shares partitions, grows, loses members; what is no event; what is gone.

The journal of feed_member is the store: every event must be in it exactly once, whatever happened. One broker for all;
each test has its own topic and group.
"""
import contextlib
import tempfile
import time
import unittest

from group import Journal, Member, Topic, event, eventually, zone_name
from broker import Broker

BROKER = None
SETTINGS = ("group.min.session.timeout.ms=500", "log.retention.check.interval.ms=200", "log.initial.task.delay.ms=100")


def setUpModule():
    global BROKER
    BROKER = Broker("--tls", *(word for setting in SETTINGS for word in ("--set", setting)))
    unittest.addModuleCleanup(BROKER.close)


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.journal = Journal(folder.name)
        self.name = self.id().rpartition(".")[2]

    def topic(self, partitions=16, **config):
        return Topic(BROKER, self.name, partitions, config)

    def member(self, topic, *options, brokers=None):
        member = Member(topic, self.name, self.journal, *options, brokers=brokers)
        self.addCleanup(member.close)
        return member

    def expect(self, events, within=30):
        """exactly these were consumed, each once"""
        with contextlib.suppress(AssertionError):
            eventually("all events", lambda: len(self.journal.events()) >= len(events), within)
        found = self.journal.events()
        self.assertEqual(set(found), set(events))
        self.assertEqual([name for name, count in found.items() if count != 1], [])


class Group(Case):
    def test_members_share_and_leave(self):
        topic = self.topic()
        expected = topic.send_events(500)
        first = self.member(topic)
        eventually("all partitions", lambda: len(first.held()) == 16)
        second = self.member(topic)
        eventually("halves", lambda: len(second.held()) == 8 and len(first.held()) == 8)
        third = self.member(topic)
        eventually("thirds", lambda: sorted(map(len, (m.held() for m in (first, second, third)))) == [5, 5, 6])
        self.assertEqual(len(first.held() | second.held() | third.held()), 16)
        expected |= topic.send_events(500)
        self.expect(expected)
        # Cooperative: nobody gave back what it kept.
        self.assertEqual(sum(len(line.get("revoked", ())) for line in first.lines), 16 - len(first.held()))
        self.assertLess(second.leave()["left"], 1.0)
        eventually("two again", lambda: len(first.held()) + len(third.held()) == 16)
        expected |= topic.send_events(200)
        self.expect(expected)

    def test_nobody_loses_partitions_by_committing_while_others_join(self):
        topic = self.topic()
        members = [self.member(topic)]
        eventually("all partitions", lambda: len(members[0].held()) == 16)
        expected = topic.send_events(100)
        for joined in (2, 3, 4):
            members.append(self.member(topic))

            def settled():
                expected.update(topic.send_events(20))  # what is read is committed, at any point of the joining
                return sum(len(m.held()) for m in members) == 16 and all(m.held() for m in members)
            eventually(f"shared by {joined}", settled)
        self.expect(expected)
        self.assertFalse([line for member in members for line in member.lines if line.get("lost") is True])

    def test_who_does_not_want_events_takes_no_partition(self):
        topic = self.topic(4)
        first = self.member(topic)
        eventually("all partitions", lambda: len(first.held()) == 4)
        second = self.member(topic, "--paused")
        # Heartbeats of a group tell its members within 3 s of who is new.
        until = time.monotonic() + 4
        eventually("time to join", lambda: time.monotonic() > until)
        self.assertEqual((len(first.held()), len(second.held())), (4, 0))
        expected = topic.send_events(100)
        self.expect(expected)
        second.tell("resume")
        eventually("halves", lambda: len(first.held()) == len(second.held()) == 2)
        self.expect(expected | topic.send_events(100))

    def test_a_killed_member_loses_nothing(self):
        topic = self.topic()
        members = [self.member(topic, "--session-ms", 1000) for _ in range(3)]
        eventually("shared", lambda: sum(len(m.held()) for m in members) == 16 and all(m.held() for m in members))
        expected = topic.send_events(2000)
        eventually("some", lambda: sum(self.journal.events().values()) > 100)
        members[0].kill()
        expected |= topic.send_events(2000)
        eventually("taken over", lambda: sum(len(m.held()) for m in members[1:]) == 16)
        expected |= topic.send_events(500)
        self.expect(expected)

    def test_static_members_keep_their_partitions(self):
        topic = self.topic()
        first = self.member(topic, "--instance", "a", "--session-ms", 20000)
        second = self.member(topic, "--instance", "b", "--session-ms", 20000)
        eventually("halves", lambda: len(first.held()) == 8 and len(second.held()) == 8)
        expected = topic.send_events(500)
        self.expect(expected)
        before, lines = second.held(), len(first.lines)
        second.kill()
        expected |= topic.send_events(500)
        again = self.member(topic, "--instance", "b", "--session-ms", 20000)
        eventually("the same", lambda: again.held() == before)
        self.assertLess(again.leave()["left"], 1.0)
        last = self.member(topic, "--instance", "b", "--session-ms", 20000)
        eventually("the same after an orderly end", lambda: last.held() == before)
        self.expect(expected)
        self.assertFalse([line for line in first.lines[lines:] if "revoked" in line or "assigned" in line])

    def test_two_processes_with_one_instance_id(self):
        topic = self.topic(2)
        first = self.member(topic, "--instance", "a")
        eventually("held", lambda: len(first.held()) == 2)
        second = self.member(topic, "--instance", "a")
        eventually("taken over", lambda: len(second.held()) == 2)
        self.assertIn("instance ids must differ", first.wait(lambda line: "fatal" in line)["fatal"])

    def test_a_member_that_waits_for_its_store_keeps_its_partitions(self):
        topic = self.topic(4)
        member = self.member(topic, "--session-ms", 1000)
        expected = topic.send_events(100)
        self.expect(expected)
        member.tell("pause")
        expected |= topic.send_events(300)
        # Longer than the session's time-out, which is what the test is about.
        until = time.monotonic() + 2
        eventually("more than a session", lambda: time.monotonic() > until)
        self.assertEqual(member.tell("figures")["held_partitions"], 4)
        self.assertEqual(len(self.journal.events()), 100)
        member.tell("resume")
        self.expect(expected)
        self.assertFalse([line for line in member.lines if "revoked" in line])

    def test_what_was_not_committed_is_read_again(self):
        topic = self.topic(4)
        member = self.member(topic, "--hold")
        expected = topic.send_events(1000)
        eventually("read", lambda: sum(line.get("held", 0) for line in list(member.lines)) == 1000)
        self.assertEqual(sum(self.journal.events().values()), 0)
        member.tell("go")
        self.expect(expected)


class Content(Case):
    def test_partitions_added_while_running(self):
        topic = self.topic(4)
        dead = Topic(BROKER, self.name + ".dead", 1)
        members = [self.member(topic) for _ in range(2)]
        eventually("shared", lambda: sum(len(m.held()) for m in members) == 4)
        expected = topic.send_events(400)
        self.expect(expected)
        topic.grow(6)
        # By a producer that has not heard of it, and by one that has.
        old = [(zone_name(i % 40), event(zone_name(i % 40), "old", i), i % 4) for i in range(100)]
        topic.send(old)
        expected |= {f"old/{i}" for i in range(100)}
        expected |= topic.send_events(400)
        eventually("six", lambda: len(set().union(*(m.held() for m in members))) == 6)
        for member in members:
            member.wait(lambda line: line.get("layout") == 6)
        expected |= topic.send_events(400)
        self.expect(expected)
        self.assertEqual(dead.records(1, 0.5), [])

    def test_strays_of_another_partitioner_are_sent_home(self):
        topic = self.topic(8)
        Topic(BROKER, self.name + ".dead", 1)
        members = [self.member(topic) for _ in range(2)]
        expected = topic.send_events(500, partitioner="consistent_random")  # librdkafka's and kcat's default
        self.expect(expected)
        strays = [line for member in members for line in member.lines if "stray" in line]
        self.assertGreater(len(strays), 100)
        self.assertEqual({line["hops"] for line in strays}, {1})
        # In order within a zone, at its home.
        homes = {}
        for partition, _, _, names in self.journal.ranges():
            for name in names:
                homes.setdefault(int(name[3:]) % 40, set()).add(partition)
        self.assertEqual({len(partitions) for partitions in homes.values()}, {1})

    def test_poison_goes_to_the_dead_letters(self):
        topic = self.topic(2, **{"max.message.bytes": "2000000"})
        dead = Topic(BROKER, self.name + ".dead", 1)
        poison = {
            b"\xff\xff": "not protobuf",
            event("a.example", at=time.time() + 7200): "in the future",
            event("a.example", at=0.5): "before 2000",
            event("a.example").replace(b"\x08\x01", b"\x08\x63", 1): "unknown schema version",
            event("a..example"): "not a domain name",
            b"\x08\x01" + b"x" * 1_500_000: "longer than a record may be",
        }
        expected = topic.send_events(50)
        topic.send([("key", value, 1) for value in poison], **{"message.max.bytes": 2_000_000})
        topic.send([("tombstone", None, 0)])
        expected |= topic.send_events(50)
        member = self.member(topic)
        self.expect(expected)
        letters = dead.records(len(poison) + 1)
        self.assertEqual(len(letters), len(poison) + 1)
        for key, value, headers in letters:
            if key == b"tombstone":
                continue
            whole = next(v for v in poison if v.startswith(value[:100]) and v[:len(value)] == value)
            self.assertIn(poison[whole], headers["zonelag-reason"].decode())
            self.assertEqual((headers["zonelag-topic"].decode(), headers["zonelag-partition"]), (topic.name, b"1"))
            if len(whole) > len(value):
                self.assertEqual(int(headers["zonelag-length"]), len(whole))
        self.assertEqual(member.process.poll(), None)
        told = [line for line in member.logs() if "dead letters" in line]
        self.assertEqual(len(told), 1, told)  # and not one for each
        self.assertRegex(told[0], rf"^kafka: topic '{topic.name}': (a record|\d records) can't be taken, for the dead letters; "
                                  r"the last: partition \d offset \d+: .+$")

    def test_a_wrong_key_costs_a_hop_and_no_event(self):
        topic = self.topic(8)
        self.member(topic)
        topic.send([(f"not-the-zone-{i}", event(zone_name(i), sequence=i)) for i in range(50)])
        self.expect({f"s1/{i}" for i in range(50)})

    def test_what_retention_took_is_told(self):
        topic = self.topic(1, **{"segment.ms": "100"})
        member = self.member(topic)
        expected = topic.send_events(10)
        self.expect(expected)
        member.leave()
        topic.send_events(25)
        topic.configure(**{"retention.ms": "100"})
        eventually("retention", lambda: topic.low(0) == 35)
        topic.configure(**{"retention.ms": "3600000"})
        expected |= topic.send_events(10)
        member = self.member(topic)
        self.expect(expected)
        told = member.wait(lambda line: line.get("error"))["log"]
        self.assertIn("DATA LOST: 25 records from offset 10 on", told)
        figures = member.tell("figures")
        self.assertEqual((figures["lost"], figures["resets"]), (25, 1))
        # The gap is in the store's offsets, too: what follows is contiguous for it.
        ranges = list(self.journal.ranges())
        self.assertTrue(any(begin == 10 and end > 35 for _, begin, end, _ in ranges), ranges)


class Trouble(Case):
    def test_missing_topic(self):
        class Missing:
            name, brokers = self.name, BROKER.facts["plain"]
        member = self.member(Missing)
        self.assertEqual(member.wait(lambda line: "fatal" in line)["fatal"],
                         f"topic '{self.name}' does not exist: create it (zonelag topics create)")
        waiting = self.member(Missing, "--wait-for-topic")
        waiting.wait(lambda line: "does not exist" in line.get("log", ""))
        topic = self.topic(4)
        self.expect(topic.send_events(100))

    def test_tls_and_sasl(self):
        topic = self.topic(2)
        facts = BROKER.facts
        tls = ("--tls-ca", facts["ca"])
        expected = topic.send_events(50)
        member = self.member(topic, "--security", "ssl", *tls, "--tls-certificate", facts["certificate"], "--tls-key",
                             facts["key"], brokers=facts["ssl"])
        self.expect(expected)
        member.leave()
        sasl = ("--security", "sasl_ssl", *tls, "--sasl-mechanism", "PLAIN", "--sasl-username", facts["user"])
        expected |= topic.send_events(50)
        member = self.member(topic, *sasl, "--sasl-password-file", facts["password_file"], brokers=facts["sasl_ssl"])
        self.expect(expected)
        member.leave()
        with tempfile.NamedTemporaryFile("w") as wrong:
            wrong.write("not the password\n")
            wrong.flush()
            member = self.member(topic, *sasl, "--sasl-password-file", wrong.name, brokers=facts["sasl_ssl"])
            line = member.wait(lambda line: "log" in line)["log"]
            self.assertEqual(line, f"kafka: {facts['sasl_ssl']}: authentication of user '{facts['user']}' failed: "
                                   "invalid username or password")
            self.assertLess(member.leave()["left"], 1.0)
        self.assertEqual(len(member.logs()), 1, member.logs())

    def test_broker_killed_and_back(self):
        topic = self.topic(4)
        member = self.member(topic, "--session-ms", 10000)
        expected = topic.send_events(1000)
        eventually("some", lambda: self.journal.events())
        BROKER.kill()
        member.wait(lambda line: "connection refused" in line.get("log", ""))
        BROKER.start()
        expected |= topic.send_events(1000)
        self.expect(expected)
        member.wait(lambda line: "again" in line.get("log", ""))


if __name__ == "__main__":
    unittest.main()
