"""A real PostgreSQL server for tests, through scripts/postgres. Standard library only.

    with Server("--set", "fsync=off") as server:   # a server of its own in a folder of its own, gone afterwards
        server.facts["uri"]                        # what scripts/postgres --help lists under Facts
        server.kill(); server.start()              # kill -9; the same port and data again
        server.query("SELECT 1, 'a'")              # [["1", "a"]]; NULL is None

The server ends when this process does, whatever happens. About 2 s the first time, 1 s a start.
"""
import csv
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from script_server import SCRIPTS, ScriptServer  # noqa: E402

SCRIPT = SCRIPTS / "postgres"
NULL = "\x01null\x01"


class Server(ScriptServer):
    def __init__(self, *options):
        """options: as scripts/postgres start takes them, without --dir and --until"""
        # As root: a place that the server's user can enter, whatever TMPDIR says.
        super().__init__(SCRIPT, options, seconds=120, place="/tmp" if os.geteuid() == 0 else None)

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
