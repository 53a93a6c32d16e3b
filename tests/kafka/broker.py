"""A real Kafka broker for tests, through scripts/kafka. Standard library only.

    with Broker("--tls") as broker:          # a broker of its own in a folder of its own, gone afterwards
        broker.facts["plain"]                # what scripts/kafka --help lists under Facts
        broker.kill(); broker.start()        # kill -9; the same ports and data again

The broker ends when this process does, whatever happens. About 3 s a start, and 350 MB each.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from script_server import SCRIPTS, ScriptServer  # noqa: E402


class Broker(ScriptServer):
    def __init__(self, *options):
        """options: as scripts/kafka start takes them, without --dir and --until"""
        super().__init__(SCRIPTS / "kafka", options, seconds=300)
