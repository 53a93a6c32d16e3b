"""`zonelag inventory` check, import and export, against a real database."""
import pathlib
import unittest

from command import CommandTest, inventory, zonelag
from database import Database

FLEET = """[[nameserver]]
hostname = "in1"
ip4 = "192.0.2.20"
loc = "hq"
ns_type = "incoming"

[[nameserver]]
hostname = "vie1"
ip4 = "192.0.2.41"
ip6 = "2001:db8::41"
anycast = ["198.51.100.53"]
loc = "vie"
dsc_name = "Vienna \\"1\\""

[[nameserver]]
hostname = "nyc1"
ip4 = "192.0.2.42"
loc = "nyc"
status = "maintenance"

[[customer_nameserver]]
ip = "203.0.113.10"
zone = "example.at"
accountname = "Example GmbH"

[[customer_nameserver]]
ip = "203.0.113.11"
zone = "*"
accountname = "Other"

[[policy]]
name = "contract"
zones = ["example.at"]
percentile = 95
limit = "60m"
deadline = "2h"
"""

BY_ACCOUNT = FLEET + """
[[policy]]
name = "gold"
account = "Example GmbH"
limit = "10m"
"""

ADDED = """+ nameserver "in1"
+ nameserver "vie1"
+ nameserver "nyc1"
+ customer_nameserver 203.0.113.10 for zone example.at
+ customer_nameserver 203.0.113.11 for zone *
+ policy "contract"
"""


def setUpModule():
    global database
    database = Database()


def tearDownModule():
    database.close()


