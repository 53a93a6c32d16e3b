#!/usr/bin/env python3
"""Makes the seed corpora of dns_stream and dns_datagram out of pcaps/, with tshark. Small conversations only. And what
no capture there has: watched TXT records, signals switched, a packet twice."""

import collections
import pathlib
import struct
import subprocess

FUZZ = pathlib.Path(__file__).resolve().parent
PCAPS = FUZZ.parent.parent / "pcaps"
FIELDS = ["tcp.stream", "tcp.dstport", "tcp.payload", "udp.srcport", "udp.dstport", "udp.payload"]
MAX_BYTES = 1500
CAPTURES = ["chain-A/incoming", "chain-B/distribution", "pipeline/distribution", "faults-A/distribution",
            "badkey/mirror", "udp-ixfr/mirror"]


def rows(capture):
    command = ["tshark", "-r", str(next(PCAPS.glob(capture + ".pcap*"))), "-n", "-T", "fields",
               "-Y", "(tcp.port==53 && tcp.len>0 && !tcp.analysis.retransmission) || (udp.port==53 && !icmp)"]
    for field in FIELDS:
        command += ["-e", field]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for line in text.splitlines():
        yield dict(zip(FIELDS, line.split("\t")))


def stream_step(row):  # see dns_stream_input.h
    payload = bytes.fromhex(row["tcp.payload"])
    return struct.pack(">BH", 0x16 | (row["tcp.dstport"] != "53"), len(payload)) + payload


def datagram_step(row):  # see dns_datagram_fuzz.cc
    payload = bytes.fromhex(row["udp.payload"])
    answer = row["udp.srcport"] == "53"
    return struct.pack(">BBBH", 3 if answer else 0, 1, 0, len(payload)) + payload


def shape(steps):  # conversations alike but for names and serials count once
    return tuple((step[0], len(step) // 16) for step in steps)


def name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def stamp(*values):  # an authoritative answer with TXT records at t.test
    records = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", 16, 1, 60, len(value) + 1) + bytes([len(value)]) + value
                       for value in values)
    return struct.pack(">HHHHHH", 1, 0x8400, 1, len(values), 0, 0) + name("t.test") + b"\0\x10\0\x01" + records


def by_hand():
    answers = [stamp(b"1"), stamp(b"2", b"1"), stamp(b"1", b"2"), stamp(b"3"), stamp(b"1")]
    datagrams = b"".join(struct.pack(">BBBH", 3, 1, 0, len(answer)) + answer for answer in answers)
    served_off = struct.pack(">BBBH", 0x4b, 1, 0, len(answers[0])) + answers[0]
    (FUZZ / "corpus/dns_datagram/stamps").write_bytes(datagrams + served_off)
    framed = [struct.pack(">H", len(answer)) + answer for answer in answers]
    steps = b"".join(struct.pack(">BH", 0x17, len(message)) + message for message in framed)
    (FUZZ / "corpus/dns_stream/stamps").write_bytes(b"\x01" + steps)
    # Transfers switched off (and NOTIFY too) before the last step of a whole transfer, and on again.
    whole = (FUZZ / "corpus/dns_stream/fin").read_bytes()
    for which, step in (("transfer-off", b"\x2e"), ("all-off", b"\x7e")):
        (FUZZ / "corpus/dns_stream" / which).write_bytes(whole.replace(b"\x13", step, 1) + b"\x0e")
    once = (FUZZ / "corpus/frame/encapsulations-0").read_bytes()
    (FUZZ / "corpus/frame/twice").write_bytes(once * 2)  # an even length: duplicates are dropped


def main():
    by_hand()
    for name, kinds, limit in (("dns_stream", "tcp", 20), ("dns_datagram", "udp", 20)):
        chosen = {}
        for capture in CAPTURES:
            conversations = collections.defaultdict(list)
            for number, row in enumerate(rows(capture)):
                if kinds == "tcp" and row["tcp.payload"]:
                    conversations[row["tcp.stream"]].append(stream_step(row))
                elif kinds == "udp" and row.get("udp.payload"):
                    conversations[number // 4].append(datagram_step(row))
            kept = [steps for steps in conversations.values() if sum(map(len, steps)) <= MAX_BYTES]
            for steps in sorted(kept, key=lambda steps: -len(steps))[:4]:
                chosen.setdefault(shape(steps), (capture, steps))
        for index, (capture, steps) in enumerate(list(chosen.values())[:limit]):
            head = bytes([index]) if kinds == "tcp" else b""
            (FUZZ / "corpus" / name / f"{capture.replace('/', '-')}-{index}").write_bytes(head + b"".join(steps))
            if kinds == "tcp" and index == 0:  # and what a capture does to it, before the last segment
                for what, step in (("hole", b"\x11\x05"), ("fin", b"\x13"), ("reset", b"\x15\x01")):
                    disturbed = head + b"".join(steps[:-1]) + step + steps[-1]
                    (FUZZ / "corpus" / name / what).write_bytes(disturbed)


if __name__ == "__main__":
    main()
