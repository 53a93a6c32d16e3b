"""Files of events as input: what was recorded once is replayed as its captures were."""
import unittest

from command import CHAIN, CommandTest, S1, captures, inventory, zonelag


class EventFiles(CommandTest):
    def record(self, name, *files):
        path = self.folder / name
        self.assertEqual(zonelag("replay", "-q", "-i", inventory(), "-e", path, *files).code, 0)
        return path

    def test_rows_are_those_of_the_captures(self):
        for form in ("json", "csv", "table"):
            expected = zonelag("replay", "-q", "-i", inventory(), "-f", form, *captures()).out
            for name in ("events.pb", "events.json"):
                with self.subTest(form=form, name=name):
                    path = self.record(name, *captures())
                    self.expect(zonelag("replay", "-q", "-i", inventory(), "-f", form, path), 0, [], expected)

    def test_events_twice_are_events_once(self):
        path = self.record("events.pb", *captures())
        other = self.file("again.pb", path.read_bytes())
        expected = zonelag("replay", "-q", "-i", inventory(), "-f", "csv", path).out
        self.expect(zonelag("replay", "-q", "-i", inventory(), "-f", "csv", path, other), 0, [], expected)

    def test_events_beside_captures(self):
        rest = [file for file in captures() if file != str(S1)]
        self.assertEqual(len(rest), len(captures()) - 1)
        path = self.record("s1.pb", S1)
        expected = zonelag("replay", "-q", "-i", inventory(), "-f", "csv", *captures()).out
        self.expect(zonelag("replay", "-q", "-i", inventory(), "-f", "csv", path, *rest), 0, [], expected)

    def test_another_policy(self):
        path = self.record("events.pb", *captures())
        tight = zonelag("replay", "-q", "-i", inventory(), "-f", "csv", "--sla", "incoming_lag:p90<=1ms", path).out
        self.assertIn(",breached\n", tight)

    def test_explain(self):
        path = self.record("events.json", *captures())
        arguments = ("-q", "-i", inventory(), "-z", "bravo.test", "-n", "2026112002", "--node", "s4")
        self.assertEqual(zonelag("explain", *arguments, path).out, zonelag("explain", *arguments, *captures()).out)

    def test_cut_and_broken(self):
        path = self.record("events.pb", CHAIN / "customer.pcap")
        cut = self.file("cut.pb", path.read_bytes()[:-3])
        result = zonelag("replay", "-q", "-i", inventory(), cut)
        self.assertEqual(result.code, 3)
        self.assertRegex(result.err, rf"^zonelag: {cut}: 1 of \d+ records could not be used; record \d+: event: .*\n$")
        lines = self.record("events.json", CHAIN / "customer.pcap").read_text()
        wrong = self.file("wrong.json", "{}\nnonsense\n" + lines)
        result = zonelag("replay", "-q", "-i", inventory(), "-f", "csv", wrong)
        self.assertEqual(result.code, 3)
        self.assertIn(f"{wrong}: 2 of ", result.err)
        self.assertEqual(result.out, zonelag("replay", "-q", "-i", inventory(), "-f", "csv", self.folder / "events.json").out)

    def test_not_there(self):
        self.expect(zonelag("replay", self.folder / "absent.pb"), 1, f"{self.folder}/absent.pb: No such file or directory", "")
        (self.folder / "folder.json").mkdir()
        self.expect(zonelag("replay", self.folder / "folder.json"), 1, f"{self.folder}/folder.json: is a directory", "")


if __name__ == "__main__":
    unittest.main()
