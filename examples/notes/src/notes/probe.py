"""The container's health check: `python -m notes.probe` exits 0 when /live answers 200. The image carries no curl."""

import http.client
import os
import sys

TIMEOUT_SECONDS = 2


def alive(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/live", headers={"Connection": "close"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if alive(int(os.environ.get("PORT") or 8000)) else 1)
