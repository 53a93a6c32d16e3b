"""Where results go: standard output, files, and what happens when they can't go there."""
import calendar
import json
import os
import subprocess
import time
import unittest

from command import CUSTOMER, CommandTest, PROTOC, S1, SOURCE, captures, inventory, zonelag

BRAVO = ("-q", "-i", inventory(), "-z", "bravo.test", *captures())


def closed_pipe():
    reader, writer = os.pipe()
    os.close(reader)
    return writer


class Unwritable(CommandTest):
    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            self.expect(zonelag("replay", S1, stdout=full), 1, "standard output: No space left on device")
            self.expect(zonelag("--help", stdout=full), 1, "standard output: No space left on device")
        for option, what in (("--events", "events file"), ("--report", "report"), ("--write-inventory", "inventory")):
            with self.subTest(option=option):
                result = zonelag("replay", option, "/dev/full", S1)
                self.expect(result, 1, f"{what} '/dev/full': No space left on device")
                self.assertEqual(result.out, zonelag("replay", S1).out)  # the rest is there all the same

    def test_found_out_before_anything_is_read(self):
        nowhere = self.folder / "nowhere" / "file"
        for option, what in (("--events", "events file"), ("--report", "report"), ("--write-inventory", "inventory")):
            with self.subTest(option=option):
                self.expect(zonelag("replay", option, nowhere, S1), 1, f"{what} '{nowhere}': No such file or directory",
                            "")
                self.expect(zonelag("replay", option, self.folder, S1), 1, f"{what} '{self.folder}': Is a directory", "")

    def test_a_capture_is_never_overwritten(self):
        copy = self.file("customer.pcap", CUSTOMER.read_bytes())
        for option, what in (("--events", "events file"), ("--report", "report")):
            with self.subTest(option=option):
                self.expect(zonelag("replay", option, copy, S1), 1,
                            f"{what} '{copy}': is a capture, and is not overwritten", "")
                self.assertEqual(copy.read_bytes(), CUSTOMER.read_bytes())

    def test_an_inventory_is_never_overwritten(self):
        mine = self.file("fleet.toml", "# mine\n")
        self.expect(zonelag("replay", "-w", mine, S1), 1, f"inventory '{mine}': is there already, and is not overwritten",
                    "")
        self.assertEqual(mine.read_text(), "# mine\n")

    def test_nothing_is_left_behind_by_a_command_that_failed(self):
        zonelag("replay", "-e", self.folder / "e", "-r", self.folder / "r", "-w", self.folder / "w", "nosuch.pcap")
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_nobody_reads_any_more(self):
        for arguments in (("replay", S1), ("replay", "-f", "json", *captures()), ("replay", "-e", "-", *captures()),
                          ("replay", "-r", "-", S1), ("explain", "-z", "bravo.test", *captures()), ("--help",)):
            with self.subTest(arguments=arguments[:3]):
                writer = closed_pipe()
                result = zonelag(*arguments, stdout=writer)
                os.close(writer)
                self.expect(result, 1, [])


class Streams(CommandTest):
    def test_one_output_on_standard_output(self):
        table = zonelag("replay", *BRAVO).out
        for option, beginning in (("--events", '{"schema":1,'), ("--report", "<!DOCTYPE html>"),
                                  ("--write-inventory", "# A starter inventory")):
            with self.subTest(option=option):
                alone = zonelag("replay", option, "-", *BRAVO)
                self.expect(alone, 0, [])
                self.assertTrue(alone.out.startswith(beginning), alone.out[:80])
                path = self.folder / "beside"
                self.assertEqual(zonelag("replay", option, path, *BRAVO).out, table)
                self.assertEqual(path.read_text(), alone.out)
                path.unlink()

    def test_no_terminal_no_colour_no_bar_no_closing_line(self):
        result = zonelag("replay", "-i", inventory(), *captures())
        self.expect(result, 0, [])
        self.assertNotIn("\x1b", result.out)
        self.assertIn("\x1b[1m", zonelag("replay", "--color", "always", *BRAVO).out)

    def test_json_is_json(self):
        lines = zonelag("replay", "-q", "-f", "json", "-i", inventory("faults-A"), *captures("faults-A")).out.splitlines()
        records = [json.loads(line) for line in lines]
        self.assertEqual({record["record"] for record in records},
                         {"version", "node", "transfer", "notify", "unknown_source"})

    def test_unknown_sources_come_last_and_only_with_an_inventory(self):
        # pcaps/README.md: .99 is `outsider`, nobody's.
        arguments = ("replay", "-q", "-f", "json", *captures("faults-A"))
        records = [json.loads(line) for line in zonelag(*arguments, "-i", inventory("faults-A")).out.splitlines()]
        unknown = [record for record in records if record["record"] == "unknown_source"]
        self.assertEqual(records[-len(unknown):], unknown)
        self.assertEqual({record["address"] for record in unknown}, {"10.53.0.99", "fd00:53::99"})
        for record in unknown:
            self.assertEqual(list(record), ["record", "address", "events", "first_seen", "last_seen", "zone", "customer"])
            self.assertLessEqual(record["first_seen"], record["last_seen"])
            self.assertIs(record["customer"], False)
        self.assertNotIn("unknown_source", zonelag(*arguments).out)

    def test_starter_inventory_is_an_inventory(self):
        path = self.folder / "fleet.toml"
        zonelag("replay", "-q", "-w", path, *captures())
        result = zonelag("replay", "-q", "-i", path, "-f", "csv", "-z", "bravo.test", *captures())
        self.expect(result, 0, [])
        self.assertIn(",secondary,", result.out)

    def test_statistics_on_standard_error(self):
        result = zonelag("replay", "-q", "--statistics", S1)
        self.assertIn("  frames  packets                              1293\n", result.err)
        self.assertEqual(result.out, zonelag("replay", "-q", S1).out)


