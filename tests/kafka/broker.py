"""A real Kafka broker for tests, through scripts/kafka. Standard library only.

    with Broker("--tls") as broker:          # a broker of its own in a folder of its own, gone afterwards
        broker.facts["plain"]                # what scripts/kafka --help lists under Facts
        broker.kill(); broker.start()        # kill -9; the same ports and data again

The broker ends when this process does, whatever happens. About 3 s a start, and 350 MB each.
"""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "kafka"


class Broker:
    def __init__(self, *options):
        """options: as scripts/kafka start takes them, without --dir and --until"""
        self.folder = tempfile.mkdtemp(prefix="zonelag-kafka-")
        self.options = options
        self.facts = {}
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def start(self):
        self.facts = json.loads(self._run("start", "--dir", self.folder, "--until", str(os.getpid()), *self.options))

    def stop(self):
        self._run("stop", self.folder)

    def kill(self):
        self._run("kill", self.folder)

    def close(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.close()

    @staticmethod
    def _run(*arguments):
        done = subprocess.run([SCRIPT, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300)
        if done.returncode:
            raise RuntimeError(f"scripts/kafka {arguments[0]}: {done.stderr.strip()}")
        return done.stdout
