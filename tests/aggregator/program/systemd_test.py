#!/usr/bin/env python3
"""The systemd unit and its companions, read by systemd's own tools. Arguments: CMake's build folder."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "service"))
import systemd_unit  # noqa: E402


class SystemdTest(systemd_unit.UnitTest):
    BUILD = pathlib.Path(sys.argv.pop(1)) if len(sys.argv) > 1 else None
    FOLDER = "aggregator/program/systemd"
    INSTALLED = ("systemd/system/zonelag-aggregator.service", "sysusers.d/zonelag-aggregator.conf",
                 "tmpfiles.d/zonelag-aggregator.conf")
    MOST_EXPOSURE = 1.5

    def test_no_capability(self):
        lines = self.unit.read_text().splitlines()
        self.assertIn("CapabilityBoundingSet=", lines)
        self.assertFalse([line for line in lines if line.startswith("AmbientCapabilities")])

    def test_user(self):
        self.make_user()


if __name__ == "__main__":
    unittest.main(verbosity=2)
