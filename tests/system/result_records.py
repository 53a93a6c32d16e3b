"""A reader of the topics with results, after the comments of result.proto alone: what a consumer has in the end. It shares no
line with what writes them. Standard library only.
"""
import base64

import replay_rows

ROLES = (None, "customer", "incoming", "distribution", "secondary")
BASES = (None, "announced", "offered", "served", "received")
VERDICTS = (None, "met", "breached", "open", "undecidable")


def varint(data, at):
    number = shift = 0
    while True:
        byte = data[at]
        number |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return number, at


def fields(data):
    """{field number: its values}; numbers as 64 bits with sign, the rest as bytes."""
    found, at = {}, 0
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 == 0:
            value, at = varint(data, at)
            value -= (value >> 63) << 64
        elif tag & 7 == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        else:
            raise ValueError(f"wire type {tag & 7} is not used in result.proto")
        found.setdefault(tag >> 3, []).append(value)
    return found


def nanoseconds(record, number):
    """Of a Timestamp or a Duration; None when not set."""
    if number not in record:
        return None
    part = fields(record[number][-1])
    return part.get(1, [0])[-1] * 1_000_000_000 + part.get(2, [0])[-1]


def words(record, number):
    return record.get(number, [b""])[-1].decode()


def down(value):
    """Nanoseconds of a time as the tables' microseconds."""
    return None if value is None else value // 1000


def nearest(value):
    """The same of a lag: half away from zero."""
    return None if value is None else (abs(value) + 500) // 1000 * (1 if value >= 0 else -1)


def last(records, key_of):
    """{key: record}: of each row the one with the largest revision; and how many records came of each."""
    rows, counts = {}, {}
    for each in records:
        if "value" not in each:
            raise AssertionError(f"a result that reads as an event: {each}")
        record = fields(base64.b64decode(each["value"]))
        if record.get(1) != [1] or words(record, 2) != each["key"]:
            raise AssertionError(f"schema {record.get(1)}, zone {words(record, 2)}, key {each['key']}")
        key = key_of(record)
        counts[key] = counts.get(key, 0) + 1
        had, revision = rows.get(key), REVISION[key_of]
        if had is None or record[revision][-1] > had[revision][-1]:
            rows[key] = record
        elif record[revision] == had[revision] and record != had:
            raise AssertionError(f"two records of revision {record[revision]} of {key}: {had} and {record}")
    return rows, counts


def lag_key(record):
    return words(record, 2), record.get(3, [0])[-1], words(record, 4)


def sla_key(record):
    return words(record, 2), record.get(3, [0])[-1]


REVISION = {lag_key: 25, sla_key: 18}


def nodes(records):
    """As replay_rows has them, those columns that a consumer needs most."""
    rows, _ = last(records, lag_key)
    return {key: {"hostname": words(row, 7) or None, "ns_type": ROLES[row.get(10, [0])[-1]], "basis": BASES[row.get(14, [0])[-1]],
                  "received_at": down(nanoseconds(row, 12)), "not_before": down(nanoseconds(row, 13)),
                  "superseded_by": str(row[15][-1]) if 15 in row else None,
                  "transferred_at": down(nanoseconds(row, 16)), "announced_at": down(nanoseconds(row, 17)),
                  "offered_at": down(nanoseconds(row, 18)), "served_at": down(nanoseconds(row, 19)),
                  "customer_lag": nearest(nanoseconds(row, 20)), "incoming_lag": nearest(nanoseconds(row, 21)),
                  "distribution_lag": nearest(nanoseconds(row, 22)), "clock_error": nearest(nanoseconds(row, 23))}
            for key, row in rows.items() if not row.get(6, [0])[-1]}


def versions(records):
    rows, _ = last(records, sla_key)
    found = {}
    for key, row in rows.items():
        figures = fields(row[10][-1]) if 10 in row else {}
        found[key] = {"first_seen": down(nanoseconds(row, 5)), "ns_count": row.get(11, [0])[-1], "ns_expected": row.get(12, [0])[-1],
                      "ns_open": row.get(13, [0])[-1], "open_nodes": [name.decode() for name in row.get(14, [])],
                      "delta1": nearest(nanoseconds(row, 7)), "delta2": nearest(nanoseconds(row, 8)),
                      "verdict": VERDICTS[row.get(15, [0])[-1]], "policy": words(row, 16) or None,
                      "min_lag": nearest(nanoseconds(figures, 1)), "median_lag": nearest(nanoseconds(figures, 2)),
                      "percentile_90_lag": nearest(nanoseconds(figures, 3)), "max_lag": nearest(nanoseconds(figures, 4)),
                      "avg_lag": nearest(nanoseconds(figures, 5))}
    return found


def differences(service, database):
    """Between what the topics say in the end and what the tables have; lines for people."""
    stored = replay_rows.stored(service.server, service.server.uri(database=database))
    told = []
    for kind, topic, rows in (("nodes", "lags", nodes), ("versions", "slas", versions)):
        sent = rows(service.records(f"{database}.{topic}"))
        some = next(iter(sent.values()), {})
        table = {key: {name: row[name] for name in some} for key, row in stored[kind].items()}
        told += [f"{topic}: {line}" for line in replay_rows.differences(table, sent)]
    return told
