"""What zonelag replay says of captures, as the service's tables must have it (design.md sections 6 and 8): times are whole
microseconds, rounded down; lags are whole microseconds, rounded half away from zero. Standard library only.
"""
import datetime
import decimal
import json
import pathlib
import re

from aggregator import BIN, run

EPOCH = datetime.datetime(1970, 1, 1)


def microseconds(text):
    """RFC 3339 with nanoseconds, rounded down; None stays."""
    if text is None:
        return None
    whole, fraction = re.fullmatch(r"(.{19})(?:\.(\d+))?Z", text).groups()
    since = datetime.datetime.fromisoformat(whole) - EPOCH
    return (since.days * 86400 + since.seconds) * 1_000_000 + int((fraction or "").ljust(9, "0")[:6])


def lag(seconds):
    """Decimal seconds."""
    if seconds is None:
        return None
    return int((decimal.Decimal(seconds) * 1_000_000).quantize(decimal.Decimal(1), decimal.ROUND_HALF_UP))


def text(value):
    return None if value is None else str(value)


NODE_TIMES = ("received_at", "not_before", "transferred_at", "announced_at", "offered_at", "served_at")
NODE_LAGS = ("customer_lag", "incoming_lag", "distribution_lag", "clock_error")
NODE_TEXTS = ("hostname", "loc", "dsc_name", "ns_type", "status", "basis", "superseded_by")
VERSION_LAGS = ("delta1", "delta2", "delta3_min", "delta3_median", "delta3_p90", "delta3_max",
                "min_lag", "max_lag", "avg_lag", "median_lag", "percentile_90_lag")
COUNTS = ("ns_count", "ns_expected", "ns_open")
# A role that the inventory does not give has no name in PostgreSQL's type.
NO_ROLE = (None, "unknown")


def node_of(row):
    found = {name: microseconds(row[name]) for name in NODE_TIMES}
    found |= {name: lag(row[name]) for name in NODE_LAGS}
    found |= {name: text(row[name]) for name in NODE_TEXTS}
    found["ns_type"] = None if row["ns_type"] in NO_ROLE else row["ns_type"]
    found["unknown_references"] = sorted(row["unknown_references"])
    return found


def version_of(row):
    found = {name: lag(row[name]) for name in VERSION_LAGS} | {name: row[name] for name in COUNTS}
    found["first_seen"] = microseconds(row["first_seen"])
    found["verdict"] = None if row["verdict"] in (None, "none") else row["verdict"]
    found["policy"] = row["policy"] or None
    return found


def replayed(inventory, captures, *options):
    """{"nodes": {(zone, serial, srcip): row}, "versions": {(zone, serial): row}, "transfers": set}, open nodes with the versions."""
    out = run(BIN / "zonelag", "replay", "--quiet", "--format", "json", "--inventory", inventory, *options, *captures)
    nodes, versions, transfers = {}, {}, set()
    for line in out.splitlines():
        row = json.loads(line, parse_float=decimal.Decimal)
        if row["record"] == "version":
            versions[row["zone"], row["serial"]] = version_of(row) | {"open_nodes": []}
        elif row["record"] == "node" and row["received_at"] is None:
            versions[row["zone"], row["serial"]]["open_nodes"].append(row["hostname"])
        elif row["record"] == "node":
            nodes[row["zone"], row["serial"], row["srcip"]] = node_of(row)
        elif row["record"] == "transfer" and row["outcome"] == "completed":
            transfers.add((row["zone"], row["server"], row["client"], row["serial"], row["asked"], row["got"]))
    return {"nodes": nodes, "versions": versions, "transfers": transfers}


def epoch(column):
    return f"floor(extract(epoch FROM {column}) * 1000000)::bigint"


def stored(server, uri):
    """The same of a database."""
    def rows(table, keys, times, lags, texts, arrays):
        columns = [*keys, *map(epoch, times), *map(epoch, lags), *(f"{name}::text" for name in texts),
                   *(f"to_json(coalesce({name}, '{{}}'))" for name in arrays)]
        for row in server.query(f"SELECT {', '.join(columns)} FROM tlddns.{table}", uri=uri):
            key, row = tuple(int(value) if name == "serial" else value for name, value in zip(keys, row)), row[len(keys):]
            numbers = [None if value is None else int(value) for value in row[:len(times) + len(lags)]]
            rest = row[len(numbers):]
            yield key, dict(zip([*times, *lags], numbers)) | dict(zip(texts, rest)) | {
                name: sorted(json.loads(value)) for name, value in zip(arrays, rest[len(texts):])}

    # A customer's location is '' in the table, as the Python tool has it.
    nodes = {key: row | {"loc": row["loc"] or None} for key, row in rows("serials", ("zone", "serial", "srcip"), NODE_TIMES, NODE_LAGS, NODE_TEXTS, ["unknown_references"])}
    versions = {}
    for key, row in rows("versions", ("zone", "serial"), ["first_seen"], VERSION_LAGS, [*COUNTS, "verdict", "policy"], ["open_nodes"]):
        row |= {name: int(row[name]) for name in COUNTS}
        versions[key] = row | {"verdict": None if row["verdict"] == "none" else row["verdict"], "policy": row["policy"] or None}
    return {"nodes": nodes, "versions": versions}


def differences(expected, found, most=15):
    """Lines for people; none: equal."""
    told = []
    for key in sorted(expected.keys() | found.keys()):
        if key not in found:
            told.append(f"missing: {key}: {expected[key]}")
        elif key not in expected:
            told.append(f"too many: {key}: {found[key]}")
        else:
            told += [f"{key}: {name}: expected {expected[key][name]}, found {found[key][name]}"
                     for name in expected[key] if expected[key][name] != found[key][name]]
    return told[:most] + ([f"... and {len(told) - most} more"] if len(told) > most else [])


def captures_of(folder):
    """{host or mirror: its files}, as zonelag replay groups them."""
    hosts = set(re.findall(r'(?m)^hostname = "([^"]+)"', (folder / "inventory.toml").read_text()))
    groups = {}
    for path in sorted(folder.iterdir()):
        if ".pcap" in path.name:
            stem = path.name.split(".")[0]
            groups.setdefault((stem, stem in hosts), []).append(path)
    return groups


def sets():
    """Folders of captures with an inventory."""
    return sorted(path.parent for path in (pathlib.Path(__file__).parents[2] / "pcaps").glob("*/inventory.toml"))
