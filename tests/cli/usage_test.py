"""Wrong command lines: one line that names the culprit, one that says where to look, exit code 2."""
import unittest

from command import CHAIN, CommandTest, S1, inventory, zonelag

TOP = "Try 'zonelag --help'."
REPLAY = "Try 'zonelag replay --help'."
EXPLAIN = "Try 'zonelag explain --help'."
REPORT = "Try 'zonelag report --help'."
TOPICS = "Try 'zonelag topics create --help'."

WRONG = [
    ((), "no command is given: replay, explain, report, inventory, db or topics", TOP),
    (("reply", "--format", "json", "x"), "unknown command 'reply' (did you mean 'replay'?)", TOP),
    (("help",), "unknown command 'help'", TOP),
    (("--nonsense",), "unknown option '--nonsense'", TOP),
    (("-x",), "unknown option '-x'", TOP),
    (("replay",), "no capture is given", REPLAY),
    (("replay", "--format", "json"), "no capture is given", REPLAY),
    (("replay", "--fromat", "json", "x"), "unknown option '--fromat' (did you mean '--format'?)", REPLAY),
    (("replay", "x", "--inv=y"), "unknown option '--inv' (did you mean '--inventory'?)", REPLAY),
    (("replay", "x", "--inventory-file"), "unknown option '--inventory-file'", REPLAY),
    (("explain", "--vrebose", "x"), "unknown option '--vrebose' (did you mean '--verbose'?)", EXPLAIN),
    (("explain", "--rbose", "x"), "unknown option '--rbose' (did you mean '--verbose'?)", EXPLAIN),
    (("replay", "--format", "xml", "x"), "--format: 'xml' is none of table, json, csv", REPLAY),
    (("replay", "--format", "jsn", "x"), "--format: 'jsn' is none of table, json, csv (did you mean 'json'?)", REPLAY),
    (("replay", "x", "--format"), "--format needs a value: FORMAT", REPLAY),
    (("replay", "-f", "csv", "-f", "csv", "x"), "--format is given more than once", REPLAY),
    (("replay", "--zone", "", "x"), "--zone is given an empty value", REPLAY),
    (("replay", "--color", "red", "x"), "--color: 'red' is none of auto, always, never", REPLAY),
    (("replay", "--quiet=5", "x"), "--quiet takes no value", REPLAY),
    (("replay", "--port", "abc", "x"), "--port: 'abc' is no port (1 to 65535)", REPLAY),
    (("replay", "--port", "0", "x"), "--port: '0' is no port (1 to 65535)", REPLAY),
    (("replay", "--port", "65536", "x"), "--port: '65536' is no port (1 to 65535)", REPLAY),
    (("replay", "--port", "53", "--port", "-1", "x"), "--port: '-1' is no port (1 to 65535)", REPLAY),
    (("replay", "--zone", "a..b", "x"), "--zone: 'a..b' is no domain name", REPLAY),
    (("replay", "--zone", "a" * 64 + ".test", "x"), f"--zone: '{'a' * 64}.test' is no domain name", REPLAY),
    (("replay", "-e", "-", "-r", "-", "x"), "--events and --report both want standard output", REPLAY),
    (("replay", "-e", "-", "-w", "-", "x"), "--events and --write-inventory both want standard output", REPLAY),
    (("replay", "-e", "f", "-r", "f", "x"), "--events and --report both want 'f'", REPLAY),
    (("explain", "x"), "explain needs a zone: --zone ZONE", EXPLAIN),
    (("explain", "--zone", "a.test"), "no capture is given", EXPLAIN),
    (("explain", "--zone", "a..b", "x"), "--zone: 'a..b' is no domain name", EXPLAIN),
    (("explain", "--zone", "a", "-n", "-1", "x"), "--serial: '-1' is no serial (0 to 4294967295)", EXPLAIN),
    (("explain", "--zone", "a", "-n", "1e3", "x"), "--serial: '1e3' is no serial (0 to 4294967295)", EXPLAIN),
    (("explain", "--zone", "a", "-n", "4294967296", "x"), "--serial: '4294967296' is no serial (0 to 4294967295)",
     EXPLAIN),
    (("explain", "--format", "csv", "--zone", "a", "x"), "unknown option '--format'", EXPLAIN),
    (("db",), "db needs a command: migrate, status, prune", "Try 'zonelag db --help'."),
    (("db", "migrat"), "unknown command 'migrat' (did you mean 'migrate'?)", "Try 'zonelag db --help'."),
    (("db", "migrate", "x"), "unexpected argument 'x'", "Try 'zonelag db migrate --help'."),
    (("db", "status", "--datbase", "x"), "unknown option '--datbase' (did you mean '--database'?)",
     "Try 'zonelag db status --help'."),
    (("db", "prune", "--keep-rows", "0"), "--keep-rows: '0' is not a number from 1 to 36500",
     "Try 'zonelag db prune --help'."),
    (("inventory",), "inventory needs a command: check, import, export", "Try 'zonelag inventory --help'."),
    (("inventory", "import"), "inventory import needs a FILE", "Try 'zonelag inventory import --help'."),
    (("inventory", "check", "--merge", "x"), "unknown option '--merge'", "Try 'zonelag inventory check --help'."),
    (("inventory", "import", "--merge", "--replace", "x"), "--merge and --replace contradict each other",
     "Try 'zonelag inventory import --help'."),
    (("topics",), "topics needs a command: create", "Try 'zonelag topics --help'."),
    (("topics", "create", "--partitions", "many"), "--partitions: 'many' is not a number from 1 to 100000", TOPICS),
    (("topics", "create", "--replication", "32768"), "--replication: '32768' is not a number from 1 to 32767", TOPICS),
    (("report", "complain"), "unknown command 'complain'", REPORT),
    (("report", "compliances"), "unknown command 'compliances' (did you mean 'compliance'?)", REPORT),
    (("report", "compliance"), "report compliance needs a month: --month 2026-11", "Try 'zonelag report compliance --help'."),
    (("report", "compliance", "-m", "2026-13"), "--month: '2026-13' is no month (2026-11)",
     "Try 'zonelag report compliance --help'."),
    (("report", "--zone", "a", "sensors"), "--zone stands before 'sensors': options come after the command",
     "Try 'zonelag report sensors --help'."),
    (("report", "--zone", "a..b"), "--zone: 'a..b' is no domain name", REPORT),
    (("report", "--from", "yesterday"), "--from: 'yesterday' is no time (2026-11-20 or 2026-11-20T12:00:00Z)", REPORT),
    (("report", "--from", "2026-02-30"), "--from: '2026-02-30' is no time (2026-11-20 or 2026-11-20T12:00:00Z)", REPORT),
    (("report", "--until", "2026-11-20T24:00:00Z"),
     "--until: '2026-11-20T24:00:00Z' is no time (2026-11-20 or 2026-11-20T12:00:00Z)", REPORT),
    (("report", "--until", "2026-11-20T12:00:00"),
     "--until: '2026-11-20T12:00:00' is no time (2026-11-20 or 2026-11-20T12:00:00Z)", REPORT),
    (("report", "--from", "2026-11-20", "--until", "2026-11-19"), "--from is not before --until", REPORT),
    (("report", "--recompute"), "--recompute needs a policy: --policy POLICY", REPORT),
]

