"""Two network namespaces with a veth pair between them, for tests and benches that need real packets. Root only.

    with Link() as link:                       # interfaces "vg" (generator) and "vr" (receiver), both up
        link.sender.run("zonelag-traffic", ...)            # in the sender's namespace, to its end
        reader = link.receiver.start("zonelag-sensor", ...)  # in the background; ended with the link

What was started is ended by its PID, what was made is removed by its name: also on an exception, and on SIGTERM and
SIGINT where the main thread made the link. Names carry this process's PID, so that several can run at the same time.
"""
import ctypes
import itertools
import os
import shutil
import signal
import subprocess
import time
import urllib.request

CLONE_NEWNET = 0x40000000
_numbers = itertools.count()


def ip(*arguments):
    """The ip(8) command; its own words when it fails."""
    done = subprocess.run(["ip", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"ip {' '.join(map(str, arguments))}: {done.stdout.strip()}")
    return done.stdout


def required(program):
    """Its path, or an error that says what is missing."""
    path = shutil.which(program)
    if path is None:
        raise RuntimeError(f"{program} is not installed; scripts/install --test installs what the tests need")
    return path


class Namespace:
    """One network namespace, its interface and address, and the processes started in it."""

    def __init__(self, name, interface, address):
        self.name, self.interface, self.address = name, interface, address
        self.processes = []

    def command(self, *arguments, cpu=None):
        pin = [required("taskset"), "-c", str(cpu)] if cpu is not None else []
        return [required("ip"), "netns", "exec", self.name, *pin, *map(str, arguments)]

    def run(self, *arguments, cpu=None, timeout=120, **options):
        """Waits for its end; standard output as text. A failure is an exception with its standard error."""
        process = self.start(*arguments, cpu=cpu, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            stop(process)
            raise
        finally:
            self.processes.remove(process)
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, arguments))}: exit code {process.returncode}: {err.strip()}")
        return out

    def start(self, *arguments, cpu=None, **options):
        """ip and taskset replace themselves by the command, so the process is the command itself."""
        process = subprocess.Popen(self.command(*arguments, cpu=cpu), stdin=subprocess.DEVNULL, **options)
        self.processes.append(process)
        return process

    def get(self, url, timeout=5):
        """What a HTTP server in the namespace answers. Only the calling thread enters the namespace, and comes back."""
        with Inside(self.name):
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=timeout) as answer:
                return answer.read().decode()

    def end_processes(self):
        for process in reversed(self.processes):
            stop(process)
        self.processes.clear()


class Inside:
    """The calling thread is in another network namespace for a while: sockets made then stay there."""

    def __init__(self, name):
        self.path = f"/run/netns/{name}"

    def __enter__(self):
        self.home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open(self.path, os.O_RDONLY)
        try:
            self._enter(there)
        finally:
            os.close(there)

    def __exit__(self, *_):
        self._enter(self.home)
        os.close(self.home)

    @staticmethod
    def _enter(descriptor):
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(descriptor, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")


def stop(process, grace=5):
    """SIGTERM, then SIGKILL; its exit code. Closes what was captured of its output only when it ends."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return process.returncode


class Link:
    """The pair. `address` false: none, so that the receiving host's own stack ignores what arrives."""

    SENDER, RECEIVER = ("vg", "10.99.0.1"), ("vr", "10.99.0.2")

    def __init__(self, address=True, mtu=1500):
        prefix = f"zl{os.getpid()}n{next(_numbers)}"
        self.sender = Namespace(prefix + "s", *self.SENDER)
        self.receiver = Namespace(prefix + "r", *self.RECEIVER)
        self.with_address, self.mtu = address, mtu
        self.handlers = {}

    def __enter__(self):
        self._catch_signals()
        try:
            for space in (self.sender, self.receiver):
                ip("netns", "add", space.name)
                # Nothing but what a test sends: no router solicitations, no duplicate address detection.
                for scope in ("all", "default"):
                    self._sysctl(space, f"net/ipv6/conf/{scope}/disable_ipv6", "1")
            ip("-n", self.sender.name, "link", "add", self.sender.interface, "mtu", self.mtu, "type", "veth",
               "peer", "name", self.receiver.interface, "mtu", self.mtu, "netns", self.receiver.name)
            for space in (self.sender, self.receiver):
                self._bring_up(space)
            self._wait_for_carrier()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for space in (self.sender, self.receiver):
            space.end_processes()
        for space in (self.sender, self.receiver):
            if os.path.exists(f"/run/netns/{space.name}"):
                ip("netns", "delete", space.name)
        for number, handler in self.handlers.items():
            signal.signal(number, handler)
        self.handlers.clear()

    def _bring_up(self, space):
        ip("-n", space.name, "link", "set", "lo", "up")
        if self.with_address:
            ip("-n", space.name, "address", "add", space.address + "/24", "dev", space.interface)
        else:
            ip("-n", space.name, "link", "set", space.interface, "arp", "off")
        ip("-n", space.name, "link", "set", space.interface, "up")

    @staticmethod
    def _sysctl(space, key, value):
        with Inside(space.name):
            with open(f"/proc/sys/{key}", "w", encoding="ascii") as file:
                file.write(value)

    def _wait_for_carrier(self):
        deadline = time.monotonic() + 5
        while "LOWER_UP" not in ip("-n", self.receiver.name, "link", "show", self.receiver.interface):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.receiver.name}: {self.receiver.interface} does not come up")
            time.sleep(0.01)

    def _catch_signals(self):
        def leave(number, _):
            raise SystemExit(128 + number)
        try:
            for number in (signal.SIGTERM, signal.SIGINT):
                self.handlers[number] = signal.signal(number, leave)
        except ValueError:  # not the main thread: whoever started it has to close the link
            pass
