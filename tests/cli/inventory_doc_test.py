"""docs/inventory.md: its example is an inventory, and its messages are those that the mistakes give."""
import unittest

from command import CommandTest, S1, SOURCE, zonelag

DOCUMENT = (SOURCE / "docs" / "inventory.md").read_text()
EXAMPLE = DOCUMENT.split("```toml\n")[1].split("```")[0]

MISTAKES = [
    ('ns_type = "incoming"', 'ns_type = "hidden"'),
    ("dsc_name =", "dsc_nam ="),
    ("[[nameserver]]", "[[nameservers]]"),
    ('"192.0.2.20"', '"192.0.2.300"'),
    ('"192.0.2.42"', '"192.0.2.41"'),
    ('"nyc1"', '"vie1"'),
    ('ip4 = "192.0.2.42"\nanycast = ["198.51.100.53"', 'ip4 = "192.0.2.42"\nanycast = ["192.0.2.41"'),
    ('ip4 = "192.0.2.42"\n', ""),
    ('"203.0.113.10"', '"192.0.2.41"'),
    (EXAMPLE, ""),
]


class InventoryDocument(CommandTest):
    def message(self, text):
        self.file("fleet.toml", text)
        return zonelag("replay", "-i", "fleet.toml", S1, cwd=self.folder)

    def test_example(self):
        self.expect(self.message(EXAMPLE), 0, [])

    def test_messages(self):
        for old, new in MISTAKES:
            with self.subTest(new=new):
                self.assertIn(old, EXAMPLE)
                told = self.message(EXAMPLE.replace(old, new, 1)).err.strip().removeprefix("zonelag: ")
                self.assertIn(f"| `{told}` |", DOCUMENT)

    def test_keys(self):
        told = {line.split("`")[1] for line in DOCUMENT.splitlines() if line.startswith("| `") and ":" not in line[:14]}
        used = {line.split(" =")[0] for line in EXAMPLE.splitlines() if " = " in line}
        self.assertLess(used, told | {"ip4", "ip6"})


if __name__ == "__main__":
    unittest.main()
