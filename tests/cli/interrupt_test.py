"""Ctrl-C, terminals, slow pipes. No sleeps: each step waits for what it needs to see."""
import array
import fcntl
import os
import pty
import select
import signal
import subprocess
import termios
import unittest

from command import CUSTOMER, CommandTest, TRAFFIC, ZONELAG, captures, inventory, zonelag

NOTE = "zonelag: interrupted: the results rest on what had been read by then\n"
PLAIN = CUSTOMER.read_bytes()


def waiting(descriptor):
    """Bytes in a pipe that nobody has read yet."""
    count = array.array("i", [0])
    fcntl.ioctl(descriptor, termios.FIONREAD, count)
    return count[0]


def until(condition):
    while not condition():
        select.select([], [], [], 0.002)


class Terminal:
    """A command with a terminal as its standard input, output and error."""

    def __init__(self, *arguments):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ.pop("NO_COLOR", None)
            os.execv(ZONELAG, [ZONELAG, *map(str, arguments)])
        self.text = b""

    def read(self):
        try:
            chunk = os.read(self.terminal, 65536)
        except OSError:
            return False
        self.text += chunk
        return bool(chunk)

    def read_until(self, what):
        while what not in self.text and self.read():
            pass

    def finish(self):
        while self.read():
            pass
        os.close(self.terminal)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1]), self.text.decode()


class SlowPipe(CommandTest):
    def start(self, *arguments, **options):
        process = subprocess.Popen([ZONELAG, "replay", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, **options)
        self.addCleanup(process.kill)
        return process

    def feed(self, process, data):
        process.stdin.write(data)
        process.stdin.flush()
        until(lambda: waiting(process.stdin.fileno()) == 0)

    def outcome(self, process):
        """With its input still open: an end of input must not be what ends it."""
        out, err = process.stdout.read().decode(), process.stderr.read().decode()
        code = process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()
        return code, out, err

    def test_interrupted_while_it_waits_for_more(self):
        cut = 30000
        process = self.start("-f", "csv", "-")
        self.feed(process, PLAIN[:1000])   # read when the capture is opened
        self.feed(process, PLAIN[1000:cut])  # read by the replay itself
        process.send_signal(signal.SIGINT)
        expected = zonelag("replay", "-f", "csv", self.file("a.pcap", PLAIN[:cut])).out
        self.assertEqual(self.outcome(process), (130, expected, NOTE))

    def test_terminated_is_as_interrupted(self):
        process = self.start("-f", "csv", "-")
        self.feed(process, PLAIN[:1000])
        self.feed(process, PLAIN[1000:2000])
        process.send_signal(signal.SIGTERM)
        expected = zonelag("replay", "-f", "csv", self.file("a.pcap", PLAIN[:2000])).out
        self.assertEqual(self.outcome(process), (130, expected, NOTE))

    def test_interrupted_before_there_is_anything(self):
        process = self.start("-")
        self.feed(process, PLAIN[:2])  # read, so the signals are handled
        process.send_signal(signal.SIGINT)
        self.assertEqual(self.outcome(process), (130, "", ""))

    def test_while_printing_it_ends_at_once(self):
        # More than a pipe holds, and nobody reads: it stands in the middle of its output.
        process = self.start("-f", "json", *captures())
        process.stdin.close()
        reader = process.stdout.fileno()
        size = fcntl.fcntl(reader, fcntl.F_GETPIPE_SZ)
        until(lambda: waiting(reader) > size - 8192)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(), 130)
        process.stdout.close()
        process.stderr.close()


class OnATerminal(CommandTest):
    def large_capture(self, packets):
        path = self.folder / "large.pcap"
        subprocess.run([TRAFFIC, "mix", "--count", str(packets), "--zones", "4", str(path)], check=True,
                       stdout=subprocess.DEVNULL)
        return path

    def test_progress_is_shown_and_cleared(self):
        terminal = Terminal("replay", "-z", "z1.example", self.large_capture(200_000))
        code, text = terminal.finish()
        self.assertEqual(code, 0)
        bar, rest = text.rsplit("\r\x1b[K", 1)
        self.assertRegex(bar, r"^\r\[=*>? *\] +\d+ %  [\d.]+ k packets  [\d.]+ [kMG]?B/s\x1b\[K")
        self.assertNotIn(" %  ", rest)
        self.assertTrue(rest.startswith("\x1b[1mz1.example"))
        self.assertRegex(rest, r"\r\n\r\nRead 200000 packets of 1 capture: \d+ events from 2026-01-01 00:00:00\.000 to "
                               r"2026-01-01 00:00:0\d\.\d{3} UTC\.\r\n$")

    def test_quiet(self):
        code, text = Terminal("replay", "-q", "-z", "z1.example", self.large_capture(100_000)).finish()
        self.assertEqual(code, 0)
        self.assertTrue(text.startswith("\x1b[1mz1.example"))
        self.assertNotIn("Read ", text)

    def test_forms_for_machines_stay_plain(self):
        for form in ("json", "csv"):
            code, text = Terminal("replay", "-f", form, "-z", "bravo.test", "-i", inventory(), *captures()).finish()
            expected = zonelag("replay", "-f", form, "-z", "bravo.test", "-i", inventory(), *captures()).out
            self.assertEqual((code, text.replace("\r\n", "\n")), (0, expected))

    def test_ctrl_c_in_the_middle(self):
        terminal = Terminal("replay", "-z", "z1.example", self.large_capture(1_500_000))
        terminal.read_until(b" packets")
        os.write(terminal.terminal, b"\x03")
        code, text = terminal.finish()
        self.assertEqual(code, 130)
        self.assertIn(NOTE.strip(), text)
        self.assertIn("z1.example 2026010100", text)
        self.assertRegex(text, r"Read \d+ packets of 1 capture")
        self.assertNotIn("Read 1500000 packets", text)

    def test_standard_input_that_is_the_terminal(self):
        code, text = Terminal("replay", "-").finish()
        self.assertEqual((code, text), (1, "zonelag: standard input: is a terminal, not a file or a pipe\r\n"))


if __name__ == "__main__":
    unittest.main()
