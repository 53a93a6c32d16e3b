"""Captures and inventories as they come: broken ones are named in one line, and what is good of them is used."""
import gzip
import lzma
import os
import struct
import subprocess
import threading
import unittest

from command import CHAIN, CUSTOMER, CommandTest, PCAPS, S1, ZONELAG, captures, inventory, zonelag

HEADER = 24  # bytes of a pcap file's header, and 16 of each packet's
PLAIN = CUSTOMER.read_bytes()


def packet_ends():
    """Offsets at which a packet of PLAIN ends; the file's header is the first."""
    ends = [HEADER]
    while ends[-1] < len(PLAIN):
        ends.append(ends[-1] + 16 + struct.unpack_from("<I", PLAIN, ends[-1] + 8)[0])
    return ends


class Unusable(CommandTest):
    def one_line(self, path, why, *options):
        self.expect(zonelag("replay", *options, path), 1, f"{path}: {why}", "")

    def test_not_there(self):
        self.one_line("nosuch.pcap", "No such file or directory")

    def test_directory(self):
        self.one_line(str(CHAIN), "is a directory")

    def test_empty(self):
        self.one_line(self.file("empty.pcap"), "is empty")

    def test_text(self):
        path = self.file("notes.txt", "Notes about captures\n")
        self.one_line(path, "not a pcap or pcapng capture: it begins with 4e 6f 74 65 73 20 61 62 6f 75 74 20 63 61 70 "
                            "74 (looks like text)")

    def test_cut_in_the_file_header(self):
        for size in (10, HEADER - 1):
            self.one_line(self.file("a.pcap", PLAIN[:size]), f"cut in the pcap file header: {size} of 24 bytes")

    def test_link_type_is_named(self):
        self.one_line(self.file("a.pcap", PLAIN[:20] + struct.pack("<I", 147) + PLAIN[24:]),
                      "link type 147 is not known to zonelag")

    def test_compressed_data_cut_before_the_first_packet(self):
        self.one_line(self.file("a.pcap.zst", S1.read_bytes()[:100]), "zstd data cut at offset 100")

    @unittest.skipIf(os.geteuid() == 0, "root may read everything")
    def test_no_permission(self):
        path = self.file("a.pcap", PLAIN)
        path.chmod(0)
        self.one_line(path, "Permission denied")

    def test_one_bad_capture_among_good_ones(self):
        self.expect(zonelag("replay", S1, "nosuch.pcap"), 1, "nosuch.pcap: No such file or directory", "")

    def test_no_host_or_file_of_a_name(self):
        self.expect(zonelag("replay", "s1="), 1, "capture 's1=': no file name", "")
        self.expect(zonelag("replay", "-i", inventory(), f"s9={S1}"), 1,
                    f"capture 's9={S1}': 's9' is no hostname of the inventory", "")

    def test_twice(self):
        self.expect(zonelag("replay", S1, S1), 1, f"capture '{S1}' is given twice", "")
        self.expect(zonelag("replay", "-", "-"), 1, "capture '-' is given twice", "")
        link = self.folder / "s2.pcap.zst"
        link.symlink_to(S1)
        self.expect(zonelag("replay", link, S1), 1, f"captures '{link}' and '{S1}' are the same file", "")


class Damaged(CommandTest):
    def replay(self, name, content, *options):
        self.path = self.file(name, content)
        return zonelag("replay", "-f", "csv", *options, self.path)

    def test_cut_anywhere(self):
        ends = packet_ends()
        for packets in (0, 1, 7, 400):
            for more, what in ((0, None), (1, "the header of packet {}: 1 of 16 bytes"),
                               (16, "packet {}: 0 of {} bytes")):
                with self.subTest(packets=packets, more=more):
                    size = ends[packets] + more
                    length = ends[packets + 1] - ends[packets] - 16
                    before = {0: "no packet came before", 1: "the packet before was used"}.get(
                        packets, f"the {packets} packets before were used")
                    result = self.replay("a.pcap", PLAIN[:size])
                    told = [f"{self.path}: cut in {what.format(packets + 1, length)}; {before}"] if what else []
                    self.expect(result, 0, told)

    def test_what_comes_before_the_cut_is_used(self):
        whole = packet_ends()[400]
        self.assertEqual(self.replay("a.pcap", PLAIN[:whole + 20]).out, self.replay("a.pcap", PLAIN[:whole]).out)
        self.assertIn("2026112001", self.replay("a.pcap", PLAIN[:whole]).out)

    def test_corrupt_in_the_middle(self):
        ends = packet_ends()
        result = self.replay("a.pcap", PLAIN[:ends[160]] + b"\xff" * 400 + PLAIN[ends[160] + 400:])
        self.expect(result, 3, f"{self.path}: corrupt at packet 161 (offset {ends[160]}): it claims 4294967295 captured "
                               "bytes; the 160 packets before were used")
        self.assertEqual(result.out, self.replay("b.pcap", PLAIN[:ends[160]]).out)

    def test_compressed_data_that_ends_early(self):
        for name, packed in (("gzip", gzip.compress(PLAIN)), ("xz", lzma.compress(PLAIN)), ("zstd", S1.read_bytes())):
            with self.subTest(name=name):
                result = self.replay("a.pcap", packed[:-300])
                self.assertEqual(result.code, 3)
                self.assertRegex(result.err, rf"^zonelag: .*a\.pcap: {name} data cut at offset {len(packed) - 300}; "
                                             r"the \d+ packets before were used\n$")
                self.assertGreater(result.out.count("\n"), 1)

    def test_no_packet_at_all(self):
        result = zonelag("replay", self.file("a.pcap", PLAIN[:HEADER]))
        self.expect(result, 0, [], "No zone version was seen.\n")


