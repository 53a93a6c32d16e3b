"""A second reader of the sensor's spool, after docs/spool.md alone: what a directory holds, told by boot and sequence.

It shares no line with the sensor, so that a fault in how the sensor recovers its spool can't hide itself. Read while no
sensor writes. Standard library only.
"""
import pathlib
import re
import struct
import zlib

HEADER = struct.Struct("<8sIQI")
RECORD = struct.Struct("<IIH")
SLOT = struct.Struct("<QQI")


class Files:
    """All that the directory has, in memory: cheap to take between the end of one sensor and the start of the next."""

    def __init__(self, directory):
        paths = sorted(pathlib.Path(directory).glob("*"))
        self.bytes = {path.name: path.read_bytes() for path in paths if path.is_file()}

    def delivered(self):
        """Up to which index all is delivered."""
        best = (0, 0)
        data = self.bytes.get("delivered", b"")
        for at in (0, 512):
            if len(data) < at + SLOT.size:
                continue
            generation, index, checksum = SLOT.unpack_from(data, at)
            if zlib.crc32(data[at:at + 16]) == checksum:
                best = max(best, (generation, index))
        return best[1]

    def records(self):
        """(index, key, value) of every whole record, delivered or not; in order."""
        for name in sorted(self.bytes):
            if re.fullmatch(r"\d{20}\.log", name):
                yield from segment_records(self.bytes[name])

    def events(self):
        """{(boot, sequence): (index, zone)} of every whole record."""
        found = {}
        for index, key, value in self.records():
            boot, sequence = identity(value)
            found[boot, sequence] = (index, key)
        return found

    def undelivered(self):
        """The same of what is still to be delivered."""
        delivered = self.delivered()
        return {who: what for who, what in self.events().items() if what[0] > delivered}


def segment_records(data):
    if len(data) < HEADER.size:
        return
    magic, version, index, checksum = HEADER.unpack_from(data)
    if (magic, version) != (b"zlspool\0", 1) or zlib.crc32(data[:20]) != checksum:
        return
    at = HEADER.size
    while at + RECORD.size <= len(data):
        checksum, size, key_size = RECORD.unpack_from(data, at)
        body = data[at + 4:at + size]
        if size < RECORD.size + key_size or at + size > len(data) or zlib.crc32(body, index & 0xFFFFFFFF ^ index >> 32) != checksum:
            return
        key = body[RECORD.size - 4:][:key_size]
        yield index, key.decode(), body[RECORD.size - 4 + key_size:]
        at, index = at + size, index + 1


def identity(value):
    """boot_id and sequence of an encoded zonelag.v1.Event: fields 3 and 4, both varints."""
    fields, at = {}, 0
    while at < len(value) and not {3, 4} <= fields.keys():
        tag, at = varint(value, at)
        if tag & 7 == 0:
            fields[tag >> 3], at = varint(value, at)
        elif tag & 7 == 2:
            size, at = varint(value, at)
            at += size
        else:
            raise ValueError(f"an event has no field of wire type {tag & 7} before its sequence")
    return fields[3], fields[4]


def varint(data, at):
    number = shift = 0
    while True:
        byte = data[at]
        number |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return number, at
