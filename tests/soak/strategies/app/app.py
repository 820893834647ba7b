"""A service without a database that starts at once: its release and its fault are in a file of the image.

Migration steps run it too: `python /app/app.py migrate`.
"""

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SAYS = json.loads(Path(__file__).with_name("release.json").read_text())
VERSION = os.environ["VERSION"]
DRAIN_SECONDS = 1.0


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        proof, fault = self.path == "/health", SAYS["fault"]
        status = 503 if proof and fault == "503" else 200
        body = json.dumps(
            {"status": "degraded" if proof and fault == "body" else "ok", "release": SAYS["release"]}
        ).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Version", "another" if fault == "version" else VERSION)
        self.send_header("X-Release", SAYS["release"])
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 128


def main() -> None:
    if sys.argv[1:] == ["migrate"]:
        print(f"{SAYS['release']}: nothing to migrate")
        return
    server = Server(("", int(os.environ.get("PORT", "8080"))), Handler)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
    print(f"{SAYS['release']} serves", flush=True)
    ended.wait()
    time.sleep(DRAIN_SECONDS)  # requests that the load balancer sent before it knew
    server.shutdown()
    server.server_close()


if __name__ == "__main__":
    main()
