"""What holds of the systemd unit of every program, read by systemd's own tools."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    return done.returncode, done.stdout


class UnitTest(unittest.TestCase):
    """Subclasses say what they are about. (Import the module, not this class: unittest runs what a module names.)"""
    BUILD = None         # folder of the build whose unit is installed
    FOLDER = None        # within it
    INSTALLED = None     # paths below lib/ of the unit, and of its sysusers.d and tmpfiles.d files
    MOST_EXPOSURE = None

    def setUp(self):
        for tool in ("systemd-analyze", "systemd-sysusers", "systemd-tmpfiles"):
            self.assertTrue(shutil.which(tool), f"{tool} is missing: install Debian's package systemd")
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="zonelag-systemd-"))
        self.addCleanup(shutil.rmtree, self.root)
        code, said = run("cmake", "--install", str(self.BUILD / self.FOLDER), "--prefix", str(self.root))
        self.assertEqual(code, 0, said)
        self.unit, self.sysusers, self.tmpfiles = (self.root / "lib" / path for path in self.INSTALLED)
        for path in (self.unit, self.sysusers, self.tmpfiles):
            self.assertTrue(path.is_file(), path)

    def test_exposure(self):
        code, said = run("systemd-analyze", "security", "--offline=true", "--no-pager", str(self.unit))
        found = re.search(rf"Overall exposure level for {re.escape(self.unit.name)}: ([0-9.]+)", said)
        self.assertTrue(found, said)
        print(f"systemd-analyze security: {found.group(1)}", file=sys.stderr)
        worst = "\n".join(line for line in said.splitlines() if "✓" not in line)
        self.assertLessEqual(float(found.group(1)), self.MOST_EXPOSURE, worst)
        self.assertEqual(code, 0, said)

    def test_verify_has_nothing_to_say(self):
        # The program itself need not be built for this.
        text = self.unit.read_text()
        command = re.search(r"^ExecStart=(\S+)", text, re.MULTILINE).group(1)
        self.assertEqual(pathlib.Path(command).name, self.unit.stem)
        self.unit.write_text(text.replace(command, "/bin/true"))
        self.assertEqual(run("systemd-analyze", "verify", "--man=no", str(self.unit)), (0, ""))

    def test_verify_would_complain(self):
        self.unit.write_text(self.unit.read_text().replace("[Service]", "[Service]\nProtectEverything=yes", 1))
        self.assertIn("ProtectEverything", run("systemd-analyze", "verify", "--man=no", str(self.unit))[1])

    def test_no_placeholder_is_left(self):
        self.assertNotIn("@CMAKE", self.unit.read_text())

    def make_user(self):
        """The user's line in /etc/passwd of self.root, as systemd-sysusers makes it."""
        (self.root / "etc").mkdir()
        code, said = run("systemd-sysusers", f"--root={self.root}", str(self.sysusers))
        self.assertEqual(code, 0, said)
        user = re.search(r"^zonelag:.*$", (self.root / "etc/passwd").read_text(), re.MULTILINE)
        self.assertTrue(user)
        return user.group(0)