SLAS = [
    ("gold", "no SLA policy 'gold'; there are: lab, icann, or LAG:pPERCENTILE<=LIMIT[:DEADLINE], for example "
             "incoming_lag:p95<=60m:2h"),
    ("lag:p95<=60m", "SLA 'lag:p95<=60m': the lag is none of customer_lag, incoming_lag, distribution_lag; the form is "
                     "LAG:pPERCENTILE<=LIMIT[:DEADLINE], for example incoming_lag:p95<=60m:2h"),
    ("incoming_lag:p101<=60m", "SLA 'incoming_lag:p101<=60m': percentile 101 is not above 0 and at most 100; the form "
                               "is LAG:pPERCENTILE<=LIMIT[:DEADLINE], for example incoming_lag:p95<=60m:2h"),
]


class Usage(CommandTest):
    def test_wrong(self):
        for arguments, culprit, where in WRONG:
            with self.subTest(arguments=arguments):
                self.expect(zonelag(*arguments), 2, [culprit, where], "")

    def test_wrong_sla(self):
        for sla, culprit in SLAS:
            with self.subTest(sla=sla):
                self.expect(zonelag("replay", "--sla", sla, "-i", inventory(), S1), 2, ["--sla: " + culprit, REPLAY], "")

    def test_last_good_values(self):
        for arguments in (("--port", "65535"), ("--port", "1", "--port", "53"), ("--zone", "a" * 63 + ".test"),
                          ("--sla", "incoming_lag:p100<=1ns")):
            with self.subTest(arguments=arguments):
                self.assertEqual(zonelag("replay", "-q", *arguments, S1).code, 0)

    def test_port_takes_one_value_each_and_leaves_captures_alone(self):
        both = zonelag("replay", "-q", S1, CHAIN / "s2.pcap.zst")
        self.assertEqual(zonelag("replay", "-q", "--port", "53", S1, CHAIN / "s2.pcap.zst").out, both.out)

    def test_help_and_version(self):
        for arguments in (("--help",), ("-h",), ("replay", "--help"), ("explain", "-h"), ("replay", "--nonsense", "-h"),
                          ("report", "-h"), ("report", "compliance", "-h"), ("inventory", "import", "-h"),
                          ("db", "-h"), ("db", "migrate", "-h"), ("topics", "create", "-h")):
            with self.subTest(arguments=arguments):
                result = zonelag(*arguments)
                self.expect(result, 0, [])
                self.assertTrue(result.out.startswith("Usage: zonelag "))
                self.assertLessEqual(max(map(len, result.out.splitlines())), 80)
                for noise in ("TEXT", "UINT", "REQUIRED", "{", "[[", "Positionals"):
                    self.assertNotIn(noise, result.out)
        self.expect(zonelag("--version"), 0, [], "zonelag 0.1.0\n")


if __name__ == "__main__":
    unittest.main()