def text_format(text):
    """Protobuf's text format, as protoc prints it, as nested lists of (name, value)."""
    root = []
    open_messages = [root]
    for line in text.splitlines():
        line = line.strip()
        if line.endswith("{"):
            message = []
            open_messages[-1].append((line[:-1].strip(), message))
            open_messages.append(message)
        elif line == "}":
            open_messages.pop()
        elif line:
            name, value = line.split(": ", 1)
            open_messages[-1].append((name, json.loads(value) if value.startswith('"') else value))
    return root


def plain(message):
    """The JSON form of a text format message: times as text, integers of 64 bits as text."""
    names = [name for name, _ in message]
    fields = dict(message)
    assert len(names) == len(fields), names
    return {name: plain(value) if isinstance(value, list) else value for name, value in fields.items()}


TIMES = {"captured_at", "first_sent", "first_packet", "last_packet", "previous_last_seen"}


def seconds_and_nanoseconds(text):
    whole, _, part = text.rstrip("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")), int((part + "0" * 9)[:9])


def comparable(value, name=""):
    """Either form with every number as text and times as (seconds, nanoseconds)."""
    if name in TIMES:
        if isinstance(value, str):
            return seconds_and_nanoseconds(value)
        return int(value.get("seconds", 0)), int(value.get("nanos", 0))
    if isinstance(value, dict):
        return {key: comparable(item, key) for key, item in value.items()}
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


class Events(CommandTest):
    def test_protobuf_says_what_json_says(self):
        """The second opinion is protoc's, with the published schema."""
        as_json, as_pb = self.folder / "events.json", self.folder / "events.pb"
        for path in (as_json, as_pb):
            self.expect(zonelag("replay", "-q", "-e", path, "-i", inventory(), *captures()), 0, [])
        expected = [comparable(json.loads(line)) for line in as_json.read_text().splitlines()]
        # A delimited file is the wire form of a message with one repeated field, but for that field's tag.
        wire, data, at = bytearray(), as_pb.read_bytes(), 0
        while at < len(data):
            length, size = 0, 0
            while True:
                byte = data[at + size]
                length |= (byte & 0x7F) << (7 * size)
                size += 1
                if byte < 0x80:
                    break
            wire += b"\x0a" + data[at:at + size + length]
            at += size + length
        self.file("all.proto", 'syntax = "proto3"; import "zonelag/v1/event.proto";\n'
                               "message All { repeated zonelag.v1.Event event = 1; }\n")
        done = subprocess.run([PROTOC, f"-I{self.folder}", f"-I{SOURCE / 'proto'}", "--decode=All", "all.proto"],
                              input=bytes(wire), capture_output=True, check=True)
        found = [comparable(plain(message)) for _, message in text_format(done.stdout.decode())]
        self.assertGreater(len(found), 1000)
        self.assertEqual(len(found), len(expected))
        for one, other in zip(found, expected):
            self.assertEqual(one, other)

    def test_one_zone(self):
        lines = zonelag("replay", "-q", "-e", "-", "-z", "bravo.test", *captures()).out.splitlines()
        self.assertEqual({json.loads(line)["zone"] for line in lines}, {"bravo.test"})

    def test_events_name_their_packets(self):
        for line in zonelag("replay", "-q", "-e", "-", S1).out.splitlines():
            event = json.loads(line)
            self.assertEqual(event["provenance"]["capture"], str(S1))
            self.assertTrue(1 <= int(event["provenance"]["packet"]) <= 1293)

    def test_who_asked_is_not_told(self):
        text = zonelag("replay", "-q", "-e", "-", *captures()).out
        for line in text.splitlines():
            if '"served":' in line:
                self.assertNotIn("destination", json.loads(line))


if __name__ == "__main__":
    unittest.main()
