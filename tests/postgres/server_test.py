"""scripts/postgres: what it says in its help is so."""
import os
import subprocess
import sys
import time
import unittest

from server import SCRIPT, Server


class ServerTest(unittest.TestCase):
    def test_data_survives_a_kill_and_nobody_comes_in_without_the_password(self):
        with Server("--set", "work_mem=7MB") as server:
            server.psql(text="CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)")
            port = server.facts["port"]
            server.kill()
            with self.assertRaises(RuntimeError):
                server.query("SELECT 1")
            server.start()
            self.assertEqual(server.facts["port"], port)
            self.assertEqual(server.query("SELECT n, NULL, current_setting('work_mem') FROM kept"), [["1", None, "7MB"]])
            with self.assertRaisesRegex(RuntimeError, "no password supplied"):
                server.query("SELECT 1", uri=server.facts["tcp_uri"] + "?passfile=/nonexistent")
            with open(server.facts["password_file"], encoding="ascii") as file:
                uri = server.facts["tcp_uri"] + "?password=" + file.readline().strip()
            self.assertEqual(server.query("SELECT current_user", uri=uri), [["zonelag"]])
            server.stop()
            self.assertFalse(os.path.exists(f"/proc/{server.facts['pid']}/exe"))

    def test_it_ends_with_the_process_that_wanted_it(self):
        code = "from server import Server\nimport os\ns = Server()\nprint(s.facts['pid'], s.folder, flush=True)\nos._exit(0)"
        out = subprocess.run([sys.executable, "-c", code], cwd=os.path.dirname(os.path.abspath(__file__)), text=True,
                             stdout=subprocess.PIPE, check=True, timeout=120).stdout
        pid, folder = out.split()
        deadline = time.monotonic() + 30
        while os.path.exists(f"/proc/{pid}/cwd"):
            self.assertLess(time.monotonic(), deadline, "the server goes on")
        subprocess.run(["rm", "-rf", folder], check=True)

    def test_a_wrong_call_is_told(self):
        for arguments, text in ((["start"], "start needs --dir DIR"), (["start", "--dri", "x"], "unknown option '--dri'"),
                                (["stop", "/nonexistent"], "wants one DIR")):
            done = subprocess.run([SCRIPT, *arguments], stderr=subprocess.PIPE, text=True, timeout=30)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(text, done.stderr)


if __name__ == "__main__":
    unittest.main()
