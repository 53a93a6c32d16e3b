"""A real zonelag-sensor in a network namespace, its metrics, and what it sent to Kafka. Standard library only."""
import json
import os
import pathlib
import signal
import subprocess
import time
import urllib.error
import urllib.request

from fleet import in_namespace

SOURCE = pathlib.Path(os.environ.get("ZONELAG_SOURCE_DIR") or pathlib.Path(__file__).parents[2])
SENSOR = os.environ.get("ZONELAG_SENSOR") or str(SOURCE / "build/dev/bin/zonelag-sensor")
TRAFFIC = os.environ.get("ZONELAG_TRAFFIC") or str(pathlib.Path(SENSOR).with_name("zonelag-traffic"))
DUMP = os.environ.get("ZONELAG_KAFKA_DUMP") or str(pathlib.Path(SENSOR).with_name("kafka_dump"))


class Sensor:
    """Configured by a dictionary of sections; `namespace` None: the test's own."""

    def __init__(self, folder, settings, namespace=None, port=9153):
        self.folder, self.namespace, self.port = pathlib.Path(folder), namespace, port
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config = self.folder / "sensor.toml"
        self.log = self.folder / "sensor.log"
        settings = {"metrics": {"listen": f"127.0.0.1:{port}"}, **settings}
        self.config.write_text("".join(f"[{section}]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in values.items())
                                       for section, values in settings.items()))
        self.process = None

    def start(self, *options):
        prefix = ["ip", "netns", "exec", self.namespace] if self.namespace else []
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([*prefix, SENSOR, "--config", str(self.config), *map(str, options)],
                                            stdin=subprocess.DEVNULL, stderr=log, stdout=log)
        return self

    def wait_until_ready(self, seconds=20):
        deadline = time.monotonic() + seconds
        while True:
            if self.process.poll() is not None:
                raise AssertionError(f"the sensor ended with {self.process.returncode}:\n{self.log.read_text()}")
            try:
                self.get("/metrics")
                return self
            except OSError:
                if time.monotonic() > deadline:
                    raise AssertionError(f"the sensor is not ready after {seconds} s:\n{self.log.read_text()}") from None
                time.sleep(0.05)

    def get(self, path):
        url = f"http://127.0.0.1:{self.port}{path}"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        if self.namespace is None:
            return opener.open(url, timeout=5).read().decode()
        with in_namespace(self.namespace):
            return opener.open(url, timeout=5).read().decode()

    def health(self):
        """What /health says, well or not."""
        try:
            return self.get("/health")
        except urllib.error.HTTPError as error:
            return error.read().decode()

    def metric(self, name):
        """The sum over all labels of a metric's samples; a name with labels is that one sample. There must be one."""
        values = []
        for line in self.get("/metrics").splitlines():
            if line.startswith("#"):
                continue
            sample, value = line.rsplit(" ", 1)
            if sample == name or sample.split("{")[0] == name:
                values.append(float(value))
        if not values:
            raise AssertionError(f"there is no metric {name}")
        return sum(values)

    def stop(self, seconds=6):
        """SIGTERM; the exit code and how long it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(seconds)
        return code, time.monotonic() - began

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

    def status(self):
        """What the kernel says of the process: /proc/PID/status."""
        return dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines() if ":\t" in line)


def dump(brokers, topic="zonelag.events", **options):
    """All records of a topic: partition, offset, key, event."""
    words = [w for name, value in options.items() for w in (f"--{name}", str(value))]
    done = subprocess.run([DUMP, "--brokers", brokers, "--topic", topic, *words], capture_output=True, text=True, timeout=240)
    if done.returncode:
        raise AssertionError(f"kafka_dump: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]
