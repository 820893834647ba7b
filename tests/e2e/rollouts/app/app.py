"""A service that is wrong in the way that its environment asks for."""

import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ADDRESS, PORT = os.environ.get("ADDRESS", ""), int(os.environ.get("LISTEN", "8080"))
LIVE, HEALTH = int(os.environ.get("LIVE", "200")), int(os.environ.get("HEALTH", "200"))
PRINTS = os.environ.get("PRINTS", "")
SAYS_REFUSED = bool(os.environ.get("SAYS_REFUSED"))


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if os.environ.get("HANGS"):
            time.sleep(60)
        status = LIVE if self.path == "/live" else HEALTH
        if SAYS_REFUSED:
            print(f"Invalid HTTP_HOST header: '{self.headers['Host']}'. You may need to add it to ALLOWED_HOSTS.")
        if status == 503:
            print('connection to server at "db", port 5432 failed: Connection refused')
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", f"https://{self.headers['Host']}{self.path}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


def main() -> None:
    if PRINTS:
        print(PRINTS)
    if os.environ.get("STARTS_SLOWLY"):
        time.sleep(300)
    server = ThreadingHTTPServer((ADDRESS, PORT), Handler)
    if not PRINTS:
        print(f"listening on http://{ADDRESS or '[::]'}:{PORT}")
    server.serve_forever()


if __name__ == "__main__":
    main()
