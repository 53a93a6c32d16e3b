#!/usr/bin/env python3
"""The systemd unit and its companions, read by systemd's own tools. Arguments: CMake's build folder."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD = pathlib.Path(sys.argv.pop(1)) if len(sys.argv) > 1 else None
MOST_EXPOSURE = 2.0
INSTALLED = ["lib/systemd/system/zonelag-sensor.service", "lib/sysusers.d/zonelag.conf", "lib/tmpfiles.d/zonelag.conf"]


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    return done.returncode, done.stdout


class SystemdTest(unittest.TestCase):
    def setUp(self):
        for tool in ("systemd-analyze", "systemd-sysusers", "systemd-tmpfiles"):
            self.assertTrue(shutil.which(tool), f"{tool} is missing: install Debian's package systemd")
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="zonelag-systemd-"))
        self.addCleanup(shutil.rmtree, self.root)
        code, said = run("cmake", "--install", str(BUILD / "sensor/program/systemd"), "--prefix", str(self.root))
        self.assertEqual(code, 0, said)
        for path in INSTALLED:
            self.assertTrue((self.root / path).is_file(), path)
        self.unit = self.root / INSTALLED[0]

    def test_exposure(self):
        code, said = run("systemd-analyze", "security", "--offline=true", "--no-pager", str(self.unit))
        found = re.search(r"Overall exposure level for zonelag-sensor.service: ([0-9.]+)", said)
        self.assertTrue(found, said)
        print(f"systemd-analyze security: {found.group(1)}", file=sys.stderr)
        worst = "\n".join(line for line in said.splitlines() if "✓" not in line)
        self.assertLessEqual(float(found.group(1)), MOST_EXPOSURE, worst)
        self.assertEqual(code, 0, said)

    def test_verify_has_nothing_to_say(self):
        # The program itself need not be built for this.
        text = self.unit.read_text()
        command = re.search(r"^ExecStart=(\S+)", text, re.MULTILINE).group(1)
        self.assertEqual(pathlib.Path(command).name, "zonelag-sensor")
        self.unit.write_text(text.replace(command, "/bin/true"))
        self.assertEqual(run("systemd-analyze", "verify", "--man=no", str(self.unit)), (0, ""))

    def test_verify_would_complain(self):
        self.unit.write_text(self.unit.read_text().replace("[Service]", "[Service]\nProtectEverything=yes", 1))
        self.assertIn("ProtectEverything", run("systemd-analyze", "verify", "--man=no", str(self.unit))[1])

    def test_no_placeholder_is_left(self):
        self.assertNotIn("@CMAKE", self.unit.read_text())

    def test_no_capability_but_that_of_packet_sockets(self):
        lines = self.unit.read_text().splitlines()
        for key in ("AmbientCapabilities", "CapabilityBoundingSet"):
            self.assertIn(f"{key}=CAP_NET_RAW", lines)

    def test_the_clock_can_be_read(self):
        """ProtectClock= denies adjtimex(2), and so does not to name it: then every event would say "not known"."""
        text = self.unit.read_text()
        self.assertNotRegex(text, r"(?m)^ProtectClock=yes")
        self.assertRegex(text, r"(?m)^SystemCallFilter=[^~].*\badjtimex\b")

    def test_user_and_folders(self):
        self.assertEqual(os.geteuid(), 0, "run it as root: nobody else can give files away")
        (self.root / "etc").mkdir()
        code, said = run("systemd-sysusers", f"--root={self.root}", str(self.root / INSTALLED[1]))
        self.assertEqual(code, 0, said)
        user = re.search(r"^zonelag:x?:?(.*)$", (self.root / "etc/passwd").read_text(), re.MULTILINE)
        self.assertTrue(user)
        self.assertTrue(user.group(0).endswith("nologin"), user.group(0))
        code, said = run("systemd-tmpfiles", f"--root={self.root}", "--create", str(self.root / INSTALLED[2]))
        self.assertEqual(code, 0, said)
        self.assertEqual((self.root / "etc/zonelag").stat().st_mode & 0o777, 0o755)
        spool = (self.root / "var/lib/zonelag").stat()
        self.assertEqual(spool.st_mode & 0o777, 0o750)
        self.assertEqual(spool.st_uid, int(user.group(0).split(":")[2]))


if __name__ == "__main__":
    unittest.main()