class Sources(CommandTest):
    def test_standard_input(self):
        by_name = zonelag("replay", "-f", "csv", CUSTOMER)
        with open(CUSTOMER, "rb") as file:
            self.assertEqual(zonelag("replay", "-f", "csv", "-", stdin=file).out, by_name.out)
        piped = subprocess.run([ZONELAG, "replay", "-f", "csv", "-"], input=PLAIN, capture_output=True, timeout=100)
        self.assertEqual(piped.stdout.decode(), by_name.out)
        self.expect(zonelag("replay", "-"), 1, "standard input: is empty", "")

    def test_fifo(self):
        fifo = self.folder / "s1.pcap"
        os.mkfifo(fifo)
        writer = threading.Thread(target=lambda: fifo.write_bytes(S1.read_bytes()))
        writer.start()
        result = zonelag("replay", "-q", "-f", "csv", "-i", inventory(), fifo)
        writer.join()
        self.assertEqual(result.out, zonelag("replay", "-q", "-f", "csv", "-i", inventory(), S1).out)

    def test_two_hundred_captures(self):
        alone = zonelag("replay", "-f", "csv", S1)
        for number in range(200):
            (self.folder / f"n{number}.pcap.zst").write_bytes(S1.read_bytes())
        many = zonelag("replay", "-f", "csv", *self.folder.iterdir())
        self.expect(many, 0, [])
        self.assertEqual(many.out, alone.out)

    def test_zone_in_any_spelling(self):
        plain = zonelag("replay", "--zone", "alpha.test", S1)
        self.assertIn("alpha.test 2026112002", plain.out)
        self.assertNotIn("bravo.test", plain.out)
        self.assertEqual(zonelag("replay", "--zone", "ALPHA.Test.", S1).out, plain.out)

    def test_wrong_port(self):
        self.expect(zonelag("replay", "--port", "5353", "--port", "54", S1), 0,
                    "none of 1293 packets is of DNS port 5353, 54: see --port", "No zone version was seen.\n")
        self.expect(zonelag("replay", "-q", "--port", "5353", S1), 0, [], "No zone version was seen.\n")

    def test_hosts_without_a_capture_are_named(self):
        result = zonelag("replay", "-i", inventory(), S1, CHAIN / "s2.pcap.zst")
        self.expect(result, 0, "no capture of incoming, distribution, s3, s4 is given: what only they saw is missing")
        self.expect(zonelag("replay", "-i", inventory(), CHAIN / "mirror.pcap.zst"), 0, [])
        self.expect(zonelag("replay", "-i", inventory(), *captures()), 0, [])

    def test_sources_not_in_the_inventory_only_with_one(self):
        self.assertNotIn("Not in the inventory", zonelag("replay", S1).out)
        self.assertIn("Not in the inventory", zonelag("replay", "-i", inventory("faults-A"), *captures("faults-A")).out)


class Inventory(CommandTest):
    def wrong(self, old, new, why):
        text = (CHAIN / "inventory.toml").read_text()
        self.assertIn(old, text)
        path = self.file("fleet.toml", text.replace(old, new, 1))
        self.expect(zonelag("replay", "-i", path, S1), 1, f"{path}{why}", "")

    def test_contradictions(self):
        self.wrong('"10.53.0.42"', '"10.53.0.41"',
                   ': nameserver "s1" (line 21) and nameserver "s2" (line 31) have the same address 10.53.0.41')
        self.wrong('"s2"', '"s1"', ': nameserver "s1" (line 21) and nameserver "s1" (line 31) have the same hostname')

    def test_mistakes(self):
        self.wrong('ns_type = "incoming"', 'ns_type = "hidden"',
                   ":9: [[nameserver]] \"incoming\": unknown ns_type 'hidden' (there are: incoming, distribution, "
                   "secondary)")
        self.wrong("dsc_name =", "dsc_nam =",
                   ":8: [[nameserver]] \"incoming\": unknown key 'dsc_nam' (did you mean 'dsc_name'?)")
        self.wrong("[[nameserver]]", "[[nameservers]]", ":3: unknown table 'nameservers' (did you mean 'nameserver'?)")
        self.wrong('"10.53.0.20"', '"10.53.0.300"', ":5: [[nameserver]] \"incoming\": ip4: '10.53.0.300' is no address")

    def test_no_file(self):
        self.expect(zonelag("replay", "-i", "nosuch.toml", S1), 1, "nosuch.toml: No such file or directory", "")
        self.expect(zonelag("replay", "-i", PCAPS, S1), 1, f"{PCAPS}: is a directory", "")

    def test_an_empty_one_is_told(self):
        path = self.file("fleet.toml")
        result = zonelag("replay", "-i", path, S1)
        self.expect(result, 0, f"{path}: it has no nameserver and no customer: every address is unknown")


if __name__ == "__main__":
    unittest.main()
