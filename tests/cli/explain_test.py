"""`zonelag explain`: every claim of the text can be looked up in the captures. Facts are the servers' own (truth.jsonl)
or of the packets as tshark shows them."""
import re
import unittest

from command import CommandTest, PCAPS, S1, captures, inventory, zonelag

CHAIN = ("-i", inventory(), *captures())
BIG = ("-i", inventory("big-A"), *captures("big-A"))
NOT_CAPTURED = "no capture of distribution, s1 is given: what only they saw is missing"


def pieces(text):
    """Number -> line, and the conclusion's lines by their first word."""
    evidence, conclusion = text.split("  conclusion\n")
    return dict(re.findall(r"^ +(\d+)  (\d{4}-.*)$", evidence, re.M)), conclusion


class Explain(CommandTest):
    def test_both_ends_name_their_piece(self):
        # truth.jsonl: s4 (PowerDNS) logs the transfer's end at .579968 to .580406, and had served 2026112001 before.
        result = zonelag("explain", "-z", "bravo.test", "-n", "2026112002", "--node", "s4", *CHAIN)
        self.expect(result, 0, [])
        numbered, conclusion = pieces(result.out)
        live = re.search(r"live at +(\S+): the earliest of announced, offered and served is served \(piece (\d+)\)\n",
                         conclusion)
        before = re.search(r"not before +(\S+): the transfer of 2026112002 to it ended then \(piece (\d+)\); "
                           r"so the interval is 66 ms wide\n", conclusion)
        self.assertTrue(numbered[live[2]].startswith(live[1] + "  served  "))
        self.assertTrue(numbered[before[2]].startswith(before[1] + "  received  "))
        self.assertTrue(before[1].startswith("2026-11-20T09:48:07.579"))

    def test_an_older_serial_as_the_lower_end(self):
        result = zonelag("explain", "-z", "bravo.test", "-n", "2026112002", "--node", "fd00:53::10", *CHAIN)
        self.assertTrue(result.out.startswith("bravo.test 2026112002 at fd00:53::10 (customer, Lab Customer)\n"))
        numbered, conclusion = pieces(result.out)
        before = re.search(r"not before +(\S+): it still answered with 2026112001 then \(piece (\d+)\); so the interval is "
                           r"11\.2 s wide\n", conclusion)
        self.assertTrue(numbered[before[2]].endswith("after 2026112001 up to " + before[1]))

    def test_every_row_names_the_pieces_of_its_interval(self):
        for scenario in ("chain-A", "chain-B", "faults-A"):
            with self.subTest(scenario=scenario):
                text = zonelag("explain", "-z", "alpha.test", "-i", inventory(scenario), *captures(scenario)).out
                ends = re.findall(r"^    (?:live at|not before)  .*$", text, re.M)
                known = [line for line in ends if "not known" not in line]
                self.assertGreater(len(known), 10)
                self.assertEqual([line for line in known if "(piece " not in line], [])

    def test_messages(self):
        plain = zonelag("explain", "-z", "bravo.test", "-n", "2026112002", "--node", "s4", *CHAIN).out
        verbose = zonelag("explain", "-v", "-z", "bravo.test", "-n", "2026112002", "--node", "s4", *CHAIN).out
        self.assertEqual("".join(line + "\n" for line in verbose.splitlines() if not line.startswith(" " * 11)), plain)
        self.assertEqual(verbose.count(";; ->>HEADER<<-"), 7)
        self.assertIn("           ;; bravo.test.\tIN\tSOA\n", verbose)
        for noise in ("Query time", "WHEN", ";; AUTHORITY SECTION:\n           ;;", " \n"):
            self.assertNotIn(noise, verbose)

    def test_the_last_message_of_a_large_transfer(self):
        # pcaps/README.md: 50,000 records, the last of 71 messages ends with the SOA; tshark: it has 173 records.
        asked = ("-z", "big.test", "-n", "2026112001", "--node", "incoming", *BIG)
        cut = zonelag("explain", "-v", *asked)
        self.expect(cut, 0, NOT_CAPTURED)
        first = cut.out.split("\n      2  ")[0].splitlines()
        self.assertIn("71 messages, 50012 records, 1152189 bytes", first[2])
        message = first[4:]
        self.assertEqual(len(message), 61)
        left_out = re.fullmatch(r" +\.\.\. (\d+) more records", message[55])
        self.assertTrue(message[-2].strip().startswith("big.test.\t300\tIN\tSOA\t"))
        self.assertEqual(message[-1].strip(), ";; MSG SIZE  rcvd: 4046")
        records = [line for line in message if not line.strip().startswith((";", "..."))]
        self.assertEqual(len(records) + int(left_out[1]), 173)
        whole = zonelag("explain", "-vv", *asked).out.split("\n      2  ")[0]
        self.assertNotIn("more records", whole)
        self.assertEqual(len([line for line in whole.splitlines()[4:] if not line.strip().startswith(";")]), 173)

    def test_nothing_to_explain(self):
        self.expect(zonelag("explain", "-z", "nope.test", S1), 1, "the captures show no version of nope.test", "")
        self.expect(zonelag("explain", "-z", "ALPHA.test.", "-n", "5", S1), 1,
                    "the captures show no version 5 of alpha.test; there are: 2026112001, 2026112002, 2026112003, "
                    "2026112008, 2026112018", "")
        self.expect(zonelag("explain", "-z", "alpha.test", "-n", "2026112002", "--node", "s1", S1), 1,
                    "the captures show no node 's1' for alpha.test; there are: 10.53.0.30, 10.53.0.41, 10.53.100.53", "")

    def test_an_open_row(self):
        result = zonelag("explain", "-z", "big.test", "-n", "2026112002", "--node", "s1", *BIG)
        self.expect(result, 0, NOT_CAPTURED)
        self.assertIn("none: nothing that was captured says that this node has it\n", result.out)
        self.assertIn("open              no evidence of this version or of a newer one\n", result.out)


if __name__ == "__main__":
    unittest.main()
