"""One version of an application: `migrate STEP` and `serve`. The ledger of the test is its database.

A connection to the ledger is held for as long as the process lives. The ledger says how long a migration works and how
it ends, and how the version serves.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TextIO

VERSION, SCENE = int(os.environ["VERSION"]), os.environ["SCENE"]
HOST, _, PORT = os.environ["LEDGER"].rpartition(":")


def connect(**hello: object) -> tuple[TextIO, dict[str, Any]]:
    line = socket.create_connection((HOST, int(PORT)), 10).makefile("rw")
    print(json.dumps({"scene": SCENE, "version": VERSION, **hello}), file=line, flush=True)
    return line, json.loads(line.readline())


def migrate(step: str) -> None:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(143))
    shard = int(os.environ.get("SHARD_INDEX", "0"))
    line, order = connect(role="migrate", step=step, shard=shard, container=socket.gethostname())
    print("version", VERSION, "step", step, "works for", order["seconds"], "s", flush=True)
    time.sleep(order["seconds"])  # the work
    print("version", VERSION, "step", step, "ends with", order["exit"], flush=True)
    print(json.dumps({"exit": order["exit"]}), file=line, flush=True)
    sys.exit(order["exit"])


def migrated() -> bool:
    try:
        return bool(connect(role="health")[1]["migrated"])
    except (OSError, ValueError):
        return False


class Handler(BaseHTTPRequestHandler):
    behaviour = "good"

    def do_GET(self) -> None:
        status = 200
        if self.path.startswith("/live") and self.behaviour == "unhealthy":
            status = 503
        if self.path.startswith("/health") and (not migrated() or self.behaviour == "unfit"):
            status = 503
        body = f"version {VERSION}: {self.behaviour if status != 200 else 'good'}".encode()
        self.send_response(status)
        self.send_header("X-Version", str(VERSION))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Nothing: its log is for the deployer."""


class Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 64


def serve() -> None:
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    held, told = connect(role="serve", container=socket.gethostname())
    Handler.behaviour = told["behaviour"]
    if told["behaviour"] == "crash":
        print("version", VERSION, "cannot start", flush=True)
        sys.exit(3)
    server = Server(("", 8080), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
    print("version", VERSION, "serves", flush=True)
    ended.wait()
    server.shutdown()
    server.server_close()
    held.close()


if __name__ == "__main__":
    migrate(sys.argv[2]) if sys.argv[1] == "migrate" else serve()
