#!/usr/bin/python3
"""Results through Apache Kafka: what consumers read, by protobuf's and Confluent's own Python, kcat and protoc; the broker
killed under way; TLS and SASL; topics that are created.

What is expected follows from what send_results.cc says that it sends.
"""
import json
import os
import pathlib
import shlex
import subprocess
import tempfile
import unittest

from group import SOURCE, Topic, eventually, result_pb2
from broker import Broker
from registry import Registry

SEND = os.environ["SEND_RESULTS"]
NOON = 1795176000 * 10**9  # 2026-11-20 12:00 UTC
MS = 10**6
BROKER = None


def setUpModule():
    global BROKER
    BROKER = Broker("--tls")
    unittest.addModuleCleanup(BROKER.close)


def send(*arguments, brokers=None):
    """exit code and JSON lines"""
    done = subprocess.run([SEND, "--brokers", brokers or BROKER.facts["plain"], *map(str, arguments)],
                          stdout=subprocess.PIPE, text=True, timeout=60)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def logs(lines):
    return [line["log"] for line in lines if "log" in line]


class Case(unittest.TestCase):
    def setUp(self):
        self.name = self.id().rpartition(".")[2]
        self.lags = Topic(BROKER, self.name + ".lags", 4)
        self.slas = Topic(BROKER, self.name + ".slas", 4)
        self.topics = ("--lags", self.lags.name, "--slas", self.slas.name)

    def sends(self, *arguments, count, **options):
        code, lines = send(*self.topics, *arguments, count, **options)
        self.assertEqual((code, lines[-1]["ids"], lines[-1]["waiting"]), (0, list(range(1000, 1000 + count)), 0), lines)
        return lines


