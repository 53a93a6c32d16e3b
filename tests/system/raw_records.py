"""Records of a topic as bytes, and events made wrong on purpose. Needs Debian's python3-confluent-kafka: a client that is not
ours. No line is shared with what reads the events.
"""
import contextlib
import sys

try:
    import confluent_kafka
except ImportError as error:
    sys.exit(f"{error}: scripts/install --test installs python3-confluent-kafka; it is Debian's, for /usr/bin/python3")


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out + bytes([number]))


def number(field, value):
    return varint(field << 3) + varint(value & (1 << 64) - 1)


def sized(field, value):
    """A text, or a message: which of them is the schema's to say."""
    value = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(value)) + value


def send(brokers, topic, records, largest=1_048_588):
    """(partition, key, value, headers) each, in their order; {(partition, offset): record} as the broker has them. -1: by the key, murmur2."""
    producer = confluent_kafka.Producer({"bootstrap.servers": brokers, "partitioner": "murmur2_random", "linger.ms": 2, "enable.idempotence": True,
                                         "message.max.bytes": 2 * largest, "log_level": 0})
    sent, failed = {}, []

    def delivered(record, error, message):
        if error:
            failed.append(f"{error}: {record[:2]}, {len(record[2] or b'')} bytes")
        else:
            sent[message.partition(), message.offset()] = record
    for record in records:
        partition, key, value, headers = record
        producer.produce(topic, value, key, partition, headers=headers, on_delivery=lambda error, message, record=record: delivered(record, error, message))
        producer.poll(0)
    producer.flush(60)
    if failed or len(sent) != len(records):
        raise AssertionError(f"{topic}: {len(records) - len(sent)} records were not taken: {failed[:3]}")
    return sent


def read(brokers, topic):
    """All of a topic to its present end: {(partition, offset): (key, value, headers as a dictionary)}"""
    reader = confluent_kafka.Consumer({"bootstrap.servers": brokers, "group.id": "raw-records", "enable.auto.commit": False, "enable.partition.eof": True,
                                       "log_level": 0})
    with contextlib.closing(reader):
        waiting = set(reader.list_topics(topic, 20).topics[topic].partitions)
        reader.assign([confluent_kafka.TopicPartition(topic, partition, confluent_kafka.OFFSET_BEGINNING) for partition in waiting])
        found = {}
        while waiting:
            message = reader.poll(30)
            if message is None:
                raise AssertionError(f"{topic}: no end of partitions {waiting} within 30 s")
            if message.error() and message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
                waiting.discard(message.partition())
            elif message.error():
                raise AssertionError(f"{topic}: {message.error()}")
            else:
                found[message.partition(), message.offset()] = message.key(), message.value(), dict(message.headers() or [])
    return found
