"""The order in which captures are named makes no difference to anything that is printed."""
import random
import unittest

from command import CommandTest, captures, inventory, zonelag

# udp-ixfr and links have the same packets in several captures of one host; chain-A has clocks that agree to the
# nanosecond on both sides of a wire.
SCENARIOS = ["chain-A", "links", "udp-ixfr"]


class Order(CommandTest):
    def same(self, scenario, *arguments):
        given = captures(scenario)
        outputs = set()
        for seed in range(3):
            order = given[::-1] if seed == 0 else random.Random(seed).sample(given, len(given))
            outputs.add((lambda result: (result.code, result.out, result.err))(zonelag(*arguments, *order)))
        outputs.add((lambda result: (result.code, result.out, result.err))(zonelag(*arguments, *given)))
        self.assertEqual(len(outputs), 1)
        self.assertGreater(len(next(iter(outputs))[1]), 500)

    def test_replay(self):
        for scenario in SCENARIOS:
            for form in ("table", "json", "csv"):
                with self.subTest(scenario=scenario, form=form):
                    self.same(scenario, "replay", "-f", form, "-i", inventory(scenario))

    def test_without_inventory(self):
        for scenario in SCENARIOS:
            with self.subTest(scenario=scenario):
                self.same(scenario, "replay", "-f", "json")
                self.same(scenario, "replay", "-w", "-")

    def test_explain(self):
        for scenario in SCENARIOS:
            with self.subTest(scenario=scenario):
                self.same(scenario, "explain", "-z", "alpha.test", "-i", inventory(scenario))


if __name__ == "__main__":
    unittest.main()
