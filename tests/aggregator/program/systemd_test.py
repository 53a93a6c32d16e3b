#!/usr/bin/env python3
"""The systemd unit and its companions, read by systemd's own tools. Arguments: CMake's build folder."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD = pathlib.Path(sys.argv.pop(1)) if len(sys.argv) > 1 else None
MOST_EXPOSURE = 1.5
INSTALLED = [f"lib/{path}" for path in ("systemd/system/zonelag-aggregator.service", "sysusers.d/zonelag-aggregator.conf",
                                        "tmpfiles.d/zonelag-aggregator.conf")]


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    return done.returncode, done.stdout


class SystemdTest(unittest.TestCase):
    def setUp(self):
        for tool in ("systemd-analyze", "systemd-sysusers", "systemd-tmpfiles"):
            self.assertTrue(shutil.which(tool), f"{tool} is missing: install Debian's package systemd")
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="zonelag-systemd-"))
        self.addCleanup(shutil.rmtree, self.root)
        code, said = run("cmake", "--install", str(BUILD / "aggregator/program/systemd"), "--prefix", str(self.root))
        self.assertEqual(code, 0, said)
        for path in INSTALLED:
            self.assertTrue((self.root / path).is_file(), path)
        self.unit = self.root / INSTALLED[0]

    def test_exposure(self):
        code, said = run("systemd-analyze", "security", "--offline=true", "--no-pager", str(self.unit))
        found = re.search(r"Overall exposure level for zonelag-aggregator.service: ([0-9.]+)", said)
        self.assertTrue(found, said)
        print(f"systemd-analyze security: {found.group(1)}", file=sys.stderr)
        worst = "\n".join(line for line in said.splitlines() if "✓" not in line)
        self.assertLessEqual(float(found.group(1)), MOST_EXPOSURE, worst)
        self.assertEqual(code, 0, said)

    def test_verify_has_nothing_to_say(self):
        # The program itself need not be built for this.
        text = self.unit.read_text()
        command = re.search(r"^ExecStart=(\S+)", text, re.MULTILINE).group(1)
        self.assertEqual(pathlib.Path(command).name, "zonelag-aggregator")
        self.unit.write_text(text.replace(command, "/bin/true"))
        self.assertEqual(run("systemd-analyze", "verify", "--man=no", str(self.unit)), (0, ""))

    def test_verify_would_complain(self):
        self.unit.write_text(self.unit.read_text().replace("[Service]", "[Service]\nProtectEverything=yes", 1))
        self.assertIn("ProtectEverything", run("systemd-analyze", "verify", "--man=no", str(self.unit))[1])

    def test_no_placeholder_is_left(self):
        self.assertNotIn("@CMAKE", self.unit.read_text())

    def test_no_capability(self):
        lines = self.unit.read_text().splitlines()
        self.assertIn("CapabilityBoundingSet=", lines)
        self.assertFalse([line for line in lines if line.startswith("AmbientCapabilities")])

    def test_user(self):
        (self.root / "etc").mkdir()
        self.assertEqual(run("systemd-sysusers", f"--root={self.root}", str(self.root / INSTALLED[1]))[0], 0)
        self.assertRegex((self.root / "etc/passwd").read_text(), r"(?m)^zonelag:")


if __name__ == "__main__":
    unittest.main(verbosity=2)
