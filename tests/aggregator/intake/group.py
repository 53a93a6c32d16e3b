"""Members of a consumer group (feed_member), events for them, and their shared journal. Needs Debian's
python3-confluent-kafka and python3-protobuf: an independent client and codec."""
import collections
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

SOURCE = pathlib.Path(os.environ["ZONELAG_SOURCE_DIR"])
MEMBER = os.environ["FEED_MEMBER"]
PROTOC = os.environ.get("PROTOC", "protoc")
sys.path.insert(0, str(SOURCE / "tests" / "kafka"))

try:
    import confluent_kafka
    import confluent_kafka.admin
    import google.protobuf  # noqa: F401
except ImportError as error:
    sys.exit(f"{error}: scripts/install --test installs python3-confluent-kafka and python3-protobuf")


def generated(folder):
    """event.proto's and result.proto's modules, generated into the folder"""
    subprocess.run([PROTOC, f"--proto_path={SOURCE}/proto", f"--python_out={folder}",
                    "zonelag/v1/event.proto", "zonelag/v1/result.proto"], check=True)
    sys.path.insert(0, str(folder))
    import zonelag.v1.event_pb2 as event_pb2
    import zonelag.v1.result_pb2 as result_pb2
    return event_pb2, result_pb2


_generated = tempfile.TemporaryDirectory()
event_pb2, result_pb2 = generated(_generated.name)


def event(zone, sensor="s1", sequence=1, at=None):
    """a NOTIFY as a sensor reports it, encoded"""
    made = event_pb2.Event(schema=1, sensor_id=sensor, boot_id=7, sequence=sequence, zone=zone,
                           transport=event_pb2.TRANSPORT_UDP, direction=event_pb2.DIRECTION_TRANSIT)
    made.captured_at.FromNanoseconds(time.time_ns() if at is None else int(at * 1e9))
    made.source.address, made.source.port = "192.0.2.1", 53
    made.destination.address, made.destination.port = "192.0.2.2", 53
    made.notify.query_type, made.notify.serial, made.notify.attempt = 6, sequence, 1
    return made.SerializeToString()


def zone_name(number):
    return f"zone{number}.example"


def eventually(what, condition, within=30):
    deadline = time.monotonic() + within
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s: {what}")
        time.sleep(0.02)
    return value


class Topic:
    """a topic of the broker, and what a test does to it by other means than the feed"""

    def __init__(self, broker, name, partitions, config=None):
        self.name = name
        self.brokers = broker.facts["plain"]
        self.admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": self.brokers})
        new = confluent_kafka.admin.NewTopic(name, partitions, 1, config=config or {})
        self.admin.create_topics([new])[name].result(20)
        self.sent = 0

    def grow(self, partitions):
        new = confluent_kafka.admin.NewPartitions(self.name, partitions)
        self.admin.create_partitions([new])[self.name].result(20)

    def configure(self, **config):
        resource = confluent_kafka.admin.ConfigResource(confluent_kafka.admin.ConfigResource.Type.TOPIC, self.name,
                                                        set_config=config)
        self.admin.alter_configs([resource])[resource].result(20)

    def low(self, partition):
        reader = confluent_kafka.Consumer({"bootstrap.servers": self.brokers, "group.id": "watermarks"})
        with contextlib.closing(reader):
            return reader.get_watermark_offsets(confluent_kafka.TopicPartition(self.name, partition), 5)[0]

    def send(self, records, partitioner="murmur2_random", **producer):
        """records: (key, value), or (key, value, partition)"""
        to = confluent_kafka.Producer({"bootstrap.servers": self.brokers, "partitioner": partitioner,
                                       "topic.metadata.refresh.interval.ms": 500, "linger.ms": 5, **producer})
        failed = []
        for key, value, *partition in records:
            to.produce(self.name, value, key, *partition, on_delivery=lambda error, _: error and failed.append(error))
            to.poll(0)
        to.flush(30)
        assert not failed, failed

    def send_events(self, count, zones=40, **options):
        """`count` more events, numbered on, over the zones; the names that the journal has for them"""
        numbers = range(self.sent, self.sent + count)
        self.sent += count
        self.send([(zone_name(i % zones), event(zone_name(i % zones), sequence=i)) for i in numbers], **options)
        return {f"s1/{i}" for i in numbers}

    def records(self, count, within=20):
        """all of the topic: (key, value, headers)"""
        reader = confluent_kafka.Consumer({"bootstrap.servers": self.brokers, "group.id": "records",
                                           "enable.auto.commit": False})
        with contextlib.closing(reader):
            partitions = reader.list_topics(self.name, 10).topics[self.name].partitions
            reader.assign([confluent_kafka.TopicPartition(self.name, p, confluent_kafka.OFFSET_BEGINNING)
                           for p in partitions])
            found, deadline = [], time.monotonic() + within
            while len(found) < count and time.monotonic() < deadline:
                message = reader.poll(0.2)
                if message is not None and not message.error():
                    found.append((message.key(), message.value(), dict(message.headers() or [])))
        return found


class Journal:
    def __init__(self, folder):
        self.path = pathlib.Path(folder) / "journal"
        self.path.touch()

    def ranges(self):
        for line in self.path.read_text().splitlines():
            partition, begin, end, *events = line.split()
            yield int(partition), int(begin), int(end), events

    def events(self):
        return collections.Counter(name for *_, events in self.ranges() for name in events)


class Member:
    def __init__(self, topic, group, journal, *options, brokers=None):
        self.lines = []
        self.changed = threading.Condition()
        self.process = subprocess.Popen(
            [MEMBER, "--brokers", brokers or topic.brokers, "--topic", topic.name, "--group", group, "--journal", journal.path,
             *map(str, options)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(json.loads(line))
                self.changed.notify_all()

    def wait(self, condition, within=30, after=0):
        """the first line since `after` for which the condition holds"""
        def found():
            return next((line for line in self.lines[after:] if condition(line)), None)
        with self.changed:
            if not self.changed.wait_for(lambda: found() is not None, within):
                raise AssertionError(f"no such line within {within} s: {self.lines[after:]}")
            return found()

    def tell(self, word):
        after = len(self.lines)
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return self.wait(lambda line: line.get("obeyed") == word, after=after)

    def held(self):
        """the partitions that it holds now"""
        held = set()
        for line in list(self.lines):
            held |= set(line.get("assigned", ()))
            held -= set(line.get("revoked", ()))
        return held

    def logs(self):
        return [line["log"] for line in self.lines if "log" in line]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        self.reader.join(10)

    def leave(self):
        self.process.stdin.close()
        assert self.process.wait(30) == 0
        self.reader.join(10)
        return self.lines[-1]

    def close(self):
        if self.process.poll() is None:
            self.kill()
        self.process.stdout.close()
        if not self.process.stdin.closed:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