class Inventory(CommandTest):
    def setUp(self):
        super().setUp()
        database.empty()
        self.place = f"PostgreSQL at {database.server.facts['socket']}:{database.server.facts['port']}, database zonelag"

    def load(self, text, *options):
        return database.zonelag("inventory", "import", self.file("fleet.toml", text), *options)

    def exported(self):
        return database.zonelag("inventory", "export").out

    def test_check(self):
        fleet = self.file("fleet.toml", FLEET)
        self.expect(zonelag("inventory", "check", fleet), 0, [],
                    "3 nameservers (1 incoming, 2 secondary; 2 production, 1 maintenance), 2 customer nameservers, "
                    "1 policy\n")
        with fleet.open() as stream:
            self.assertEqual(zonelag("inventory", "check", "-", stdin=stream).code, 0)
        self.expect(zonelag("inventory", "check", self.folder / "absent"), 1,
                    f"{self.folder}/absent: No such file or directory", "")
        wrong = self.file("wrong.toml", FLEET.replace("ip4 =", "ip_4 ="))
        self.expect(zonelag("inventory", "check", wrong), 1,
                    f"{wrong}:3: [[nameserver]] \"in1\": unknown key 'ip_4' (did you mean 'ip4'?)", "")

    def test_every_contradiction_is_told(self):
        fleet = self.file("fleet.toml", FLEET.replace("192.0.2.42", "192.0.2.41").replace("203.0.113.11", "192.0.2.20")
                          + '\n[[nameserver]]\nhostname = "lab"\nip4 = "198.51.100.53"\n'
                          + '\n[[policy]]\nname = "contract"\nlimit = "1h"\n')
        self.expect(zonelag("inventory", "check", fleet), 1, [
            f'{fleet}: nameserver "vie1" (line 7) and nameserver "nyc1" (line 15) have the same address 192.0.2.41',
            f'{fleet}: anycast address 198.51.100.53 of nameserver "vie1" (line 7) is the unicast address of nameserver '
            '"lab" (line 38)',
            f'{fleet}: customer_nameserver 192.0.2.20 for zone * (line 26) has the address of nameserver "in1" (line 1)',
            f'{fleet}: policy "contract" (line 31) and policy "contract" (line 42) have the same name'])
        refused = database.zonelag("inventory", "import", fleet)
        self.assertEqual((refused.code, refused.out, len(refused.err.splitlines())), (1, "", 4))
        self.assertEqual(self.exported(), "")

    def test_import_shows_what_changes(self):
        self.expect(self.load(FLEET), 0, [], ADDED + f"{self.place}: 6 added, 0 changed, 0 removed\n")
        self.expect(self.load(FLEET), 0, [], f"{self.place}: 0 added, 0 changed, 0 removed\n")
        other = FLEET.replace('status = "maintenance"', 'status = "production"').replace("203.0.113.11", "203.0.113.12")
        other = other.replace('percentile = 95', 'percentile = 90')
        expected = ('~ nameserver "nyc1"\n    status: maintenance -> production\n'
                    "+ customer_nameserver 203.0.113.12 for zone *\n- customer_nameserver 203.0.113.11 for zone *\n"
                    '~ policy "contract"\n    percentile: 95 -> 90\n')
        self.expect(self.load(other, "--dry-run"), 0, [],
                    expected + f"{self.place}: would be 1 added, 2 changed, 1 removed\n")
        self.expect(self.load(FLEET, "--dry-run"), 0, [], f"{self.place}: would be 0 added, 0 changed, 0 removed\n")
        self.expect(self.load(other), 0, [], expected + f"{self.place}: 1 added, 2 changed, 1 removed\n")
        self.assertEqual(database.query("SELECT status FROM nameservers WHERE hostname = 'nyc1'"), [["production"]])

    def test_rows_keep_their_ids(self):
        self.load(FLEET)
        ids = database.query("SELECT hostname, id FROM nameservers ORDER BY 1")
        self.load(FLEET.replace("vie\"", "wien\""))
        self.assertEqual(database.query("SELECT hostname, id FROM nameservers ORDER BY 1"), ids)

    def test_merge_removes_nothing(self):
        self.load(FLEET)
        more = ('[[nameserver]]\nhostname = "ams1"\nip4 = "192.0.2.50"\n'
                '[[nameserver]]\nhostname = "nyc1"\nip4 = "192.0.2.42"\nloc = "nyc"\n')
        self.expect(self.load(more, "--merge"), 0, [],
                    '~ nameserver "nyc1"\n    status: maintenance -> production\n+ nameserver "ams1"\n'
                    f"{self.place}: 1 added, 1 changed, 0 removed\n")
        self.assertEqual(len(database.query("SELECT * FROM nameservers")), 4)
        there = self.id_of("vie1")
        clash = '[[nameserver]]\nhostname = "ams2"\nip4 = "192.0.2.41"\n'
        path = self.folder / "fleet.toml"
        self.expect(self.load(clash, "--merge"), 1,
                    f'{path} with {self.place}: nameserver "vie1" (id {there}) and nameserver "ams2" (line 1) have the '
                    "same address 192.0.2.41", "")
        self.assertEqual(len(database.query("SELECT * FROM nameservers")), 4)

    def test_a_wrong_file_does_not_remove_everything(self):
        self.load(FLEET)
        before = self.exported()
        for text in ("", '[[nameserver]]\nhostname = "x"\nip4 = "192.0.2.99"\n'):
            result = self.load(text)
            self.assertEqual(result.code, 1)
            self.assertIn("--replace replaces all, --merge removes none", result.err)
            self.assertEqual(self.exported(), before)
        self.assertEqual(self.load(text, "--replace").code, 0)
        self.assertEqual(database.query("SELECT hostname FROM nameservers"), [["x"]])

    def test_round_trip(self):
        for text in (FLEET, BY_ACCOUNT, *(pathlib.Path(inventory(name)).read_text() for name in ("big-A", "chain-A"))):
            database.empty()
            self.assertEqual(self.load(text, "--replace").code, 0)
            exported = self.exported()
            self.file("given.toml", text)
            self.assertEqual(self.load(exported).out, f"{self.place}: 0 added, 0 changed, 0 removed\n")
            database.empty()
            self.load(exported)
            self.assertEqual(self.exported(), exported)
            self.assertEqual(zonelag("inventory", "check", self.file("again.toml", exported)).out,
                             zonelag("inventory", "check", self.folder / "given.toml").out)

    def test_export_to_a_file(self):
        self.load(FLEET)
        path = self.folder / "out.toml"
        self.expect(database.zonelag("inventory", "export", path), 0, [], "")
        self.assertEqual(path.read_text(), self.exported())
        self.expect(database.zonelag("inventory", "export", path), 1,
                    f"inventory '{path}': is there already, and is not overwritten without --force", "")
        self.assertEqual(database.zonelag("inventory", "export", path, "--force").code, 0)

    def test_tables_that_contradict_themselves(self):
        """Edited by hand: the rows are named, and can be exported to be put right."""
        self.load(FLEET)
        row = database.query("INSERT INTO customer_nameservers (ip, zone, accountname) VALUES ('192.0.2.41', 'x.test', 'X') "
                             "RETURNING id")[0][0]
        result = database.zonelag("inventory", "export")
        self.assertEqual(result.code, 1)
        self.assertEqual(result.err, f"zonelag: {self.place}: customer_nameserver 192.0.2.41 for zone x.test (id {row}) has "
                                     f"the address of nameserver \"vie1\" (id {self.id_of('vie1')})\n")
        self.assertIn('zone = "x.test"', result.out)
        database.query("UPDATE customer_nameservers SET ip = 'nonsense' WHERE zone = 'x.test' RETURNING 1")
        result = database.zonelag("inventory", "export")
        self.assertEqual((result.code, result.out), (1, ""))
        self.assertIn(f"row with id {row}: ip 'nonsense' is no address", result.err)

    def id_of(self, hostname):
        return database.query(f"SELECT id FROM nameservers WHERE hostname = '{hostname}'")[0][0]


if __name__ == "__main__":
    unittest.main()
