"""A server that a script of scripts/ starts and ends, in a folder of its own: what tests/kafka/broker.py and
tests/postgres/server.py have in common. Standard library only.

The scripts: `start --dir DIR --until PID [OPTION]...` prints facts as JSON; `stop DIR`; `kill DIR`.
"""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

SCRIPTS = pathlib.Path(__file__).resolve().parents[1] / "scripts"


class ScriptServer:
    """Ends when this process does, whatever happens."""

    def __init__(self, script, options, seconds, place=None):
        """options: as the script's start takes them, without --dir and --until; place: for the folder"""
        self.script = script
        self.options = options
        self.seconds = seconds  # for each call of the script
        self.folder = tempfile.mkdtemp(prefix=f"zonelag-{script.name}-", dir=place)
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

    def _run(self, *arguments):
        done = subprocess.run([self.script, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=self.seconds)
        if done.returncode:
            raise RuntimeError(f"scripts/{self.script.name} {arguments[0]}: {done.stderr.strip()}")
        return done.stdout
