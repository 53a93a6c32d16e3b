"""A schema registry as far as a producer and a deserializer need one, by the documented API of Confluent's:
POST /subjects/SUBJECT/versions registers and gives an id, and each value begins with a zero byte, the id in four bytes
and the message's path of indexes. Registered schemas are compiled with protoc, and values decoded by them."""
import base64
import http.server
import importlib.util
import json
import os
import pathlib
import ssl
import subprocess
import sys
import tempfile
import threading


class Registry:
    def __init__(self, login=None, certificate=None):
        """login: (user, password); certificate: (chain, key) for https"""
        self.requests = []
        self.schemas = {}  # id: text
        self.subjects = {}  # subject: id
        self.broken = 0  # so many requests are answered with 503
        self.refusal = None  # (status, body)
        expected = login and "Basic " + base64.b64encode(":".join(login).encode()).decode()
        registry = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                registry.requests.append({"path": self.path, "type": self.headers["Content-Type"],
                                          "body": json.loads(body)})
                self.reply(*self.answer(registry.requests[-1]))

            def answer(self, request):
                if expected and self.headers.get("Authorization") != expected:
                    return 401, {"error_code": 401, "message": "Unauthorized"}
                if registry.broken:
                    registry.broken -= 1
                    return 503, {"error_code": 50301, "message": "starting"}
                if registry.refusal:
                    return registry.refusal
                _, subjects, subject, versions = request["path"].split("/")
                if (subjects, versions) != ("subjects", "versions"):
                    return 404, {"error_code": 404, "message": "HTTP 404 Not Found"}
                return 200, {"id": registry.register(subject, request["body"]["schema"])}

            def reply(self, status, body):
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"{'https' if certificate else 'http'}://localhost:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def register(self, subject, schema):
        """the same text has the same id, whatever the subject; ids that fill all four bytes"""
        for number, text in self.schemas.items():
            if text == schema:
                self.subjects[subject] = number
                return number
        number = 0x01020304 + len(self.schemas)
        self.schemas[number] = schema
        self.subjects[subject] = number
        return number

    def decode(self, topic, value):
        """as a deserializer that knows nothing but the registry"""
        assert value[0] == 0, value[:8]
        number = int.from_bytes(value[1:5], "big")
        assert number == self.subjects[topic + "-value"]
        count, at = zigzag(value, 5)
        indexes = [0]
        if count:
            indexes = []
            for _ in range(count):
                index, at = zigzag(value, at)
                indexes.append(index)
        module = compiled(self.schemas[number])
        descriptor = list(module.DESCRIPTOR.message_types_by_name.values())[indexes[0]]
        assert len(indexes) == 1
        return getattr(module, descriptor.name).FromString(value[at:])

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def zigzag(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return (value >> 1) ^ -(value & 1), at


def compiled(schema):
    """in a process of its own name space: the same message names are registered already"""
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "registered.proto").write_text(schema.replace("package zonelag.v1;", "package copy.v1;"))
        subprocess.run([os.environ.get("PROTOC", "protoc"), f"--proto_path={folder}", "--proto_path=/usr/include",
                        f"--python_out={folder}", "registered.proto"], check=True)
        if "registered_pb2" not in sys.modules:
            spec = importlib.util.spec_from_file_location("registered_pb2", f"{folder}/registered_pb2.py")
            sys.modules["registered_pb2"] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(sys.modules["registered_pb2"])
        return sys.modules["registered_pb2"]
