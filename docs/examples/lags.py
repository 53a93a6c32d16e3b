#!/usr/bin/env python3
"""Prints zonelag's lags as they come: one line for each change of a row.

  protoc --proto_path=proto --python_out=. zonelag/v1/result.proto      once; wants protobuf-compiler
  lags.py --brokers localhost:9092 [--topic zonelag.lags] [-X security.protocol=ssl] [--until-end]

Wants python3-confluent-kafka and python3-protobuf, and the folder with the generated zonelag/ in PYTHONPATH.
"""
import argparse
import sys

import confluent_kafka
from zonelag.v1 import result_pb2


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--brokers", default="localhost:9092")
    parser.add_argument("--topic", default="zonelag.lags")
    parser.add_argument("--group", default="lags.py", help="who reads; each group gets all records")
    parser.add_argument("-X", action="append", default=[], metavar="NAME=VALUE", help="any librdkafka property")
    parser.add_argument("--until-end", action="store_true", help="stop when there is nothing more to read")
    return parser.parse_args()


def records(consumer, until_end):
    """what is in the topic, and then what comes"""
    open_partitions = None
    while open_partitions is None or open_partitions or not until_end:
        message = consumer.poll(1.0)
        if open_partitions is None and consumer.assignment():
            open_partitions = {partition.partition for partition in consumer.assignment()}
        if message is None:
            continue
        if message.error():
            if message.error().code() != confluent_kafka.KafkaError._PARTITION_EOF:
                sys.exit(f"lags.py: {message.error().str()}")
            if until_end:
                open_partitions.discard(message.partition())
            continue
        yield message


def seconds(lag, field):
    return f"{getattr(lag, field).ToNanoseconds() / 1e9:.3f} s"


def describe(lag):
    node = lag.hostname or lag.dsc_name or lag.address
    if lag.removed:
        return f"{lag.zone} {lag.serial} {node}: removed"
    if not lag.HasField("live_at"):
        return f"{lag.zone} {lag.serial} {node}: not there yet"
    after = f", {seconds(lag, 'incoming_lag')} after the incoming server" if lag.HasField("incoming_lag") else ""
    return f"{lag.zone} {lag.serial} {node}: live {lag.live_at.ToJsonString()}{after}"


def main():
    arguments = parse_arguments()
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": arguments.brokers,
        "group.id": arguments.group,
        "auto.offset.reset": "earliest",
        "enable.partition.eof": True,
        **dict(pair.split("=", 1) for pair in arguments.X),
    })
    consumer.subscribe([arguments.topic])
    revisions = {}  # (zone, serial, address): the largest so far; bound it by the age that interests you
    for message in records(consumer, arguments.until_end):
        lag = result_pb2.Lag.FromString(message.value())
        if lag.schema != 1:
            sys.exit(f"lags.py: schema version {lag.schema}: a newer result.proto is needed")
        row = (lag.zone, lag.serial, lag.address)
        if lag.revision <= revisions.get(row, 0):
            continue  # sent again
        revisions[row] = lag.revision
        print(describe(lag), flush=True)
    consumer.close()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
