#!/usr/bin/env python3
"""The systemd unit and its companions, read by systemd's own tools. Arguments: CMake's build folder."""
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "service"))
import systemd_unit  # noqa: E402


class SystemdTest(systemd_unit.UnitTest):
    BUILD = pathlib.Path(sys.argv.pop(1)) if len(sys.argv) > 1 else None
    FOLDER = "sensor/program/systemd"
    INSTALLED = ("systemd/system/zonelag-sensor.service", "sysusers.d/zonelag.conf", "tmpfiles.d/zonelag.conf")
    MOST_EXPOSURE = 2.0

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
        user = self.make_user()
        self.assertTrue(user.endswith("nologin"), user)
        code, said = systemd_unit.run("systemd-tmpfiles", f"--root={self.root}", "--create", str(self.tmpfiles))
        self.assertEqual(code, 0, said)
        self.assertEqual((self.root / "etc/zonelag").stat().st_mode & 0o777, 0o755)
        spool = (self.root / "var/lib/zonelag").stat()
        self.assertEqual(spool.st_mode & 0o777, 0o750)
        self.assertEqual(spool.st_uid, int(user.split(":")[2]))


if __name__ == "__main__":
    unittest.main()
