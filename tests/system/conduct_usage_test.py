"""zonelag-sensor's command line as its user meets it: what is printed where, what it ends with, what an error names."""
import os
import pathlib
import socket
import subprocess
import tempfile
import unittest

import conduct
from conduct import NOBODY, run

GOOD = """[sensor]
id = "s1"
[capture]
interfaces = ["lo"]
[output]
events = "-"
"""


class UsageTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="zonelag-usage-")))
        self.folder.chmod(0o755)

    def file(self, text):
        path = self.folder / "sensor.toml"
        path.write_text(text)
        return path

    def refused(self, *arguments, code, lines=1, **options):
        """It ends with the code, says nothing on standard output, and so many lines on standard error."""
        done = run(*arguments, **options)
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        said = done.stderr.splitlines()
        self.assertEqual(len(said), lines, done.stderr)
        return said

    def test_help_and_version(self):
        help_ = run("--help")
        self.assertEqual((help_.returncode, help_.stderr), (0, ""))
        self.assertTrue(help_.stdout.startswith("Usage: zonelag-sensor [doctor] [OPTION]...\n"))
        self.assertLessEqual(max(map(len, help_.stdout.splitlines())), 80)
        for word in ("--config FILE", "--kafka-brokers HOST", "--metrics-listen", "doctor", "Exit status:"):
            self.assertIn(word, help_.stdout)
        doctor = run("doctor", "--help")
        self.assertEqual((doctor.returncode, doctor.stderr), (0, ""))
        self.assertIn("--format", doctor.stdout)
        version = run("--version")
        self.assertEqual((version.returncode, version.stderr), (0, ""))
        self.assertRegex(version.stdout, r"^zonelag-sensor \d+\.\d+\.\d+\n$")

    def test_check_of_what_is_good(self):
        done = run("--config", self.file(GOOD), "--check")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "the configuration is sound\n", ""))

    def test_check_names_file_line_and_key(self):
        for text, expected in ((GOOD + 'evnts = "x"\n', ":7: unknown key 'output.evnts' (did you mean 'events'?)"),
                               (GOOD + "[capture.x]\n", ":7: unknown key 'capture.x'"),
                               (GOOD + "[kafak]\n", ":7: unknown section 'kafak' (did you mean 'kafka'?)"),
                               (GOOD + "[log]\nlevel = 3\n", ":8: log.level: "),
                               (GOOD + '[capture.y]\n', ":7: "),
                               (GOOD.replace('["lo"]', '"lo"'), ":4: capture.interfaces: "),
                               (GOOD + "queue = 1\n", ":7: output.queue: "),
                               (GOOD + '[sensor', ":7: ")):
            with self.subTest(text=text):
                path = self.file(text)
                said = self.refused("--config", path, "--check", code=2)
                self.assertTrue(said[0].startswith(f"zonelag-sensor: {path}{expected}"), said)

    def test_check_says_everything_that_is_wrong(self):
        path = self.file('[capture]\ninterfaces = ["lo", "lo"]\nfilter = "porrt 53"\n[kafka]\ntopic = "a b"\nbrokers = ["b"]\n'
                         'security = "ssl"\ntls_ca = "/nowhere/ca.pem"\n')
        said = self.refused("--config", path, "--check", code=2, lines=4)
        for line, key in ((2, "capture.interfaces: 'lo' is given twice"), (5, "kafka.topic: 'a b'"),
                          (8, "kafka.tls_ca: /nowhere/ca.pem: No such file or directory"), (3, "capture.filter: filter 'porrt 53'")):
            self.assertTrue(any(s.startswith(f"zonelag-sensor: {path}:{line}: {key}") for s in said), (line, key, said))

    def test_a_file_that_can_not_be_read(self):
        said = self.refused("--config", self.folder / "none.toml", code=2)
        self.assertEqual(said, [f"zonelag-sensor: {self.folder}/none.toml: No such file or directory"])

    def test_what_is_printed_reads_back(self):
        printed = run("--config", self.file(GOOD), "--print-config", "--capture-workers", "3", "--signals-stamps", "_s.a.test")
        self.assertEqual((printed.returncode, printed.stderr), (0, ""))
        path = self.file(printed.stdout)
        again = run("--config", path, "--print-config")
        self.assertEqual(again.stdout, printed.stdout)
        self.assertIn("workers = 3\n", again.stdout)
        self.assertEqual(run("--config", path, "--check").returncode, 0)

    def test_wrong_options(self):
        for arguments, expected in ((["--nope"], "unknown option '--nope'"), (["--kafka-broker", "x"], "(did you mean '--kafka-brokers'?)"),
                                    (["--capture-workers", "0"], "--capture-workers: "), (["--check", "doctor"], "doctor and another command are both given"),
                                    (["--log-level", "loud"], "--log-level: "), (["--sensor-id"], "--sensor-id")):
            with self.subTest(arguments=arguments):
                said = self.refused(*arguments, code=2, lines=2)
                self.assertIn(expected, said[0])
                self.assertRegex(said[1], "^Try 'zonelag-sensor (doctor )?--help'.$")

    def test_nothing_given(self):
        said = self.refused(code=2, lines=2)
        self.assertIn("capture.interfaces: no interface is given", said[0])
        self.assertIn("kafka.brokers: none is given", said[1])

    def test_standard_output_full(self):
        for option in ("--version", "--help", "--print-config"):
            with open("/dev/full", "w") as full:
                done = subprocess.run([conduct.SENSOR, option], stdout=full, stderr=subprocess.PIPE, text=True, timeout=30)
            self.assertEqual((done.returncode, len(done.stderr.splitlines())), (1, 1), (option, done.stderr))

    def start_fails(self, *arguments, code=1, prefix=()):
        return self.refused("--capture-interfaces", "lo", "--capture-ring", "1MiB", "--output-events", "-", *arguments, code=code, prefix=prefix)[0]

    def test_an_interface_that_is_not_there(self):
        said = self.refused("--capture-interfaces", "nope0", "--output-events", "-", code=1)[0]
        self.assertIn("capture on 'nope0': there is no such interface; there are: ", said)
        self.assertIn("lo", said)

    def test_a_filter_that_is_none(self):
        self.assertIn("--capture-filter: filter 'porrt 3': ", self.start_fails("--capture-filter", "porrt 3", code=2))

    def test_a_user_that_is_not_there(self):
        self.assertIn("user 'nosuchuser': is not there", self.start_fails("--metrics-listen", "off", "--privileges-user", "nosuchuser"))

    def test_a_port_that_is_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            listen = f"127.0.0.1:{taken.getsockname()[1]}"
            said = self.start_fails("--metrics-listen", listen)
        self.assertIn(f"metrics address '{listen}': Address already in use", said)

    def test_a_spool_that_is_in_use(self):
        import fcntl
        (self.folder / "spool").mkdir()
        with open(self.folder / "spool" / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            lock.write(f"{os.getpid()}\n")
            lock.flush()
            said = self.refused("--capture-interfaces", "lo", "--capture-ring", "1MiB", "--kafka-brokers", "127.0.0.1:1",
                                "--metrics-listen", "off", "--spool-directory", self.folder / "spool", code=1)[0]
        self.assertIn(f"another sensor (PID {os.getpid()}) uses it", said)

    def test_without_the_privilege(self):
        said = self.start_fails("--metrics-listen", "off", prefix=NOBODY)
        for word in ("CAP_NET_RAW", "start as root", "AmbientCapabilities", "setcap", "privileges.user"):
            self.assertIn(word, said)

    def test_a_file_that_can_not_be_written(self):
        said = self.refused("--capture-interfaces", "lo", "--capture-ring", "1MiB", "--metrics-listen", "off", "--output-events",
                            "/nowhere/events.json", code=1)[0]
        self.assertIn("events file '/nowhere/events.json': No such file or directory", said)


if __name__ == "__main__":
    unittest.main()
