"""Runs `zonelag`: what the tests of this folder share. Paths come from ctest by environment."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("ZONELAG_SOURCE_DIR") or pathlib.Path(__file__).parents[2])
ZONELAG = os.environ.get("ZONELAG") or str(SOURCE / "build/dev/bin/zonelag")
TRAFFIC = os.environ.get("ZONELAG_TRAFFIC") or str(pathlib.Path(ZONELAG).with_name("zonelag-traffic"))
PROTOC = os.environ.get("ZONELAG_PROTOC") or "protoc"
PCAPS = SOURCE / "pcaps"
CHAIN = PCAPS / "chain-A"
CUSTOMER = CHAIN / "customer.pcap"  # plain: 409 packets
S1 = CHAIN / "s1.pcap.zst"


def captures(scenario="chain-A"):
    return sorted(str(path) for path in (PCAPS / scenario).glob("*.pcap*"))


def inventory(scenario="chain-A"):
    return str(PCAPS / scenario / "inventory.toml")


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err


def zonelag(*arguments, **options):
    """Exit code, standard output and standard error, as text."""
    done = subprocess.run([ZONELAG, *map(str, arguments)], stdin=options.pop("stdin", subprocess.DEVNULL),
                          stdout=options.pop("stdout", subprocess.PIPE), stderr=subprocess.PIPE, timeout=100, **options)
    return Result(done.returncode, (done.stdout or b"").decode(), done.stderr.decode())


class CommandTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="zonelag-cli-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def file(self, name, content=b""):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def expect(self, result, code, err, out=None):
        """`err`: the lines of standard error, without "zonelag: "."""
        lines = [line.removeprefix("zonelag: ") for line in result.err.splitlines()]
        self.assertEqual((result.code, lines), (code, [err] if isinstance(err, str) else list(err)))
        if out is not None:
            self.assertEqual(result.out, out)
