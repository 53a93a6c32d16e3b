"""A real PostgreSQL server for tests, through scripts/postgres. Standard library only.

    with Server("--set", "fsync=off") as server:   # a server of its own in a folder of its own, gone afterwards
        server.facts["uri"]                        # what scripts/postgres --help lists under Facts
        server.kill(); server.start()              # kill -9; the same port and data again
        server.query("SELECT 1, 'a'")              # [["1", "a"]]; NULL is None

The server ends when this process does, whatever happens. About 2 s the first time, 1 s a start.
"""
import csv
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "postgres"
NULL = "\x01null\x01"


class Server:
    def __init__(self, *options):
        """options: as scripts/postgres start takes them, without --dir and --until"""
        # As root: a place that the server's user can enter, whatever TMPDIR says.
        self.folder = tempfile.mkdtemp(prefix="zonelag-postgres-", dir="/tmp" if os.geteuid() == 0 else None)
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

    def uri(self, user="", database=None):
        """of the socket; user: a role, who needs no password there"""
        facts = self.facts
        return f"host={facts['socket']} port={facts['port']} dbname={database or facts['database']} user={user or facts['superuser']}"

    def psql(self, *arguments, uri=None, text=None):
        """psql's output; text: statements for its standard input. An error of a statement raises."""
        command = ["psql", "-X", "-q", "-w", "-v", "ON_ERROR_STOP=1", "-d", uri or self.uri(), *arguments]
        done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300)
        if done.returncode:
            raise RuntimeError(f"psql: {done.stderr.strip()}")
        return done.stdout

    def query(self, statement, uri=None):
        """rows of text; NULL is None"""
        out = self.psql("--csv", "-t", "-P", f"null={NULL}", uri=uri, text=statement)
        return [[None if field == NULL else field for field in row] for row in csv.reader(out.splitlines())]

    @staticmethod
    def _run(*arguments):
        done = subprocess.run([SCRIPT, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
        if done.returncode:
            raise RuntimeError(f"scripts/postgres {arguments[0]}: {done.stderr.strip()}")
        return done.stdout