class Content(Case):
    def check_sla(self, sla):
        self.assertEqual((sla.schema, sla.zone, sla.serial), (1, "zone7.example", 7))
        self.assertEqual((sla.judged_at.ToNanoseconds(), sla.revision), (NOON + 5000 * MS, 1007))
        self.assertEqual(sla.first_seen.ToNanoseconds(), NOON)
        self.assertEqual(sla.last_evidence.ToNanoseconds(), NOON + 3000 * MS)
        self.assertEqual(sla.delta1.ToNanoseconds(), 1000 * MS)
        self.assertFalse(sla.HasField("delta2"))
        self.assertEqual((sla.delta3.min.ToNanoseconds(), sla.delta3.max.ToNanoseconds()), (1000 * MS, 90000 * MS))
        self.assertFalse(sla.delta3.HasField("median"))
        self.assertEqual(sla.incoming_lag.p90.ToNanoseconds(), 1500 * MS)
        self.assertEqual((sla.ns_count, sla.ns_expected, sla.ns_open), (1, 3, 2))
        self.assertEqual(list(sla.open_nodes), ["s2.example", "s3.example"])
        self.assertEqual((sla.verdict, sla.policy), (result_pb2.VERDICT_OPEN, "icann"))
        icann, own = sla.verdicts
        self.assertEqual((icann.policy, icann.verdict), ("icann", result_pb2.VERDICT_OPEN))
        self.assertFalse(icann.HasField("figure") or icann.HasField("clock_error"))
        self.assertEqual((own.policy, own.verdict, own.figure.ToNanoseconds(), own.clock_error.ToNanoseconds()),
                         ("own", result_pb2.VERDICT_MET, 2000 * MS, MS))

    def check_lags(self, lags):
        removed, live, open_ = lags
        self.assertEqual({lag.revision for lag in lags}, {1007})
        self.assertEqual((removed.address, removed.removed, removed.hostname), ("192.0.2.99", True, ""))
        self.assertFalse(removed.HasField("live_at"))
        self.assertEqual((live.hostname, live.location, live.dsc_name, live.address),
                         ("s1.example", "Vienna", "s1-vie", "192.0.2.11"))
        self.assertEqual((live.role, live.status, live.basis),
                         (result_pb2.NODE_ROLE_SECONDARY, result_pb2.NODE_STATUS_PRODUCTION, result_pb2.BASIS_SERVED))
        self.assertEqual(live.live_at.ToNanoseconds(), NOON + 2500 * MS)
        self.assertEqual(live.not_before.ToNanoseconds(), NOON - 1)
        self.assertEqual(live.incoming_lag.ToNanoseconds(), -1250 * MS)
        self.assertEqual(live.distribution_lag.ToNanoseconds(), 3)
        self.assertEqual(live.clock_error.ToNanoseconds(), 2 * MS)
        self.assertFalse(live.HasField("customer_lag") or live.HasField("superseded_by"))
        self.assertEqual(list(live.unknown_references), [result_pb2.NODE_ROLE_CUSTOMER])
        self.assertEqual((open_.hostname, open_.address, open_.superseded_by), ("s2.example", "2001:db8::2", 0))
        self.assertTrue(open_.HasField("superseded_by"))
        self.assertFalse(open_.HasField("live_at") or open_.HasField("clock_error"))

    def test_as_protobuf(self):
        self.sends(count=8)
        slas = [result_pb2.Sla.FromString(value) for key, value, _ in self.slas.records(8) if key == b"zone7.example"]
        lags = [result_pb2.Lag.FromString(value) for key, value, _ in self.lags.records(24) if key == b"zone7.example"]
        self.assertEqual((len(slas), len(lags)), (1, 3))
        self.check_sla(slas[0])
        self.check_lags(lags)

    def test_with_a_schema_registry(self):
        with Registry() as registry:
            self.sends("--registry", registry.url, count=8)
            self.assertEqual([request["path"] for request in registry.requests],
                             [f"/subjects/{self.lags.name}-value/versions", f"/subjects/{self.slas.name}-value/versions"])
            schema = (SOURCE / "proto/zonelag/v1/result.proto").read_text()
            for request in registry.requests:
                self.assertEqual(request["type"], "application/vnd.schemaregistry.v1+json")
                self.assertEqual(request["body"], {"schemaType": "PROTOBUF", "schema": schema})
            slas = [registry.decode(self.slas.name, value) for key, value, _ in self.slas.records(8)
                    if key == b"zone7.example"]
            lags = [registry.decode(self.lags.name, value) for key, value, _ in self.lags.records(24)
                    if key == b"zone7.example"]
        self.check_sla(slas[0])
        self.check_lags(lags)

    def test_example_in_python(self):
        self.sends(count=20)
        self.sends(count=2)  # again: what has these revisions was seen
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([os.environ["PROTOC"], f"--proto_path={SOURCE}/proto", f"--python_out={folder}",
                            "zonelag/v1/result.proto"], check=True)
            done = subprocess.run(
                ["/usr/bin/python3", SOURCE / "docs/examples/lags.py", "--brokers", BROKER.facts["plain"], "--topic",
                 self.lags.name, "--until-end"], env={**os.environ, "PYTHONPATH": folder}, stdout=subprocess.PIPE,
                text=True, timeout=30, check=True)
        lines = done.stdout.splitlines()
        self.assertEqual(len(lines), 60)
        self.assertEqual([line for line in lines if line.startswith("zone3.example")],
                         ["zone3.example 3 192.0.2.99: removed",
                          "zone3.example 3 s1.example: live 2026-11-20T12:00:02.500Z, -1.250 s after the incoming server",
                          "zone3.example 3 s2.example: not there yet"])

    def test_lines_for_kcat(self):
        """every kcat line of docs/results.md, as it is there but for the broker and the topic"""
        self.sends(count=8)
        lines = [line.strip() for line in (SOURCE / "docs/results.md").read_text().splitlines()
                 if line.startswith("    kcat")]
        self.assertEqual(len(lines), 3)
        outputs = []
        for line in lines:
            line = line.replace("localhost:9092", BROKER.facts["plain"]).replace("zonelag.events.dead", self.lags.name)
            line = line.replace("-t zonelag.slas", "-t " + shlex.quote(self.slas.name))
            line = line.replace("protoc", shlex.quote(os.environ["PROTOC"]), 1)
            done = subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=SOURCE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, timeout=30)
            self.assertEqual(done.returncode, 0, (line, done.stderr))
            outputs.append(done.stdout)
        self.assertIn('policy: "icann"', outputs[0])
        self.assertEqual(sorted(line.split()[0] for line in outputs[1].splitlines()),
                         [f"zone{i}.example" for i in range(8)])


class SchemaRegistry(Case):
    def test_it_is_waited_for(self):
        with Registry() as registry:
            registry.broken = 2
            lines = self.sends("--registry", registry.url, count=1)
            self.assertEqual(len(registry.requests), 4)
        self.assertIn("status 503", logs(lines)[0])
        self.assertEqual(logs(lines)[1:], ["schema registry: the results' schemas are registered"])

    def test_login(self):
        with Registry(login=("zonelag", "secret word")) as registry, tempfile.NamedTemporaryFile("w") as password:
            code, lines = send(*self.topics, "--registry", registry.url)
            self.assertEqual(code, 2)
            self.assertIn("does not let us in (results.registry_user): Unauthorized", lines[-1]["fatal"])
            password.write("secret word\n")
            password.flush()
            self.sends("--registry", registry.url, "--registry-username", "zonelag", "--registry-password-file",
                       password.name, count=1)

    def test_a_schema_that_is_refused(self):
        with Registry() as registry:
            registry.refusal = 409, {"error_code": 409, "message": "Schema being registered is incompatible"}
            code, lines = send(*self.topics, "--registry", registry.url)
        self.assertEqual(code, 2)
        self.assertIn(f"subject '{self.lags.name}-value' has a schema that ours is not compatible with: Schema being",
                      lines[-1]["fatal"])

    def test_over_tls(self):
        tls = pathlib.Path(BROKER.facts["ca"]).parent
        with Registry(certificate=(tls / "server.crt", tls / "server.key")) as registry:
            self.sends("--registry", registry.url, "--registry-ca", BROKER.facts["ca"], count=1)
            self.assertEqual(len(registry.requests), 2)


