"""The smallest service that behaves: opens late when told to, answers, ends its requests before itself."""

import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VERSION = os.environ["VERSION"]
STATUS = int(os.environ.get("LIVE_STATUS", "200"))
PORT = int(os.environ.get("PORT", "8080"))


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith("/slow"):
            time.sleep(2)
        status = STATUS if self.path == "/live" else 500 if self.path == "/fail" else 200
        body = f"version {VERSION} host {self.headers['Host']}".encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True


def main() -> None:
    time.sleep(float(os.environ.get("OPEN_AFTER", "0")))
    server = Server(("", PORT), Handler)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    print(f"version {VERSION} serves", flush=True)
    ended.wait()
    server.shutdown()
    server.server_close()
    print("version", VERSION, "has ended", flush=True)
    sys.exit(0)


if __name__ == "__main__":
    main()
