"""The measured program: a service that answers 200, a task that ends after a while, or a crash."""

import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *arguments: object) -> None:
        pass


def task(seconds: float, code: int) -> None:
    print("migration begins", flush=True)
    time.sleep(seconds)
    print(f"migration ends with {code}", flush=True)
    sys.exit(code)


def serve() -> None:
    server, ended = ThreadingHTTPServer(("", 8080), Handler), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    ended.wait()
    server.shutdown()


if __name__ == "__main__":
    if sys.argv[1:2] == ["task"]:
        task(float(sys.argv[2]), int(sys.argv[3]))
    serve()