class Delivery(Case):
    def test_broker_killed_under_way(self):
        process = subprocess.Popen([SEND, "--brokers", BROKER.facts["plain"], *self.topics, "--rate", "2000", "6000"],
                                   stdout=subprocess.PIPE, text=True)
        with process:
            self.assertEqual(json.loads(process.stdout.readline()), {"sent": 1000})
            BROKER.kill()
            lines = []
            while not any("log" in line for line in lines):
                lines.append(json.loads(process.stdout.readline()))
            BROKER.start()
            lines += [json.loads(line) for line in process.stdout]
        self.assertEqual(process.returncode, 0, lines[-1])
        self.assertEqual(lines[-1]["ids"], list(range(1000, 7000)))
        self.assertEqual(logs(lines)[-1], "kafka: delivering results again")
        found = [result_pb2.Sla.FromString(value) for _, value, _ in self.slas.records(6000)]
        self.assertEqual(sorted({sla.serial for sla in found}), list(range(6000)))
        # Idempotent: what the broker had already was not taken twice, and nothing was overtaken.
        for zone in range(20):
            serials = [sla.serial for sla in found if sla.zone == f"zone{zone}.example"]
            self.assertEqual(serials, list(range(zone, 6000, 20)))

    def test_missing_topic_is_waited_for(self):
        name = self.name + ".later"
        process = subprocess.Popen([SEND, "--brokers", BROKER.facts["plain"], "--lags", name, "--slas", "", "10"],
                                   stdout=subprocess.PIPE, text=True)
        with process:
            line = json.loads(process.stdout.readline())
            self.assertEqual(line["log"], f"kafka: topic '{name}' does not exist: create it (zonelag topics create)")
            Topic(BROKER, name, 2)
            self.assertEqual(process.wait(30), 0)

    def test_tls_and_sasl(self):
        facts = BROKER.facts
        tls = ("--tls-ca", facts["ca"])
        self.sends("--security", "ssl", *tls, "--tls-certificate", facts["certificate"], "--tls-key", facts["key"],
                   count=5, brokers=facts["ssl"])
        sasl = ("--security", "sasl_ssl", *tls, "--sasl-mechanism", "PLAIN", "--sasl-username", facts["user"])
        self.sends(*sasl, "--sasl-password-file", facts["password_file"], count=5, brokers=facts["sasl_ssl"])
        with tempfile.NamedTemporaryFile("w") as wrong:
            wrong.write("not the password\n")
            wrong.flush()
            code, lines = send(*self.topics, *sasl, "--sasl-password-file", wrong.name, "--timeout", 4, 5,
                               brokers=facts["sasl_ssl"])
        self.assertEqual(code, 1)
        self.assertEqual(len(logs(lines)), 1, lines)
        self.assertIn("uthentication", logs(lines)[0])


class Topics(unittest.TestCase):
    def test_created_once_and_left_alone(self):
        lags, slas = "created.lags", "created.slas"
        Topic(BROKER, lags, 3)
        code, lines = send("--lags", lags, "--slas", slas, "--create", 6)
        self.assertEqual(code, 0)
        self.assertEqual([(line["topic"], line["fate"], line["partitions"]) for line in lines],
                         [("events-created.lags", "created", 6), ("dead-created.lags", "created", 1),
                          (lags, "differs", 3), (slas, "created", 6)])
        self.assertEqual(lines[2]["text"], "has 3 partitions, 6 were asked for: left as it is")

        def again():
            return [line["fate"] for line in send("--lags", lags, "--slas", slas, "--create", 6)[1]]
        eventually("all there", lambda: again() == ["present", "present", "differs", "present"])

    def test_refused(self):
        code, lines = send("--lags", "no/name", "--slas", "", "--create", 1)
        self.assertEqual(code, 0)
        self.assertEqual([line["fate"] for line in lines[2:]], ["failed"])
        self.assertIn("invalid", lines[2]["text"].lower())

    def test_no_broker(self):
        code, lines = send("--create", 1, brokers="127.0.0.1:1")
        self.assertEqual(code, 2)
        self.assertIn("127.0.0.1:1", lines[-1]["fatal"])


if __name__ == "__main__":
    unittest.main()
