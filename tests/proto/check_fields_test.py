#!/usr/bin/env python3
"""What scripts/check-fields lets pass and what it does not. Usage: check_fields_test.py CHECK_FIELDS [PROTOC]"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK_FIELDS = sys.argv[1]
PROTOC = sys.argv[2] if len(sys.argv) > 2 else "protoc"

RELEASED = """
syntax = "proto3";
package t.v1;
message Event {
  reserved 20 to 29, 31;
  reserved "old";
  uint32 schema = 1;
  optional uint32 serial = 2;
  repeated string address = 3;
  Kind kind = 4;
  oneof body {
    Part part = 5;
    Part other = 6;
  }
  string last = 536870911;
}
message Part { bytes value = 1; message Inner { bool flag = 1; } Inner inner = 2; }
enum Kind { KIND_UNSPECIFIED = 0; KIND_A = 1; KIND_B = 2; KIND_LESS = -1; }
"""


class CheckFields(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.listing = self.folder / "released.txt"
        self.schema(RELEASED)
        self.assertEqual(self.run_check("--update"), (0, []))
        self.first_listing = self.listing.read_text()

    def schema(self, text):
        (self.folder / "event.proto").write_text(text)

    def run_check(self, *options):
        command = [sys.executable, CHECK_FIELDS, "--protoc", PROTOC, "--proto", self.folder, "--listing", self.listing]
        result = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
        lines = [line.removeprefix("check-fields: ") for line in result.stderr.splitlines()]
        return result.returncode, lines

    def after(self, *changes):
        """The complaints once each (old, new) of `changes` was put into the released schema."""
        text = RELEASED
        for old, new in changes:
            self.assertEqual(text.count(old), 1, old)
            text = text.replace(old, new)
        self.schema(text)
        code, lines = self.run_check()
        self.assertEqual(code, 1 if lines else 0)
        # A schema with errors never becomes a listing.
        self.assertEqual(self.run_check("--update"), (code, lines))
        self.assertEqual(self.listing.read_text() == self.first_listing, bool(lines) or text == RELEASED)
        return lines

    def test_the_listing(self):
        lines = self.first_listing.splitlines()
        self.assertTrue(lines.pop(0).startswith("#"))
        self.assertEqual(
            lines,
            [
                "t.v1.Event.schema 1 uint32 singular",
                "t.v1.Event.serial 2 uint32 optional",
                "t.v1.Event.address 3 string repeated",
                "t.v1.Event.kind 4 t.v1.Kind singular",
                "t.v1.Event.part 5 t.v1.Part oneof:body",
                "t.v1.Event.other 6 t.v1.Part oneof:body",
                "t.v1.Event.last 536870911 string singular",
                "t.v1.Event reserved 20-29",
                "t.v1.Event reserved 31-31",
                "t.v1.Event reserved-name old",
                "t.v1.Kind.KIND_LESS -1 value -",
                "t.v1.Kind.KIND_UNSPECIFIED 0 value -",
                "t.v1.Kind.KIND_A 1 value -",
                "t.v1.Kind.KIND_B 2 value -",
                "t.v1.Part.value 1 bytes singular",
                "t.v1.Part.inner 2 t.v1.Part.Inner singular",
                "t.v1.Part.Inner.flag 1 bool singular",
            ],
        )

    def test_unchanged(self):
        self.assertEqual(self.after(), [])

    def test_added(self):
        added = ("uint32 schema = 1;", "uint32 schema = 1; string more = 7; Another another = 8;")
        value = ("KIND_B = 2;", "KIND_B = 2; KIND_C = 3;")
        message = ("message Part {", "message Another { bool flag = 1; }\nmessage Part {")
        self.assertEqual(self.after(added, value, message), [])

    def test_number_reused(self):
        self.assertEqual(
            self.after(("uint32 schema = 1;", 'reserved "schema"; uint32 version = 1;')),
            ["t.v1.Event.version = 1: number 1 was schema; numbers are never reused"],
        )

    def test_number_reused_and_name_free(self):
        self.assertEqual(
            self.after(("uint32 schema = 1;", "uint32 version = 1;")),
            [
                "t.v1.Event.version = 1: number 1 was schema; numbers are never reused",
                't.v1.Event.schema = 1: removed without `reserved "schema";`',
            ],
        )

    def test_moved(self):
        self.assertEqual(
            self.after(("uint32 schema = 1;", "reserved 1; uint32 schema = 9;")),
            ["t.v1.Event.schema: has moved from number 1 to 9"],
        )

    def test_two_swapped(self):
        self.assertEqual(
            self.after(("uint32 serial = 2;", "uint32 serial = 3;"), ("string address = 3;", "string address = 2;")),
            [
                "t.v1.Event.serial: has moved from number 2 to 3",
                "t.v1.Event.address = 2: number 2 was serial; numbers are never reused",
                "t.v1.Event.address: has moved from number 3 to 2",
                "t.v1.Event.serial = 3: number 3 was address; numbers are never reused",
            ],
        )

    def test_removed(self):
        removed = ("uint32 schema = 1;", "")
        self.assertEqual(
            self.after(removed),
            [
                "t.v1.Event.schema = 1: removed without `reserved 1;`",
                't.v1.Event.schema = 1: removed without `reserved "schema";`',
            ],
        )
        self.assertEqual(
            self.after(removed, ("31;", "31, 1;")), ['t.v1.Event.schema = 1: removed without `reserved "schema";`']
        )
        self.assertEqual(
            self.after(removed, ('"old"', '"old", "schema"')), ["t.v1.Event.schema = 1: removed without `reserved 1;`"]
        )

    def test_removed_as_it_should_be(self):
        self.assertEqual(self.after(("uint32 schema = 1;", 'reserved 1; reserved "schema";')), [])
        # The new listing remembers it.
        self.schema(RELEASED)
        self.assertEqual(
            self.run_check(),
            (
                1,
                [
                    "t.v1.Event: number 1 is no longer reserved; numbers are never reused",
                    't.v1.Event: name "schema" is no longer reserved',
                ],
            ),
        )

    def test_type_changed(self):
        self.assertEqual(
            self.after(("uint32 schema = 1;", "uint64 schema = 1;")),
            ["t.v1.Event.schema = 1: its type was uint32, is uint64"],
        )

    def test_message_type_changed(self):
        self.assertEqual(
            self.after(("Part other = 6;", "Part.Inner other = 6;")),
            ["t.v1.Event.other = 6: its type was t.v1.Part, is t.v1.Part.Inner"],
        )

    def test_label_changed(self):
        self.assertEqual(
            self.after(("optional uint32 serial", "uint32 serial")),
            ["t.v1.Event.serial = 2: its label was optional, is singular"],
        )
        self.assertEqual(
            self.after(("repeated string address", "string address")),
            ["t.v1.Event.address = 3: its label was repeated, is singular"],
        )
        self.assertEqual(
            self.after(("Part other = 6;\n  }", "}\n  Part other = 6;")),
            ["t.v1.Event.other = 6: its label was oneof:body, is singular"],
        )

    def test_nested_message_changed(self):
        self.assertEqual(
            self.after(("bool flag = 1;", "int32 flag = 1;")),
            ["t.v1.Part.Inner.flag = 1: its type was bool, is int32"],
        )

    def test_enum_value_removed_and_reused(self):
        self.assertEqual(
            self.after(("KIND_B = 2;", "")),
            [
                "t.v1.Kind.KIND_B = 2: removed without `reserved 2;`",
                't.v1.Kind.KIND_B = 2: removed without `reserved "KIND_B";`',
            ],
        )
        self.assertEqual(
            self.after(("KIND_B = 2;", 'reserved "KIND_B"; KIND_C = 2;')),
            ["t.v1.Kind.KIND_C = 2: number 2 was KIND_B; numbers are never reused"],
        )
        self.assertEqual(self.after(("KIND_B = 2;", 'reserved 2 to max; reserved "KIND_B";')), [])

    def test_message_removed(self):
        self.assertEqual(
            self.after(("message Inner { bool flag = 1; } Inner inner = 2;", 'reserved 2; reserved "inner";')),
            ["t.v1.Part.Inner: was released and is gone; keep it, its fields may be reserved"],
        )

    def test_reservation_taken_back(self):
        self.assertEqual(
            self.after(("20 to 29", "20 to 24, 26 to 29")),
            ["t.v1.Event: number 25 is no longer reserved; numbers are never reused"],
        )
        self.assertEqual(self.after(('reserved "old";', "")), ['t.v1.Event: name "old" is no longer reserved'])
        self.assertEqual(self.after(("20 to 29", "20, 21 to 25, 26 to 30")), [])

    def test_what_cannot_be_checked(self):
        self.schema("syntax = 'proto3'; message {")
        code, lines = self.run_check()
        self.assertEqual((code, lines[-1]), (1, f"{PROTOC} cannot read the schema"))
        self.schema(RELEASED)
        self.listing.write_text(self.first_listing + "t.v1.Event.schema one uint32 singular\n")
        code, lines = self.run_check()
        self.assertEqual(code, 1)
        self.assertTrue(lines[0].endswith(":19: not a line of a listing: t.v1.Event.schema one uint32 singular"), lines)
        self.listing.unlink()
        self.assertEqual(self.run_check(), (1, [f"{self.listing}: no such listing"]))
        (self.folder / "event.proto").unlink()
        self.assertEqual(self.run_check(), (1, [f"no .proto file under {self.folder}"]))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
