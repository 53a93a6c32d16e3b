"""docs/zonelag.1 and --help tell of the same options, and the manual's roff is sound."""
import re
import shutil
import subprocess
import unittest

from command import CommandTest, SOURCE, zonelag

MANUAL = SOURCE / "docs" / "zonelag.1"
OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]*|-[a-z])(?![\w-])")


def sections():
    """Heading -> text of the manual's OPTIONS, without fonts and escapes."""
    text = MANUAL.read_text().split(".SH OPTIONS\n")[1].split(".SH ")[0]
    found = {}
    for part in text.split(".SS ")[1:]:
        heading, body = part.split("\n", 1)
        # What follows .TP is what it tells of.
        tagged = re.findall(r"^\.TP\n(.*)$", body, re.M)
        plain = [re.sub(r"\\f.", "", line).replace("\\-", "-").replace('"', " ") for line in tagged]
        found[heading] = set(OPTION.findall(" ".join(plain)))
    return found


def options_of_help(*command):
    lines = [line for line in zonelag(*command, "--help").out.splitlines() if re.match(r"  (-| {4}--)", line)]
    return set(OPTION.findall(" ".join(line[:30] if not line[2:].startswith("    ") else line for line in lines)))


class Manual(CommandTest):
    def test_every_option_is_in_both(self):
        manual = sections()
        replay, explain, top = options_of_help("replay"), options_of_help("explain"), options_of_help()
        self.assertLess({"--format", "-f", "--colour", "--zone"}, replay)
        self.assertEqual(manual["replay and explain"], (replay & explain) | top)
        self.assertEqual(manual["replay"], replay - explain)
        self.assertEqual(manual["explain"], explain - replay)

    def test_every_option_of_the_service_is_in_both(self):
        manual = sections()
        help_option = {"--help", "-h"}

        def told(*command):
            return options_of_help(*command) - help_option

        database = {"--database", "-d", "--config", "-c", "--environment"}
        self.assertEqual(manual["Database"], database)
        self.assertEqual(told("report"), manual["report"] | database)
        self.assertEqual(told("report", "compliance"), manual["report compliance"] | database)
        for part in ("candidates", "sensors"):
            self.assertEqual(told("report", part), manual["report candidates, report sensors"] | database)
        self.assertEqual(told("inventory", "check"), set())
        self.assertEqual(told("inventory", "import") | told("inventory", "export"), manual["inventory"] | database)
        self.assertEqual(told("db", "migrate") | told("db", "status") | told("db", "prune"), manual["db"] | database)
        self.assertEqual(told("topics", "create"), manual["topics create"])
        self.assertEqual(set(manual), {"replay and explain", "replay", "explain", "report", "report compliance",
                                       "report candidates, report sensors", "inventory", "db", "topics create",
                                       "Database"})

    def test_exit_codes_are_in_both(self):
        text = MANUAL.read_text().split('.SH "EXIT STATUS"')[1].split(".SH")[0]
        manual = re.findall(r"^\.B (\d+)$", text, re.M)
        for command in ("replay", "explain"):
            told = zonelag(command, "--help").out.split("Exit status: ")[1]
            self.assertEqual(re.findall(r"(?:^|; )(\d+) ", told.replace("\n", " ")), manual)

    def test_fields_are_those_of_the_output(self):
        text = MANUAL.read_text().split(".SS JSON\n")[1].split(".SS CSV")[0]
        told = set(re.findall(r"[a-z0-9_]+", " ".join(re.findall(r"^\.BR? (.*)$", text, re.M))))
        golden = (SOURCE / "tests/cli/golden/bravo.json").read_text().splitlines()
        for line in golden:
            for name in re.findall(r'"([a-z0-9_]+)":', line):
                self.assertIn(name, told)

    def test_examples_are_command_lines(self):
        text = MANUAL.read_text().split(".SH EXAMPLES")[1].split(".SH NOTES")[0].replace("\\-", "-")
        commands = re.findall(r"zonelag ((?:replay|explain) [^|\n]*)", text)
        self.assertEqual(len(commands), 7)
        for command in re.findall(r"zonelag ((?:report|inventory|db|topics) [^|\n]*)", text):
            self.assertEqual(zonelag(*command.split(), "--help").code, 0, command)
        for command in commands:
            # No such files here: a known option is all that is asked of it.
            self.assertEqual(zonelag(*command.split(), cwd=self.folder).code, 1, command)

    @unittest.skipUnless(shutil.which("groff"), "groff is not installed")
    def test_roff(self):
        done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", str(MANUAL)], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
