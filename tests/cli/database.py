"""A real database for tests of the command, filled with what `zonelag replay` says of captures, by SQL written here."""
import json
import sys
from decimal import Decimal

from command import SOURCE, inventory, zonelag

sys.path.insert(0, str(SOURCE / "tests" / "postgres"))
from server import Server  # noqa: E402


def literal(value):
    if value is None:
        return "NULL"
    if isinstance(value, (int, Decimal)):
        return str(value)
    if isinstance(value, list):
        return "ARRAY[" + ",".join(map(literal, value)) + "]::text[]"
    return "'" + str(value).replace("'", "''") + "'"


def micros(seconds):
    """An interval, rounded half away from zero to microseconds."""
    if seconds is None:
        return "NULL"
    scaled = Decimal(str(seconds)) * 1_000_000
    whole = int(abs(scaled) + Decimal("0.5"))
    return f"interval '1 microsecond' * {whole if scaled >= 0 else -whole}"


def instant(text):
    """A time, cut to microseconds."""
    return "NULL" if text is None else f"timestamptz '{text[:26]}Z'"


def nanoseconds(text):
    if text is None:
        return "NULL"
    return (f"(extract(epoch FROM timestamptz '{text[:19]}Z')::bigint * 1000000000 + {int(text[20:29])})")


NODE_TIMES = ["received_at", "not_before", "transferred_at", "announced_at", "offered_at", "served_at"]
NODE_LAGS = ["customer_lag", "incoming_lag", "distribution_lag", "clock_error"]
RCODES = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH",
          "NOTZONE"]
VERSION_LAGS = ["delta1", "delta2", "delta3_min", "delta3_median", "delta3_p90", "delta3_max", "delta3_avg",
                "min_lag", "max_lag", "avg_lag", "median_lag", "percentile_90_lag"]


def insert(table, row):
    return f"INSERT INTO {table} ({','.join(row)}) VALUES ({','.join(row.values())});"


def version_statement(version, day, open_nodes):
    row = {name: literal(version[name]) for name in ("zone", "serial", "ns_count", "ns_expected", "ns_open", "policy")}
    row |= {name: micros(version[name]) for name in VERSION_LAGS}
    row |= {"day": literal(day), "key_hash": "0", "inventory": "1", "first_seen": instant(version["first_seen"]),
            "first_seen_ns": nanoseconds(version["first_seen"]), "last_evidence_ns": nanoseconds(version["first_seen"]),
            "open_nodes": literal(open_nodes), "verdict": literal(version["verdict"] or "none")}
    return insert("versions", row)


def node_statement(node, day):
    row = {name: literal(node[name]) for name in ("zone", "serial", "hostname", "loc", "dsc_name", "srcip", "basis",
                                                  "superseded_by", "ns_type", "status", "unknown_references")}
    row |= {name: instant(node[name]) for name in NODE_TIMES} | {name: micros(node[name]) for name in NODE_LAGS}
    row["day"] = literal(day)
    return insert("serial_rows", row)


def transfer_statement(transfer, number):
    row = {name: literal(transfer[name]) for name in ("zone", "server", "client", "messages", "records", "bytes",
                                                      "outcome", "reason", "from_serial", "serial")}
    row |= {"asked": literal(transfer["asked"] or "unknown"), "got": literal(transfer["got"] or "none"),
            "transport": "'tcp'", "sensor": "1", "server_port": "53", "client_port": str(number % 60000),
            "message_id": str(number % 60000), "rcode": str(RCODES.index(transfer["rcode"] or "NOERROR")),
            "started_at": instant(transfer["started_at"]), "started_ns": nanoseconds(transfer["started_at"]),
            "ended_at": instant(transfer["ended_at"]), "ended_ns": nanoseconds(transfer["ended_at"]),
            "day": literal(transfer["started_at"][:10])}
    return insert("transfers", row)


def records_of(text):
    return [json.loads(line, parse_float=Decimal) for line in text.splitlines()]


def statements_for(records):
    """SQL for the records of replay's JSON, in their order."""
    days = sorted({r.get("first_seen", r.get("started_at"))[:10] for r in records if r["record"] in ("version", "transfer")})
    yield "BEGIN; SET LOCAL search_path = tlddns, public;"
    yield f"SELECT make_partitions({literal(days)}::date[]);"
    open_nodes = {}
    for record in records:
        if record["record"] == "node" and record["received_at"] is None:
            open_nodes.setdefault((record["zone"], record["serial"]), []).append(record["hostname"])
    day = None
    for number, record in enumerate(records):
        if record["record"] == "version":
            day = record["first_seen"][:10]
            yield version_statement(record, day, sorted(open_nodes.get((record["zone"], record["serial"]), [])))
        elif record["record"] == "node" and record["received_at"] is not None:
            yield node_statement(record, day)
        elif record["record"] == "transfer":
            yield transfer_statement(record, number)
    yield "COMMIT;"


class Database:
    """A server with a migrated database."""

    def __init__(self):
        self.server = Server("--set", "fsync=off")
        self.uri = self.server.facts["uri"]
        migrated = self.zonelag("db", "migrate")
        if migrated.code:
            self.close()
            raise RuntimeError(migrated.err)

    def close(self):
        self.server.close()

    def zonelag(self, *arguments, **options):
        return zonelag(*arguments, "--database", self.uri, **options)

    def query(self, statement):
        return self.server.query("SET search_path = tlddns, public; " + statement)

    def fill(self, records):
        self.server.psql(text="\n".join(statements_for(records)))

    def empty(self):
        self.server.psql(text="SET search_path = tlddns, public; TRUNCATE versions, serial_rows, evidence, verdicts, "
                              "transfers, candidates, sensors, sensor_blind_times, nameservers, customer_nameservers, "
                              "policies, kafka_offsets, service_changes;")
